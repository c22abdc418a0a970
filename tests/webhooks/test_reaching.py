"""Deliveries come to our listener, to a bin, or stay in the service's log; what cannot reach us is nobody's fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.relay.stage import Stage
from tests.session.suite import Suite
from tests.webhooks import bins

TARGET = """
version = 1
name = "relayed"
base_url = "{base_url}"
[permits]
writes = true
[asking]
application_header = "X-Request-ID"
hosts = {hosts}
[secrets]
key = {{ env = "RELAYED_KEY" }}
secret = {{ env = "RELAYED_SECRET" }}
[roles.developer]
scheme = "header"
credential = "key"
[[health]]
name = "ready"
kind = "ready"
path = "/health/readiness"
[[journeys]]
name = "execution"
[[journeys.steps]]
path = "/actions/preview"
body = {{ action = "echo", arguments = {{ text = "h\\u00e9llo" }} }}
take = ["execution_token"]
[[journeys.steps]]
path = "/actions/execute"
status = 202
[[webhooks]]
name = "execution"
scheme = "standard-webhooks"
secret = "secret"
role = "developer"
journey = "execution"
deliver_to = "callback_url"
within_seconds = 1.0
"""
IN_BIN = """
public_url = "{url}/ours"
delivers_once = true
[webhooks.pull]
address = "{url}/log"
deliveries_at = "/data"
id_at = "/uuid"
body_at = "/raw"
body_encoding = "base64"
"""
IN_LOG = """
public_url = "http://127.0.0.1:1024/nobody"
request_id_header = "X-Request-ID"
[webhooks.pull]
address = "/deliveries"
role = "developer"
deliveries_at = "/deliveries"
"""
SIGNED = "test_webhooks.py::test_delivery_is_signed[execution]"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.start(backup=False) as stage:
        yield stage


@pytest.fixture
def verified(tmp_path: Path, stage: Stage):
    suite = Suite(tmp_path)

    def run(webhook: str, *, hosts: str = "[]", secret: str = "webhook_secret"):
        path = tmp_path / "relayed.toml"
        path.write_text(TARGET.format(base_url=stage.values["base_url"], hosts=hosts) + webhook, encoding="utf-8")
        values = {"RELAYED_KEY": stage.values["developer_key"], "RELAYED_SECRET": stage.values[secret]}
        return suite("checks/", "--target", path, "-n", "0", "-k", "is_signed or arrives_once", **values)

    yield run
    suite.end()


def host(url: str) -> str:
    return f'["{url.rpartition("/")[2]}"]'


def test_deliveries_are_read_from_a_request_bin(verified):
    with bins.listening() as found:
        run = verified(IN_BIN.format(url=found.url), hosts=host(found.url))

    assert 0 == run.status, run.output
    assert "pass" == run.states[SIGNED]
    once = run.cases["test_webhook_retries.py::test_delivery_arrives_once[execution]"]
    assert ("not_run", True) == (once["state"], "pulled from a log" in once["reason"])


def test_a_bin_that_does_not_answer_is_inconclusive(verified):
    with bins.listening() as found:
        found.status = 500
        run = verified(IN_BIN.format(url=found.url), hosts=host(found.url))

    assert 10 == run.status, run.output
    assert "delivery-log-unread" in str(run.cases[SIGNED])


def test_deliveries_are_read_from_the_services_own_log_and_their_secret_is_verified(verified):
    assert "pass" == verified(IN_LOG).states[SIGNED]
    assert "fail" == verified(IN_LOG, secret="other_webhook_secret").states[SIGNED]


def test_a_public_address_that_leads_nowhere_is_inconclusive_and_says_what_to_do(verified):
    run = verified('public_url = "http://hooks.invalid/ours"\n')

    assert 10 == run.status, run.output
    assert "delivery-cannot-reach-us" in str(run.cases[SIGNED])
    assert "open public_url from outside" in run.output


def test_a_listener_behind_a_public_address_is_reached_and_seen_to_be(verified):
    with bins.forwarding() as proxy:
        line = f'public_url = "{proxy.url}/ours"\nlisten = "127.0.0.1:{proxy.port}"\n'
        assert "pass" == verified(line, hosts=host(proxy.url)).states[SIGNED]
        proxy.drops = "POST"
        run = verified(line, hosts=host(proxy.url))

    # Our own question came through, and the delivery did not: now it is the service's failure.
    assert "fail" == run.states[SIGNED]
    assert "delivery-missing" in str(run.cases[SIGNED])
