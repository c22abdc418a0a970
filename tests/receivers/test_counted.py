"""Where effects are counted for everybody together, only what repeats itself exactly is held against a receiver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from prodverify.judges.schemes.message import Message
from prodverify.judges.signatures import Trust, judge
from prodverify.wire.exchange import HeaderList
from tests.examples.foreign import verified
from tests.session.small import SmallService

SECRET = "only-for-practice"  # pragma: allowlist secret
TARGET = """
version = 1
name = "counted"
base_url = "{url}"
[permits]
writes = true
[asking]
rate_per_second = 500.0
[secrets]
webhook = {{ env = "WEBHOOK_SECRET" }}
[[receivers]]
name = "hook"
path = "/hook"
secret = "webhook"
body = '{{"type": "ping"}}'
id_header = "X-Delivery-ID"
deduplicates = true
[receivers.effect]
path = "/count"
count_at = "/count"
within_seconds = 0.2
"""


@contextmanager
def counting(*, forgetful: bool = False, busy: bool = False) -> Iterator[str]:
    """A receiver that counts; a forgetful one acts on repeats, and a busy one has other senders, too."""
    state = {"count": 0}
    known: set[str] = set()

    def taken(handler):
        found = judge(Message(handler.body, HeaderList(handler.headers.items())), Trust("hex", SECRET))
        if not found and (forgetful or handler.headers["X-Delivery-ID"] not in known):
            known.add(handler.headers["X-Delivery-ID"])
            state["count"] += 1
        return (401 if found else 202), {}, b""

    def told(handler):
        state["count"] += 3 * busy
        return 200, {}, json.dumps(state).encode()

    with SmallService.started() as service:
        service.answers |= {"/hook": taken, "/count": told}
        yield service.url


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (
            {"forgetful": True},
            {"effect_once": ("pass", ""), "second_effect": ("fail", "receiver-acts-again")},
        ),
        (
            {"busy": True},
            {
                "effect_once": ("inconclusive", "receiver-effect-unclear"),
                "second_effect": ("inconclusive", "receiver-effect-unclear"),
            },
        ),
    ],
    ids=["forgetful", "busy"],
)
def test_a_count_of_everybody_is_read_with_care(how, expected, tmp_path):
    with counting(**how) as url:
        file = tmp_path / "counted.toml"
        file.write_text(TARGET.format(url=url), encoding="utf-8")
        record = verified(file, {"WEBHOOK_SECRET": SECRET}, "-k", "effect_once or second_effect")

    cases = {case["id"]: case for case in record["checks"] if "[hook]" in case["id"]}
    found = {
        name: (case["state"], case["findings"][0]["rule"] if case["findings"] else "")
        for name in expected
        for case_id, case in cases.items()
        if name in case_id
    }
    assert expected == found
