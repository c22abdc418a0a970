"""People think between their questions, each as its seed says, and never ask more than was reckoned with."""

import math
from itertools import islice

import gevent
import pytest

from load.connection import Server
from load.journeys import Outcome, Step, Work
from load.thinking import Crowd, People, thoughts
from prodverify.wire.address import Address

NOWHERE = Server(Address("http", "127.0.0.1", 1), None, 1.0, 1.0, 1000)


class Answering:
    """An arrival that is answered at once, and remembers who asked."""

    most_requests = 1

    def __init__(self):
        self.asked = []

    def walk(self, work, turn, connection, told):
        self.asked.append(turn)
        told(work.steps[0], 1.0, 1.0, 0, "", False)
        return Outcome(1.0, 1.0, "")


@pytest.fixture
def crowd():
    def make(**values):
        answering = Answering()
        step = Step("list", "GET", (b"",), None, (), frozenset())
        work = Work("list", (step,), frozenset(), writing=answering)
        return Crowd(
            **{"name": "list", "count": 4, "think_seconds": 0.01, "work": work, "seed": 1, "most": 9, **values}
        )

    return make


def lived(crowd, *, worker=0, workers=1):
    asides, shown = {}, []
    people = People([crowd], NOWHERE, lambda *told: shown.append(told[1].label), asides, worker=worker, workers=workers)
    people.start()
    gevent.sleep(0.2)
    people.stop()
    return asides["list"], shown, people


def test_they_ask_no_more_than_was_reckoned_with_and_are_labelled(crowd):
    aside, shown, people = lived(crowd())
    assert aside.asked == len(shown) == 9
    assert set(shown) == {"list (closed loop: not judged)"}
    assert people.broken == ""


def test_every_worker_has_its_part_of_them(crowd):
    parts = [crowd(most=80) for _ in range(3)]
    for worker, part in enumerate(parts):
        lived(part, worker=worker, workers=3)
    assert [sorted(set(part.work.writing.asked)) for part in parts] == [[0, 3], [1], [2]]


def test_thoughts_are_exponential_and_those_of_a_seed(crowd):
    one, other = crowd(think_seconds=5.0), crowd(think_seconds=5.0, seed=2)
    thought = list(islice(thoughts(one, 0), 4_000))
    assert thought == list(islice(thoughts(one, 0), 4_000))
    assert thought[:9] != list(islice(thoughts(one, 1), 9)) != list(islice(thoughts(other, 1), 9))
    assert sum(thought) / 4_000 == pytest.approx(5.0, rel=0.05)
    assert sum(each > 5.0 for each in thought) / 4_000 == pytest.approx(math.exp(-1), abs=0.03)
