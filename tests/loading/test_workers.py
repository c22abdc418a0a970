"""A master believes its workers only what can be true, and notices those that say nothing."""

from time import perf_counter
from types import SimpleNamespace

import pytest

from load.arrivals import Plan
from load.counts import Book
from load.messages import BEGIN, COUNTS, LAST, PING, PONG, REFUSED, Share
from load.workers import Workers

PLAN = Plan.of({"list": 1.0}, rate=100.0, duration=10.0, warm_up=0.0, seed=1)
COMMON = {"run_id": "r", "said": {"[[slos]]": "0123456789ab"}, "version": "1", "profile": "default"}


class Line:
    """Locust's connection to two workers, with a script for what each says to what it is told."""

    def __init__(self, **ahead):
        self.ahead = ahead or {"one": 0.0, "two": 0.0}
        self.clients = dict.fromkeys(self.ahead)
        self.listeners, self.told = {}, []

    def register_message(self, kind, listener):
        self.listeners[kind] = listener

    def get_worker_index(self, client):
        return list(self.ahead).index(client)

    def send_message(self, kind, data, client_id):
        self.told.append((kind, client_id, data))
        if kind == PING:
            clock = perf_counter() + self.ahead[client_id]
            self.say(PONG, client_id, {"number": data["number"], "clock": clock, "host": "h", "pid": 0})

    def say(self, kind, client, data):
        self.listeners[kind](environment=None, msg=SimpleNamespace(node_id=client, data=data))


def book(sent=0, recorded=None):
    counted = Book({"list": (50.0,)}, lag_limit_ms=5.0)
    for number in range(sent):
        counted.took_up(0.1)
        if number < (sent if recorded is None else recorded):
            counted.recorded_one(0, limited=False, bad=False)
            counted.tally("list").good(1.0, 1.0)
    return counted


def report(number, counted, **more):
    told = {"number": number, "final": False, "whole": False, "broken": "", "began_at": 0.0}
    return {**told, "book": counted.as_dict(), **more}


@pytest.fixture
def begun():
    """A run of two workers, ``seconds`` after its beginning."""

    def start(seconds=3.0, **ahead):
        line = Line(**ahead)
        workers = Workers(line, book())
        workers.greet()
        workers.begin(PLAN, 10.0, **COMMON)
        workers._begins_at = perf_counter() - seconds
        for worker in workers._known.values():
            worker.heard_at = perf_counter()
        return workers, line

    return start


def rules(workers):
    return [trouble.rule for trouble in workers.troubles()]


def test_a_share_says_the_whole_plan_and_a_common_beginning(begun):
    _, line = begun()
    shares = [Share.from_dict(data) for kind, _, data in line.told if kind == BEGIN]
    assert [(share.index, share.workers, share.plan) for share in shares] == [(0, 2, PLAN), (1, 2, PLAN)]
    assert 0.3 < shares[0].delay_seconds < 1.0
    assert abs(shares[0].delay_seconds - shares[1].delay_seconds) < 0.1


@pytest.mark.parametrize(
    ("rate", "seconds", "said"),
    [
        (100.0, 10.0, ""),
        (50.0, 5.0, ""),
        (100.1, 10.0, "100.1 arrivals/s instead of 100"),
        (100.0, 10.1, "10.1 s instead of 10"),
    ],
)
def test_no_share_is_more_than_the_file_of_the_worker_allows(rate, seconds, said):
    plan = Plan.of({"list": 1.0}, rate=rate, duration=seconds, warm_up=0.0, seed=1)
    share = Share(index=0, workers=1, plan=plan, until_seconds=1.0, delay_seconds=0.0, **COMMON)
    assert share.beyond(PLAN) == said
    assert Share.from_dict(share.as_dict()) == share


def test_whoever_began_later_by_our_clock_is_told_whatever_its_own_says(begun):
    workers, line = begun(one=0.0, two=5_000.0)
    now = perf_counter()
    line.say(COUNTS, "one", report(1, book(), began_at=now))
    assert workers.skew_ms is None
    line.say(COUNTS, "two", report(1, book(), began_at=now + 5_000.25))
    assert workers.skew_ms == pytest.approx(250.0, abs=20.0)


def test_a_later_report_replaces_an_earlier_one_and_an_old_one_nothing(begun):
    workers, line = begun()
    line.say(COUNTS, "one", report(1, book(50)))
    line.say(COUNTS, "one", report(2, book(100)))
    line.say(COUNTS, "one", report(2, book(100)))
    line.say(COUNTS, "one", report(1, book(50)))
    line.say(COUNTS, "two", report(1, book(70), final=True, whole=True))
    assert workers.book().sent == 170
    assert rules(workers) == []


