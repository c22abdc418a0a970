"""What the senders' own packages let through or break at is found, and nothing else is held against them."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from fixtures.forged_messages import severity, variants
from fixtures.messages import Sender
from prodverify.judges import receiving
from prodverify.target.receivers import Receiver
from prodverify.wire import clock
from tests.examples.foreign import free_port, serving
from tests.judges.scene import answer, rules
from tests.receivers.conftest import SECRET
from tests.webhooks.conftest import installed

PROGRAM = Path(__file__).parent / "trusting.py"


def judged(answered, name, variant, receiver):
    """Rule and severity of what a judge finds of one variant."""
    match variant.kind:
        case "forged":
            weight, refused = severity(name, receiver), receiver.refused_statuses
            found = receiving.judge_forged(answered, variant.told, refused, large=variant.large, severity=weight)
        case "genuine":
            found = receiving.judge_genuine(answered, variant.told, ())
        case _:
            found = receiving.judge_odd(answered, variant.told)
    return rules(found)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (
            "standard-webhooks",
            {
                "garbage": {"receiver-breaks": "fail"},
                "truncated": {"receiver-breaks": "fail"},
                "undecodable": {"receiver-breaks": "fail"},
            },
        ),
        ("stripe", {"future": {"receiver-accepts-forgery": "warn"}}),
    ],
)
def test_a_receiver_by_the_senders_package_has_the_faults_of_that_package_alone(scheme, expected, tmp_path):
    receiver = Receiver(name="r", path="/hook", scheme=scheme, secret="s", body='{"id": "{id}", "object": "event"}')
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "WEBHOOK_SECRET": SECRET}
    with serving([installed(), PROGRAM, scheme], port, tmp_path / "log", env=environ):
        url, by = f"http://127.0.0.1:{port}", Sender(receiver, "", SECRET, clock.now())

        def answered(sent):
            return answer(httpx.post(url + sent.path, headers=sent.lines, content=sent.body).status_code)

        assert [] == receiving.judge_valid(answered(by.message()), ())
        found = {
            name: judged(answered(variant.make(by)), name, variant, receiver)
            for name, variant in variants(receiver).items()
        }

    assert expected == {name: each for name, each in found.items() if each}
