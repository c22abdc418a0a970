"""What cannot be read is told with what to do, and breaks no promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.examples.foreign import verified
from tests.observed.small import Small, listening

TARGET = """
version = 1
name = "small"
base_url = "URL"
[permits]
breaks = true
[secrets]
store = {{ env = "STORE" }}
[[health]]
name = "health"
path = "/health"
[[endpoints]]
name = "list"
path = "/list"
[logs]
file = "{file}"
endpoint = "list"
within_seconds = 0.2
[traces]
address = "store"
path = "/traces/{{trace_id}}"
endpoint = "list"
within_seconds = 0.2
[error_tracker]
address = "store"
path = "/errors/{{request_id}}"
endpoint = "list"
provoke = {{ X-Provoke = "error" }}
within_seconds = 0.2
"""
OBSERVED = ("-k", "test_logs or test_traces or test_error_tracking")


def told(folder: Path, answers: dict[str, tuple[int, Any]], *, file: str = "absent.log") -> Any:
    """State, and the first rule, of each case that was asked."""
    target = folder / "target.toml"
    (folder / "silent.log").touch()
    with listening(Small({"/health": (200, {}), **answers})) as url:
        target.write_text(TARGET.format(file=file).replace("URL", url), encoding="utf-8")
        record = verified(target, {"STORE": url}, *OBSERVED)
    found = {}
    for check in record["checks"]:
        rules = [one["rule"] for one in check["findings"]]
        if check["state"] != "not_run":
            found[check["id"].partition("::test_")[2]] = (check["state"], *rules)
    return found


@pytest.mark.parametrize(
    ("answers", "file", "expected"),
    [
        pytest.param(
            {"/list": (200, []), "/traces": (401, {}), "/errors": (401, {})},
            "absent.log",
            {
                "requests_leave_their_line": ("inconclusive", "log-unread"),
                "every_line_is_one_json_object": ("inconclusive", "log-unread"),
                "no_secret_is_logged[header]": ("inconclusive", "log-unread"),
                "no_secret_is_logged[query]": ("inconclusive", "log-unread"),
                "traces_come_out_whole": ("inconclusive", "trace-store-refuses"),
                "traces_tell_what_was_done": ("inconclusive", "trace-store-refuses"),
                "spans_hold_no_secret": ("inconclusive", "trace-store-refuses"),
                "errors_reach_the_tracker": ("inconclusive", "error-tracker-refuses"),
                "errors_hold_no_secret": ("inconclusive", "error-tracker-refuses"),
            },
            id="not there, or closed to us",
        ),
        pytest.param(
            {"/list": (500, {}), "/traces": (200, []), "/errors": (200, {"errors": "none"})},
            "silent.log",
            {
                "requests_leave_their_line": ("inconclusive", "log-request-answered-otherwise"),
                "every_line_is_one_json_object": ("inconclusive", "log-request-answered-otherwise"),
                "no_secret_is_logged[header]": ("inconclusive", "log-request-answered-otherwise"),
                "no_secret_is_logged[query]": ("fail", "log-line-missing"),
                "traces_come_out_whole": ("inconclusive", "trace-request-refused"),
                "traces_tell_what_was_done": ("inconclusive", "trace-request-refused"),
                "spans_hold_no_secret": ("inconclusive", "trace-request-refused"),
                "errors_reach_the_tracker": ("fail", "error-missing"),
                "errors_hold_no_secret": ("fail", "error-missing"),
            },
            id="a service that only errs",
        ),
        pytest.param(
            {"/list": (200, []), "/traces": (200, ["no trace"])},
            ".",
            {
                "requests_leave_their_line": ("inconclusive", "log-unread"),
                "every_line_is_one_json_object": ("inconclusive", "log-unread"),
                "no_secret_is_logged[header]": ("inconclusive", "log-unread"),
                "no_secret_is_logged[query]": ("inconclusive", "log-unread"),
                "traces_come_out_whole": ("inconclusive", "trace-unreadable"),
                "traces_tell_what_was_done": ("inconclusive", "trace-unreadable"),
                "spans_hold_no_secret": ("inconclusive", "trace-unreadable"),
                "errors_reach_the_tracker": ("inconclusive", "error-not-provoked"),
                "errors_hold_no_secret": ("inconclusive", "error-not-provoked"),
            },
            id="stores of something else",
            marks=pytest.mark.proof,
        ),
    ],
)
def test_what_cannot_be_read_is_inconclusive(
    tmp_path: Path, answers: dict[str, tuple[int, Any]], file: str, expected: dict[str, tuple[str, ...]]
) -> None:
    assert expected == told(tmp_path, answers, file=file)


def test_a_line_that_may_stand_in_what_was_not_read_is_not_missing(tmp_path: Path) -> None:
    endless = TARGET.format(file="absent.log").replace('file = "absent.log"', f'command = ["yes", "{"x" * 4000}"]')
    target = tmp_path / "target.toml"
    with listening(Small({"/health": (200, {}), "/list": (200, [])})) as url:
        target.write_text(endless.replace("URL", url), encoding="utf-8")
        record = verified(target, {"STORE": url}, "-k", "test_requests_leave_their_line")

    (check,) = record["checks"]
    assert ("inconclusive", "log-too-much") == (check["state"], check["findings"][0]["rule"])


@pytest.mark.proof
def test_a_proxy_that_may_be_the_application_and_a_list_that_is_not_there_say_what_to_do(tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    listed = TARGET.format(file="log").replace("/errors/{request_id}", "/errors")
    with listening(Small({"/health": (200, {}), "/list": (503, {})})) as url:
        target.write_text(listed.replace("URL", url), encoding="utf-8")
        record = verified(target, {"STORE": url}, "-k", "requests_leave_their_line or errors_reach_the_tracker")

    tracker, line = (check["findings"][0] for check in record["checks"])
    assert ("error-tracker-refuses", "answered-by-proxy") == (tracker["rule"], line["rule"])
    assert "correct the path" in tracker["next_step"]
    assert "asking.application_header" in line["next_step"]
