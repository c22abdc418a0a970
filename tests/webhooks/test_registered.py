"""Where nothing is delivered to an address before it is registered, we register ours, and nothing of it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prodverify.wire import clock
from tests.session.suite import Run, Suite
from tests.webhooks.registered import ALL, MADE, VALUES, Hooks, first_rules, hooks, target

ASKED = ("checks/test_webhooks.py", "checks/test_webhook_retries.py")


@pytest.fixture
def suite(tmp_path: Path):
    suite = Suite(tmp_path)
    yield suite
    suite.end()


def started(suite: Suite, service: Hooks, *arguments: str, promises: str = "", secret: str = MADE):
    file = suite.reports.parent / "registered.toml"
    file.write_text(target(service.small.url, promises=promises, secret=secret), encoding="utf-8")
    return suite.start(*ASKED, "--target", file, "-n", "0", *arguments, **VALUES)


def verified(suite: Suite, service: Hooks, *arguments: str, **said: str) -> Run:
    return suite.finished(started(suite, service, *arguments, **said))


def ledger(suite: Suite) -> list[str]:
    return (suite.reports / "runs" / "ledger" / "registered.jsonl").read_text().splitlines()


def test_every_promise_of_a_sender_is_verified_at_addresses_that_are_registered(suite):
    with hooks() as service:
        run = verified(suite, service, promises=ALL)

    assert 0 == run.status, run.output
    ran = {name for name, (state, _) in first_rules(run.cases).items() if state == "pass"}
    assert {"test_delivery_arrives_once", "test_busy_receiver_is_left_in_peace"} < ran
    assert len(ran) == 14, ran
    assert {} == service.small.keys
    assert [] == ledger(suite)
    assert service.made
    assert not any(secret in json.dumps(run.record) for secret in service.made)


def test_what_a_sender_does_wrong_is_seen_there_too(suite):
    with hooks(leaks=True, shares_secret=True, impatient=True, noisy=False) as service:
        run = verified(suite, service, "-k", "secret_is_of or gets_its_own or in_peace", promises=ALL)

    assert {
        "test_secret_is_of_one_receiver": ("fail", "secret-shared"),
        "test_workspace_gets_its_own_deliveries": ("fail", "delivery-of-another-workspace"),
        "test_busy_receiver_is_left_in_peace": ("fail", "retry-after-ignored"),
    } == first_rules(run.cases)


def test_a_secret_of_ours_is_registered_with_the_address(suite):
    with hooks() as service:
        run = verified(
            suite, service, "-k", "is_signed", promises='secret = "signing"', secret='secret_at = "/config/secret"'
        )

    assert {"test_delivery_is_signed": ("pass", "")} == first_rules(run.cases)
    assert {VALUES["SIGNING_SECRET"]} == set(service.made)


def test_what_cannot_be_registered_or_removed_is_told(suite):
    with hooks() as service:
        service.small.answers["/webhooks/1"] = (404, {}, b"{}")  # an id that is another's
        unremoved = verified(suite, service, "-k", "is_signed")
        left = ledger(suite)
        service.small.answers["/webhooks"] = (403, {}, b"{}")
        unregistered = verified(suite, service, "-k", "is_signed")

    assert "destination-not-removed" in str(unremoved.cases)
    assert "receiver-not-registered" in str(unregistered.cases)
    assert 10 == unremoved.status == unregistered.status
    assert 1 == len(left)


def test_what_a_run_that_was_killed_has_registered_is_removed_by_the_next(suite):
    with hooks(noisy=False) as service:
        event, service.small.answers["/events"] = service.small.answers["/events"], (202, {}, b"{}")
        process = started(suite, service, "-k", "is_signed")
        clock.poll(lambda: "/events" in service.small.paths() or None, within_seconds=20, what="an event is caused")
        process.kill()
        process.communicate()
        assert ["1"] == list(service.small.keys)

        service.small.answers["/events"] = event
        run = verified(suite, service, "-k", "is_signed")

    assert {"test_delivery_is_signed": ("pass", "")} == first_rules(run.cases)
    assert {} == service.small.keys
    assert [] == ledger(suite)
