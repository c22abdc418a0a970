"""What the dispatcher counts is what really happened, by the log of the service that it asked."""

import time
from collections import Counter
from dataclasses import replace

import gevent
import pytest

from load.agents import UNANSWERED, Dispatcher
from load.arrivals import Arrival, Plan
from load.connection import Server
from load.counts import Book
from load.journeys import Outcome, Step, Work
from prodverify.objectives.counts import Counts
from prodverify.wire.address import Address


def step(method, path, *, take=(), label=""):
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n".encode()
    body = None if method == "GET" else {}
    return Step(label or path.strip("/"), method, (head,), body, take, frozenset({200}))


def works(application_header="", keys=()):
    listing = step("GET", "/list")
    if keys:
        listing = replace(listing, heads=[b"%sX-Api-Key: %s\r\n" % (*listing.heads, key.encode()) for key in keys])
    journey = (step("POST", "/preview", take=("token",), label="execution 1 of 2"), step("POST", "/execute"))
    limiter = frozenset({429})
    return {
        "list": Work("list", (listing,), limiter, application_header),
        "execution": Work("execution", journey, limiter, application_header),
    }


@pytest.fixture
def dispatched():
    """Sends a plan to a service: what was counted, and what Locust was told of."""

    def run(
        service, shares, *, rate=100.0, duration=1.5, warm_up=0.0, deadline=2.0, most_agents=400, stalled=0.0, **given
    ):
        plan = Plan.of(shares, rate=rate, duration=duration, warm_up=warm_up, seed=1)
        book = Book({"list": (300.0,), "execution": (300.0,)}, lag_limit_ms=30.0)
        server = Server(Address("http", "127.0.0.1", service.port), None, 1.0, deadline, 65_536)
        told = []

        def fired(*request):
            told.append(request)
            if stalled and len(told) == 40:
                time.sleep(stalled)  # the whole process, as another one that takes the processor away

        dispatcher = Dispatcher(server, works(**given), book, most_agents=most_agents, fired=fired)
        assert dispatcher.run(plan.arrivals(), drain_seconds=deadline * 2 + 0.5)
        return book, told

    return run


def test_every_arrival_stands_in_the_second_that_it_was_due_in_and_in_the_log_of_the_service(service, dispatched):
    there = service()
    book, told = dispatched(there, {"list": 3.0, "execution": 1.0}, rate=200.0, duration=1.5, warm_up=0.5)
    asked = Counter(request["path"] for request in there.asked())
    assert asked["/list"] + asked["/execute"] == book.sent == 300
    assert asked["/preview"] == asked["/execute"] == pytest.approx(75, abs=2)
    assert (sum(asked.values()), book.warm_up) == (book.requests, 100)
    shown = Counter(step.label for _, step, *_ in told)  # Locust's tables are without the warm-up, too
    assert shown["list"] + shown["execute"] == 200
    assert shown["execution 1 of 2"] == shown["execute"]
    assert [book.recorded(second) for second in range(3)] == [200, 100, 0]
    assert [counts.total for counts in book.series(["list", "execution"], 300.0)] == [100, 100]
    assert sum(book.ledger.sent(second) for second in range(4)) == 300
    (own,) = book.generators
    assert 0.0 < own["cpu_percent"] < 100.0
    assert own["rss_mib"] > 10
    assert (own["sent"], own["most_connections"]) == (300, 400)


def test_a_service_that_stands_still_in_an_earlier_step_makes_the_journey_late(service, dispatched):
    there = service(freeze="0.3:0.8", only="/preview")
    book, told = dispatched(there, {"execution": 1.0}, rate=50.0, duration=1.5)
    # Previews of the last 0.3 s are answered in time, by the clock of the service; /execute always is.
    at = [request["at"] for request in there.asked() if request["path"] == "/preview"]
    truth = sum(0.3 <= moment - at[0] < 0.8 for moment in at)
    late = sum(counts.bad for counts in book.series(["execution"], 300.0))
    assert late == pytest.approx(truth, abs=2)
    assert book.series(["execution"], None) == [Counts(50, 0), Counts(25, 0)]
    tally = book.tally("execution")
    assert tally.from_due.percentile(95.0) > 500
    assert tally.last.percentile(95.0) < 250 < tally.from_send.percentile(95.0)
    first, whole = (
        max(ms for _, step, ms, *_ in told if step.label == label) for label in ("execution 1 of 2", "execute")
    )
    assert whole >= first > 700


def test_what_was_never_sent_is_neither_sent_nor_an_error(service, dispatched):
    there = service(freeze="0.2:6")
    book, _ = dispatched(there, {"list": 1.0}, duration=1.0, deadline=0.6, most_agents=8)
    tally = book.tally("list")
    asked = len(there.asked())
    assert book.sent == tally.asked == asked < 100
    assert book.sent + book.unsent == 100
    assert tally.failed == sum(tally.errors.values()) <= asked
    assert UNANSWERED not in tally.errors
    assert book.starved >= book.unsent > 0
    assert book.lagged > 0


