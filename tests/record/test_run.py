"""record.json: its head, its schema, and that it is read as it was written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

import prodverify.record.run
from prodverify.record.run import RunRecord
from prodverify.record.states import State
from tests.record.records import records
from tests.record.sample import case, load_run, one_of_each, run

SCHEMA = json.loads(Path(prodverify.record.run.__file__).with_name("record.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("record", [one_of_each(), load_run(), run([])], ids=["each", "load", "empty"])
def test_the_record_keeps_its_schema(record: RunRecord) -> None:
    VALIDATOR.validate(record.as_dict())


@settings(derandomize=True, max_examples=60, deadline=None)
@given(records())
def test_any_record_keeps_its_schema_as_json(record: RunRecord) -> None:
    VALIDATOR.validate(json.loads(json.dumps(record.as_dict(), allow_nan=False).encode()))


def test_the_schema_refuses_what_is_no_record() -> None:
    plain = one_of_each().as_dict()

    for spoilt in ({**plain, "verdict": "OK"}, {**plain, "counts": {"pass": 1}}, {**plain, "more": 1}):
        assert not VALIDATOR.is_valid(spoilt)


def test_every_member_of_the_record_is_in_the_schema() -> None:
    plain = one_of_each().as_dict()

    assert set(SCHEMA["properties"]) == set(plain)
    assert set(SCHEMA["$defs"]["case"]["properties"]) == set(plain["checks"][0])


def test_the_verdict_comes_first_and_the_cases_last() -> None:
    members = list(one_of_each().as_dict())

    assert ["format", "verdict", "rule", "exit_status", "counts", "requests", "target", "mode", "versions"] == members[
        :9
    ]
    assert "checks" == members[-1]


def test_counts_has_exactly_the_seven_states_and_counts_cases() -> None:
    expected = {"pass": 2, "warn": 1, "fail": 1, "inconclusive": 1, "error": 1, "waived": 1, "not_run": 1}

    assert expected == one_of_each().as_dict()["counts"]


@pytest.mark.parametrize("record", [one_of_each(), load_run(), run([])], ids=["each", "load", "empty"])
def test_what_is_written_is_read_again(record: RunRecord) -> None:
    written = json.loads(json.dumps(record.as_dict()))

    assert written == RunRecord.from_dict(written).as_dict()


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a record of format 1, found 2"):
        RunRecord.from_dict({**one_of_each().as_dict(), "format": 2})


def test_what_is_not_json_is_told_in_words() -> None:
    facts = {
        "rows": Decimal("1.5"),
        "at": datetime(2026, 11, 21, tzinfo=UTC),
        "share": float("nan"),
        "half": "\ud800",
        "names": {"b", "a"},
        7: (1, 2),
    }
    plain = case("a::b", State.PASS, facts=facts).as_dict()["facts"]

    expected = {
        "rows": "1.5",
        "at": "2026-11-21 00:00:00+00:00",
        "share": "nan",
        "half": "\\ud800",
        "names": ["a", "b"],
        "7": [1, 2],
    }
    assert expected == plain
