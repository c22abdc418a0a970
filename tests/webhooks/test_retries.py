"""A sender is judged by what arrives after a receiver did not answer with 200."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import retries, workspaces
from prodverify.judges.retries import Patience
from prodverify.judges.schemes.message import Message
from prodverify.judges.workspaces import Inboxed
from tests.judges.anything import BODIES, HEADERS
from tests.judges.scene import rules
from tests.webhooks.scene import HEX, NOON, STANDARD, attempt

WAITED, CUT = Patience(5.0, 5.0), Patience(60.0, 5.0)


def retried(*attempts, patience=WAITED, trust=STANDARD, id_header="webhook-id"):
    return rules(retries.judge_retry(attempts, trust, id_header, patience))


def test_a_retry_keeps_its_id_and_is_signed_anew():
    assert {} == retried(attempt(0), attempt(2))
    assert {} == retried(attempt(0, trust=HEX), attempt(0.3, trust=HEX), trust=HEX, id_header="")


def test_no_retry_is_a_failure_only_where_the_promised_time_was_waited():
    assert {"retry-missing": "fail"} == retried(attempt(0))
    assert {"retry-not-awaited": "inconclusive"} == retried(attempt(0), patience=CUT)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("msg_1", "msg_1", {}),
        ("msg_1", "msg_2", {"retry-id-changed": "fail"}),
    ],
)
def test_the_id_is_the_same_on_every_attempt(first, second, expected):
    assert expected == retried(attempt(0, identifier=first), attempt(2, identifier=second))


def test_an_id_that_an_attempt_lacks_is_not_the_same():
    lines = [("X-Delivery-ID", "7")]
    pair = attempt(0, trust=HEX, lines=lines), attempt(1, trust=HEX)

    assert {"retry-id-changed": "fail"} == retried(*pair, trust=HEX, id_header="X-Delivery-ID")
    assert {"retry-id-changed": "fail"} == retried(pair[1], pair[1], trust=HEX, id_header="X-Delivery-ID")


@pytest.mark.parametrize(
    ("apart", "stamp", "expected"),
    [
        (2.0, 0.0, {"retry-timestamp-repeated": "fail"}),
        (2.0, 1.0, {}),
        (1.9, 0.0, {"retry-timestamp-untold": "info"}),
    ],
)
def test_timestamps_are_told_apart_from_two_seconds_on(apart, stamp, expected):
    assert expected == retried(attempt(0, stamp=0.0), attempt(apart, stamp=stamp))


def test_a_retry_is_signed_rightly_and_says_the_same():
    forged = attempt(2, trust=replace(STANDARD, secret="whsec_AAAA"))

    assert {"signature-mismatch": "fail"} == retried(attempt(0), forged)
    assert {"retry-body-changed": "warn"} == retried(attempt(0), attempt(2, body=b"{}"))


@pytest.mark.parametrize(
    ("attempts", "usual", "patience", "expected"),
    [
        ([attempt(0), attempt(2)], 0.9, WAITED, {}),
        ([attempt(0), attempt(1)], 0.9, WAITED, {}),
        ([attempt(0), attempt(0.99)], 0.9, WAITED, {"retry-after-ignored": "fail"}),
        ([attempt(0), attempt(2)], 1.0, WAITED, {"retry-after-untold": "inconclusive"}),
        ([attempt(0), attempt(0.5)], 1.0, WAITED, {"retry-after-ignored": "fail"}),
        ([attempt(0), attempt(2)], None, WAITED, {}),
        ([attempt(0)], 0.9, WAITED, {"retry-missing": "fail"}),
        ([attempt(0)], 0.9, CUT, {"retry-not-awaited": "inconclusive"}),
        ([], 0.9, WAITED, {"retry-missing": "fail"}),
    ],
)
def test_a_busy_receiver_gets_nothing_before_the_time_it_asks_for(attempts, usual, patience, expected):
    found = retries.judge_peace(503, attempts, patience, asked_seconds=2, usual_seconds=usual)

    assert expected == rules(found)


def test_a_redirect_is_neither_followed_nor_a_delivery():
    def sent_on(*attempts, followed=(), patience=WAITED):
        return rules(retries.judge_redirect(attempts, followed, patience))

    assert {} == sent_on(attempt(0), attempt(1)) == sent_on(attempt(0), patience=None)
    assert {"redirect-followed": "fail"} == sent_on(attempt(0), attempt(1), followed=[attempt(0.1)])
    assert {"redirect-counted-as-delivered": "fail"} == sent_on(attempt(0))
    assert {"retry-not-awaited": "inconclusive"} == sent_on(attempt(0), patience=CUT)


def test_nothing_follows_gone_or_delivered():
    once, twice = [attempt(0)], [attempt(0), attempt(1)]

    assert [] == retries.judge_gone(once, 5.0) == retries.judge_once(once, 5.0)
    assert {"gone-receiver-tried-again": "fail"} == rules(retries.judge_gone(twice, 5.0))
    assert {"delivery-repeated": "fail"} == rules(retries.judge_once(twice, 5.0))


@pytest.mark.parametrize(
    ("attempts", "patience", "proxied", "expected"),
    [
        ([attempt(0, hung_up=5.0)], WAITED, False, {}),
        ([attempt(0, hung_up=5.1)], WAITED, False, {"slow-receiver-waited-for": "fail"}),
        ([attempt(0, hung_up=5.1)], WAITED, True, {"slow-receiver-waited-for": "fail"}),
        ([attempt(0), attempt(5)], WAITED, True, {}),
        ([attempt(0, hung_up=9.0), attempt(4)], WAITED, True, {}),
        ([attempt(0)], WAITED, False, {"slow-receiver-waited-for": "fail"}),
        ([attempt(0)], WAITED, True, {"give-up-not-seen": "inconclusive"}),
        ([attempt(0)], CUT, False, {"give-up-not-awaited": "inconclusive"}),
    ],
)
def test_a_slow_receiver_is_given_up_in_time(attempts, patience, proxied, expected):
    assert expected == rules(retries.judge_given_up(attempts, patience, proxied=proxied))


@pytest.mark.parametrize(
    ("beside", "usual", "expected"),
    [
        (attempt(1.9), 0.1, {}),
        (attempt(2.0), 0.1, {"delivery-blocked": "fail"}),
        (attempt(2.0), 0.75, {"delivery-blocked": "fail"}),
        (attempt(2.0), 0.76, {"delivery-order-unclear": "inconclusive"}),
        (None, 0.1, {"delivery-blocked": "fail"}),
    ],
)
def test_a_slow_receiver_delays_no_other(beside, usual, expected):
    judged = retries.judge_beside(beside, triggered_at=NOON, free_at=NOON + 2.0, usual_seconds=usual)

    assert expected == rules(judged)


def caused(identifier, *, by="", delivery_id=""):
    lines = [("X-Request-ID", by)] * bool(by) + [("X-Delivery-ID", delivery_id)] * bool(delivery_id)
    return attempt(0, trust=HEX, lines=lines)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([caused(1, by="a")], [caused(2, by="b")], {}),
        ([caused(1, by="a"), caused(1, by="a")], [caused(2, by="b")], {}),
        ([caused(1, by="a"), caused(2, by="b")], [caused(2, by="b")], {"delivery-of-another-workspace": "fail"}),
        ([caused(1, by="a")], [caused(1, by="a")], {"delivery-of-another-workspace": "fail"}),
        (
            [caused(1, delivery_id="1")],
            [caused(1, delivery_id="1")],
            {"delivery-of-another-workspace": "fail"},
        ),
        ([caused(1)], [caused(1)], {}),
    ],
)
def test_a_workspace_gets_its_own_alone(one, other, expected):
    headers = {"request_id_header": "X-Request-ID", "id_header": "X-Delivery-ID"}

    assert expected == rules(workspaces.judge(Inboxed(one, "a"), Inboxed(other, "b"), **headers))


def test_several_deliveries_that_name_no_cause_cannot_be_told_apart():
    found = workspaces.judge(Inboxed([caused(1)] * 2), Inboxed([caused(2)]), request_id_header="", id_header="")

    assert {"delivery-unrecognised": "inconclusive"} == rules(found)


@settings(max_examples=150, deadline=None)
@given(headers=HEADERS, body=BODIES, at=st.floats(-1e9, 1e9), hung_up=st.none() | st.floats(0, 1e10))
def test_no_judge_of_senders_raises(headers, body, at, hung_up):
    odd = replace(attempt(0), message=Message(body, headers), received_at=NOON + at, hung_up_at=hung_up)
    pair = [odd, attempt(3)]
    for trust in (STANDARD, HEX):
        for patience in (WAITED, CUT):
            for attempts in ([odd], pair, pair[::-1]):
                retries.judge_retry(attempts, trust, "X-Request-ID", patience)
                retries.judge_redirect(attempts, [odd], patience)
                retries.judge_given_up(attempts, patience, proxied=False)
                retries.judge_gone(attempts, at)
                retries.judge_peace(429, attempts, patience, asked_seconds=2, usual_seconds=at)
                retries.judge_once(attempts, at)
    retries.judge_beside(odd, triggered_at=NOON, free_at=NOON, usual_seconds=abs(at))
    workspaces.judge(Inboxed(pair, "a"), Inboxed([odd], "b"), request_id_header="X-Request-ID", id_header="Server")