def test_what_no_agent_came_to_was_never_sent_either():
    book, nowhere = Book({}, lag_limit_ms=30.0), Server(Address("http", "127.0.0.1", 9), None, 1.0, 1.0, 65_536)
    dispatcher = Dispatcher(nowhere, works(), book, most_agents=4, fired=lambda *_: None)
    dispatcher._hand_over(Arrival(0.0, "list", 0, judged=True))
    dispatcher._drain(0.0)
    dispatcher._end()
    assert (book.sent, book.unsent, book.recorded(0)) == (0, 1, 0)


def test_the_credential_that_is_never_accepted_is_known_by_its_number(service, dispatched):
    there = service(refuse="two")
    book, _ = dispatched(there, {"list": 1.0}, rate=200.0, duration=0.3, warm_up=0.1, keys=("one", "two"))
    tally = book.tally("list")
    assert (tally.asked, tally.errors) == (40, {"status 401": 20})
    assert (tally.series.accepted, tally.series.never_accepted()) == ({0}, {1: 20})


def test_who_answered_in_place_of_the_application_is_counted_apart(service, dispatched):
    behind = service(status=502)
    book, _ = dispatched(behind, {"list": 1.0}, rate=200.0, duration=0.2)
    assert book.tally("list").strangers == {"status 502 of a proxy": 40}
    assert book.series(["list"], 300.0) == [Counts(0, 0)]
    assert book.failing(0, 1) == Counts(40, 40)
    own = service(status=502, header="X-App:relay")
    book, _ = dispatched(own, {"list": 1.0}, rate=200.0, duration=0.2, application_header="x-app")
    assert book.tally("list").errors == {"status 502": 40}


def test_the_limiter_is_neither_an_error_nor_a_stranger(service, dispatched):
    there = service(limited=4)
    book, told = dispatched(there, {"execution": 1.0}, rate=80.0, duration=0.5)
    tally = book.tally("execution")
    limited = sum(1 for *_, limited in told if limited)
    assert tally.limited == limited > 0
    assert (tally.failed, tally.intercepted) == (0, 0)
    assert book.failing(0, 1) == Counts(40 - limited, 0)


class Writing:
    """A function that asks nothing: it breaks an expectation of its own, each time another one, or never ends."""

    most_requests = 1

    def __init__(self, seconds):
        self.seconds = seconds

    def walk(self, work, turn, connection, told):
        gevent.sleep(self.seconds)
        return Outcome(1.0, 1.0, f"turn {turn}")


class Deaf(Writing):
    """One that catches everything, its own end as well."""

    def walk(self, work, turn, connection, told):
        try:
            return super().walk(work, turn, connection, told)
        except BaseException:  # noqa: BLE001 - of such a function it is told
            gevent.sleep(self.seconds)


ENDLESS = "load.written visiting: its function did not end within 0.1 s"


@pytest.mark.parametrize(
    ("writing", "broken", "reasons"),
    [(Writing(0.0), "", 51), (Writing(60.0), ENDLESS, 1), (Deaf(60.0), ENDLESS, 1)],
)
def test_a_function_that_does_not_end_is_broken_and_one_with_endless_reasons_is_cut_short(writing, broken, reasons):
    plan = Plan.of({"visiting": 1.0}, rate=400.0, duration=0.2, warm_up=0.0, seed=1)
    only = Step("visiting", "GET", (b"",), None, (), frozenset())
    work = Work("visiting", (only,), frozenset(), writing=writing)
    nowhere = Server(Address("http", "127.0.0.1", 1), None, 1.0, 1.0, 1_000)
    book = Book({}, lag_limit_ms=30.0)
    dispatcher = Dispatcher(nowhere, {"visiting": work}, book, most_agents=80, fired=lambda *told: None)
    dispatcher.run(plan.arrivals(), drain_seconds=0.1)
    assert dispatcher.broken == broken
    errors = book.tally("visiting").errors
    assert (len(errors), sum(errors.values())) == (reasons, 80)


def test_a_plan_that_no_generator_could_send_can_be_stopped():
    at_once = (Arrival(0.0, "list", turn, True) for turn in range(1_000_000))
    nowhere = Server(Address("http", "127.0.0.1", 1), None, 1.0, 1.0, 1_000)
    book = Book({}, lag_limit_ms=30.0)
    dispatcher = Dispatcher(nowhere, works(), book, most_agents=8, fired=lambda *told: None)

    def somebody():
        while not book.starved:
            gevent.sleep(0.001)
        dispatcher.stop()

    gevent.spawn(somebody)
    assert not dispatcher.run(at_once, drain_seconds=0.1)
    assert book.starved < 500_000


def test_a_generator_that_stands_still_itself_is_late_by_what_was_due_meanwhile(service, dispatched):
    there = service()
    book, _ = dispatched(there, {"list": 1.0}, rate=200.0, duration=0.8, stalled=0.3)
    # What is due in the first 0.27 s of a pause of 0.3 s is taken up more than 30 ms late.
    assert 50 <= book.lagged < 160
    assert book.sent == len(there.asked()) == 160
    assert (book.unsent, book.starved) == (0, 0)
    tally = book.tally("list")
    assert tally.from_due.percentile(90.0) > 150 > tally.from_send.percentile(90.0)