def test_who_was_not_there_at_the_beginning_is_not_counted(begun):
    workers, line = begun()
    line.say(COUNTS, "newcomer", report(1, book(10)))
    assert (workers.book().sent, workers.count, rules(workers)) == (0, 2, [])


@pytest.mark.parametrize(("sent", "untrue"), [(200, False), (215, True)])
def test_more_than_a_workers_part_until_now_cannot_be_true(begun, sent, untrue):
    # Of the 400 arrivals of 3 s, and of the one more that clocks may differ by, each of the two has 200.
    workers, line = begun(seconds=3.0)
    line.say(COUNTS, "one", report(1, book(sent)))
    assert rules(workers) == ["worker-untrue"] * untrue
    assert workers.book().sent == (0 if untrue else sent)


def test_the_part_of_the_last_worker_is_the_smaller_one():
    line = Line()
    workers = Workers(line, book())
    workers.greet()
    workers.begin(Plan.of({"list": 1.0}, rate=1.0, duration=3.0, warm_up=0.0, seed=1), 3.0, **COMMON)
    workers._begins_at = perf_counter() - 60.0
    line.say(COUNTS, "one", report(1, book(2)))
    assert rules(workers) == []
    line.say(COUNTS, "two", report(1, book(2)))
    assert [trouble.observed for trouble in workers.troubles()] == [
        "worker 2 of 2 (h) says that it has sent 2 arrivals, and its part until now was 1"
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"number": 2, "final": True, "book": {"sent": 1}},
        {"number": "2", "book": None},
        {},
        None,
        report(2, book(10)),
    ],
)
def test_a_report_that_cannot_be_read_or_takes_counts_back_is_not_believed(begun, told):
    workers, line = begun()
    line.say(COUNTS, "one", report(1, book(20)))
    line.say(COUNTS, "one", told)
    assert rules(workers) == ["worker-untrue"]
    assert (workers.book().sent, workers.reported) == (20, 0)


def test_more_answers_than_arrivals_cannot_be_true(begun):
    workers, line = begun()
    line.say(COUNTS, "one", report(1, book(20)) | {"book": book(20).as_dict() | {"warm_up": 21}})
    assert rules(workers) == ["worker-untrue"]


@pytest.mark.parametrize(("silent", "stuck"), [(3.9, []), (4.1, ["worker-stuck"])])
def test_a_worker_that_says_nothing_is_stuck_until_it_has_said_its_last(begun, silent, stuck):
    workers, line = begun()
    worker = workers._known["two"]
    worker.heard_at = perf_counter() - silent
    assert rules(workers) == stuck
    line.say(COUNTS, "two", report(1, book(1), final=True, whole=True))
    worker.heard_at = perf_counter() - 100.0
    assert rules(workers) == []


def test_a_worker_that_left_is_lost_unless_it_has_said_its_last(begun):
    workers, line = begun()
    line.say(COUNTS, "one", report(1, book(1), final=True, whole=True))
    line.clients.clear()
    assert [(trouble.rule, trouble.observed) for trouble in workers.troubles()] == [
        ("worker-lost", "worker 2 of 2 (h) left before it had sent its share")
    ]


def test_a_worker_that_stops_by_itself_is_lost_and_one_that_was_told_to_is_not(begun):
    workers, line = begun()
    line.say(COUNTS, "one", report(1, book(1), final=True))
    assert [trouble.observed for trouble in workers.troubles()] == [
        "worker 1 of 2 (h) was stopped before it had sent its share"
    ]
    line.say(COUNTS, "two", report(1, book(1), final=True))
    workers.last(1.0)
    assert rules(workers) == []


def test_a_worker_that_refuses_says_why(begun):
    workers, line = begun()
    line.say(REFUSED, "two", {"why": "it has prodverify 0, the master 1"})
    assert [trouble.observed for trouble in workers.troubles()] == [
        "worker 2 of 2 (h) refused it: it has prodverify 0, the master 1"
    ]


def test_the_last_counts_are_waited_for_from_those_that_may_still_send_them(begun):
    workers, line = begun()
    line.say(COUNTS, "one", report(1, book(1), final=True))
    workers._known["two"].heard_at = perf_counter() - 100.0
    before = perf_counter()
    workers.last(5.0)
    assert perf_counter() - before < 1.0
    assert [client for kind, client, _ in line.told if kind == LAST] == ["one", "two"]
