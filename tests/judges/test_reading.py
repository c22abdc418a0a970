"""What answers say about a limit, in every form that is found in the wild."""

import pytest

from prodverify.judges import http_date, numeral, reading
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import NOON, answer

IN_TEN = "Mon, 21 Sep 2026 12:00:10 GMT"
"""Ten seconds after NOON."""


def read(window_seconds=60.0, **headers):
    lines = HeaderList([(name.replace("_", "-"), value) for name, value in headers.items()])
    return reading.read(lines, date=NOON, window_seconds=window_seconds, requests=60)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", 30.0),
        (" 30\t", 30.0),
        ("0", 0.0),
        (IN_TEN, 10.0),
        ("Monday, 21-Sep-26 12:00:10 GMT", 10.0),
        ("Mon Sep 21 12:00:10 2026", 10.0),
    ],
)
def test_retry_after_has_two_forms(value, expected):
    said = read(Retry_After=value)
    assert (expected, ()) == (said.retry_after.seconds, said.malformed)


@pytest.mark.parametrize("value", ["1.5", "-1", "10s", "", "soon", "+3", "²", "Mon, 31 Feb 2026 25:00:00 GMT"])
def test_retry_after_of_another_form_is_malformed(value):
    said = read(Retry_After=value)
    assert (said.retry_after, [name for name, _ in said.malformed]) == (None, ["retry-after"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (str(int(NOON) + 30), [("epoch seconds", 30.0)]),
        (str(int(NOON) * 1000 + 30_000), [("epoch milliseconds", 30.0)]),
        ("1000", [("seconds", 1000.0), ("milliseconds", 1.0)]),
        ("30", [("seconds", 30.0)]),
        ("62", [("seconds", 62.0)]),
        ("60000", [("milliseconds", 60.0)]),
        ("59600", [("milliseconds", 59.6)]),
        ("30000", [("seconds", 30000.0), ("milliseconds", 30.0)]),
        ("100000", [("seconds", 100000.0)]),
        (IN_TEN, [("date", 10.0)]),
        ("2026-09-21T12:00:10Z", [("date", 10.0)]),
        ("2026-09-21T14:00:10.000+02:00", [("date", 10.0)]),
        (f"{int(NOON) + 30}.5", [("epoch seconds", 30.5)]),
        ("1000000001", [("epoch seconds", 1000000001 - NOON)]),
        ("-5", []),
        ("tomorrow", []),
    ],
)
def test_reset_has_no_standard_so_every_plausible_meaning_is_kept(value, expected):
    found = reading.classify(value, date=NOON, window_seconds=60.0)
    assert [(form, pytest.approx(seconds)) for form, seconds in expected] == [
        (moment.form, moment.seconds) for moment in found
    ]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X_RateLimit_Limit": "60", "X_RateLimit_Remaining": "3", "X_RateLimit_Reset": "7"}, (60, 3, 7.0)),
        ({"RateLimit_Limit": "60", "RateLimit_Remaining": "3", "RateLimit_Reset": "7"}, (60, 3, 7.0)),
        ({"RateLimit_Limit": "60, 60;w=60", "RateLimit_Remaining": "3"}, (60, 3, None)),
        ({"RateLimit": "limit=60, remaining=3, reset=7"}, (60, 3, 7.0)),
        ({"RateLimit": '"default";r=3;t=7', "RateLimit_Policy": '"default";q=60;w=60'}, (60, 3, 7.0)),
        (
            {"RateLimit": '"day";r=900;t=80000,"burst";r=3;t=7', "RateLimit_Policy": '"burst";q=60;w=60,"day";q=1000'},
            (60, 3, 7.0),
        ),
        (
            {"RateLimit": '"10-in-1sec"; r=3; t=7', "RateLimit_Policy": '"10-in-1sec"; q=60; w=60; pk=:NGRm:'},
            (60, 3, 7.0),
        ),
        ({"RateLimit": '"a";r=3', "RateLimit_Policy": '"a";q=60'}, (60, 3, None)),
        (
            {"RateLimit": '"a";r=3;t=7, "b";r=1;t=9', "RateLimit_Policy": '"a";q=60;w=60, "b";q=9;qu="bytes"'},
            (60, 3, 7.0),
        ),
        ({"RateLimit": "limit=60, remaining=3, reset=7", "RateLimit_Policy": "60;w=60"}, (60, 3, 7.0)),
        ({}, (None, None, None)),
    ],
)
def test_families_of_headers(headers, expected):
    said = read(**headers)
    assert expected == (said.limit, said.remaining, said.resets[0].seconds if said.resets else None)
    assert not said.malformed


@pytest.mark.parametrize(
    "headers",
    [
        {"X_RateLimit_Limit": "sixty"},
        {"X_RateLimit_Remaining": ""},
        {"X_RateLimit_Reset": "later"},
        {"RateLimit_Reset": IN_TEN},
        {"RateLimit": "garbage"},
        {"RateLimit": '"a";t=5'},
        {"RateLimit": '"a";r=-1'},
        {"RateLimit": '"a";r=1.5'},
        {"RateLimit_Policy": '"a";w=60'},
    ],
)
def test_values_without_any_meaning_are_told(headers):
    (name,) = headers
    assert [name.replace("_", "-").lower()] == [malformed for malformed, _ in read(**headers).malformed]


def test_the_stated_wait_is_retry_after_before_reset():
    assert read(Retry_After="3", X_RateLimit_Reset="40").wait_seconds == 3.0
    assert read(X_RateLimit_Reset="40").wait_seconds == 40.0
    assert read().wait_seconds is None


def test_an_answer_is_dated_by_itself():
    assert reading.answered_at(answer(at=NOON)) == NOON
    assert reading.answered_at(answer(headers={"Date": "yesterday"}, at=NOON, elapsed_ms=500.0)) == NOON + 0.5


@pytest.mark.parametrize(
    "text", ["", "0000-00-00T00:00:00Z", "Mon, 99 Xyz 2026 00:00:00 GMT", "0001-01-01T00:00:00+23:59"]
)
def test_what_is_no_date_is_none(text):
    assert http_date.parse(text) is None


def test_numbers_of_any_length_are_read():
    assert numeral.whole("9" * 10_000) == numeral.LARGEST
    assert numeral.whole("0" * 10_000 + "7") == 7
    assert numeral.decimal("9" * 10_000 + ".5") == numeral.LARGEST + 0.5
