"""A delivery is judged by its age, its id, its cause, its media type and its size."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import deliveries
from prodverify.judges.schemes.message import Message
from prodverify.judges.schemes.table import sign
from prodverify.judges.signatures import Trust
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import BODIES, HEADERS, exchanges
from tests.judges.scene import answer, rules
from tests.webhooks.scene import NOON, SECRET, STANDARD, attempt


def aged(one, trust=STANDARD, **more):
    return rules(deliveries.judge_age(one, trust, **more))


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (0, {}),
        (-300, {}),
        (-301, {"timestamp-stale": "fail"}),
        (300, {}),
        (301, {"timestamp-ahead": "fail"}),
        (NOON * 999, {"timestamp-ahead": "fail"}),
    ],
)
def test_a_timestamp_lies_within_five_minutes_of_its_arrival_on_either_side(stamp, expected):
    assert expected == aged(attempt(0, stamp=stamp))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (-1000.0, {"timestamp-clocks-differ": "inconclusive"}),
        (-700.0, {"timestamp-clocks-differ": "inconclusive"}),
        (-699.0, {"timestamp-stale": "fail"}),
        (0.0, {"timestamp-stale": "fail"}),
    ],
)
def test_a_timestamp_that_the_services_own_clock_agrees_with_is_nobodys_failure(clock, expected):
    assert expected == aged(attempt(0, stamp=-1000), service_clock=NOON + clock)


def test_a_timestamp_that_cannot_be_read_is_none():
    bare = deliveries.Attempt(Message(b"{}"), NOON)

    assert {"timestamp-unsigned": "fail"} == aged(bare)
    lines = HeaderList([("webhook-id", "a"), ("webhook-signature", "v1,AAAA")])
    assert {"timestamp-missing": "fail"} == aged(deliveries.Attempt(Message(b"{}", lines), NOON))


@pytest.mark.parametrize(("ends", "expected"), [(0, {}), (-1, {"signature-expired": "fail"})])
def test_a_signature_that_has_expired_is_too_old(ends, expected):
    created = int(NOON)
    signed = sign("rfc9421", Message(b""), ["s" * 9], moment=created)
    lines = [(n, v.replace(";alg", f";expires={created + ends};alg")) for n, v in signed]
    one = deliveries.Attempt(Message(b"", HeaderList(lines)), NOON)

    assert expected == aged(one, Trust("rfc9421", "s" * 9))


@pytest.mark.parametrize(
    ("kind", "declared", "expected"),
    [
        ("application/json", "application/json", {}),
        ("Application/JSON; charset=utf-8", "application/json", {}),
        ("text/plain", "application/json", {"delivery-media-type-wrong": "fail"}),
        ("text/plain", "", {}),
        ("", "application/json", {"delivery-media-type-missing": "fail"}),
        ("", "", {"delivery-media-type-missing": "warn"}),
    ],
)
def test_a_body_has_the_media_type_that_was_promised(kind, declared, expected):
    lines = [("User-Agent", "relay"), *([("Content-Type", kind)] if kind else [])]
    found = deliveries.judge_content(Message(b"{}", HeaderList(lines)), media_type=declared, max_kilobytes=None)

    assert expected == rules(found)


@pytest.mark.parametrize(
    ("size", "most", "expected"),
    [
        (20 * 1024, None, {}),
        (20 * 1024 + 1, None, {"delivery-too-large": "warn"}),
        (20 * 1024 + 1, 21, {}),
        (21 * 1024 + 1, 21, {"delivery-too-large": "fail"}),
    ],
)
def test_a_body_is_no_larger_than_promised_or_usual(size, most, expected):
    message = Message(b" " * size, HeaderList([("User-Agent", "relay"), ("Content-Type", "text/plain")]))

    assert expected == rules(deliveries.judge_content(message, media_type="", max_kilobytes=most))


def test_a_sender_without_a_name_and_an_empty_body_are_no_failure():
    found = deliveries.judge_content(Message(b""), media_type="application/json", max_kilobytes=1)

    assert {"delivery-sender-unnamed": "warn"} == rules(found)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a"], {}),
        ([], {"delivery-id-missing": "fail"}),
        ([" "], {"delivery-id-missing": "fail"}),
        (["a", "a"], {"delivery-id-several": "fail"}),
    ],
)
def test_a_delivery_has_one_id(values, expected):
    message = Message(b"", HeaderList(("X-Delivery-ID", value) for value in values))

    assert expected == rules(deliveries.judge_id(message, "x-delivery-id"))


TRACE, CALLER, OURS = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "0a" * 8


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        ([f"00-{TRACE}-{OURS}-01"], {}),
        ([f"00-{TRACE}-{OURS}-00"], {}),
        ([f"00-{TRACE}-{CALLER}-01"], {"delivery-trace-copied": "warn"}),
        ([f"00-{'1' * 32}-{OURS}-01"], {"delivery-trace-other": "fail"}),
        (["garbage"], {"delivery-trace-malformed": "fail"}),
        ([], {"delivery-trace-missing": "fail"}),
        ([f"00-{TRACE}-{OURS}-01"] * 2, {"delivery-trace-missing": "fail"}),
    ],
)
def test_a_delivery_carries_on_the_trace_of_its_cause(carried, expected):
    cause = answer(202, request_headers=HeaderList([("traceparent", f"00-{TRACE}-{CALLER}-01")]))
    message = Message(b"", HeaderList(("traceparent", value) for value in carried))

    assert expected == rules(deliveries.judge_trace(message, cause))


def test_a_cause_without_a_trace_proves_nothing():
    message = Message(b"", HeaderList([("traceparent", f"00-{TRACE}-{OURS}-01")]))

    assert {"delivery-trace-unsent": "inconclusive"} == rules(deliveries.judge_trace(message, answer(202)))


@settings(max_examples=150, deadline=None)
@given(headers=HEADERS, body=BODIES, at=st.floats(-1e12, 1e12), cause=exchanges())
def test_no_judge_of_deliveries_raises(headers, body, at, cause):
    message = Message(body, headers)
    found = [
        *deliveries.judge_age(deliveries.Attempt(message, at), Trust("slack", SECRET), service_clock=at),
        *deliveries.judge_age(deliveries.Attempt(message, at), Trust("rfc9421", SECRET)),
        *deliveries.judge_content(message, media_type="é", max_kilobytes=1),
        *deliveries.judge_id(message, "Set-Cookie"),
        *deliveries.judge_cause(message, cause, "X-Request-ID"),
        *deliveries.judge_trace(message, cause),
    ]
    for finding in found:
        for text in finding.as_dict().values():
            text.encode()
            assert len(text) < 700
