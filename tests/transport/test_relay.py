"""Each fault of transport is found under the name of its own defect, and Relay without one is found right."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from fixtures.relay.stage import Stage
from prodverify.judges import tls, tls_versions
from prodverify.target.load import load
from prodverify.target.transport import Tls
from prodverify.wire.run import Run
from prodverify.wire.tls_probe import TlsProbe
from tests.judges.scene import rules

ROOT = Path(__file__).resolve().parents[2]
PROMISED = Tls(lifespan_days=398)
FOUND = {
    "tls-expired": {"tls-expired"},
    "tls-not-yet-valid": {"tls-not-yet-valid"},
    "tls-expires-soon": {"tls-expires-soon"},
    "tls-expires-today": {"tls-expires-soon"},
    "tls-intermediate-expired": {"tls-chain-expired"},
    "tls-name-wrong": {"tls-name-not-covered"},
    "tls-name-common-alone": {"tls-name-not-covered"},
    "tls-self-signed": {"tls-self-signed"},
    "tls-intermediate-missing": {"tls-intermediate-missing"},
    "tls-authority-unknown": {"tls-authority-unknown"},
    "tls-purpose-wrong": {"tls-chain-invalid"},
    "tls-intermediate-weak": {"tls-chain-weak"},
    "tls-key-weak": {"tls-key-weak"},
    "tls-signature-weak": {"tls-signature-weak"},
    "tls-lifespan-long": {"tls-lifespan-long"},
    "tls-1-0-accepted": {"tls-version-old"},
    "tls-1-1-accepted": {"tls-version-old"},
    "tls-modern-missing": {"tls-version-old", "tls-modern-missing"},
}


@pytest.fixture(scope="module")
def stage():
    with Stage.start(backup=False) as stage:
        yield stage


@pytest.fixture
def failures(stage, tmp_path):
    """The rules that handshakes with Relay break."""
    local = load("local", root=ROOT, environ={})
    values = {**dict.fromkeys((s.embedded for s in local.promises.secrets.values()), "made-up-value"), **stage.values}
    target = local.located(values)

    def look():
        seen = TlsProbe(target, Run.begin(tmp_path)).observe()
        found = [
            *tls.judge_trust(seen),
            *tls.judge_name(seen),
            *tls.judge_dates(seen, PROMISED),
            *tls.judge_lifespan(seen, PROMISED),
            *tls.judge_key(seen),
            *tls_versions.judge_old(seen, "1.0"),
            *tls_versions.judge_old(seen, "1.1"),
            *tls_versions.judge_modern(seen, PROMISED),
        ]
        return {rule for rule, severity in rules(found).items() if severity != "info"}

    yield look
    httpx.put(f"{stage.values['control_url']}/faults", json={"names": []}).raise_for_status()


@pytest.mark.parametrize(("fault", "found"), FOUND.items())
def test_a_fault_is_found_by_its_name(stage, failures, fault, found):
    httpx.put(f"{stage.values['control_url']}/faults", json={"names": [fault]}).raise_for_status()
    assert found == failures()


def test_relay_without_a_fault_is_found_right(failures):
    assert set() == failures()


def test_relay_is_the_same_over_tls_and_plain_http_has_no_way_to_it(stage):
    values = stage.values
    strict = ssl.create_default_context(cafile=values["tls_authority"])
    strict.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python does by itself from 3.13 on
    with httpx.Client(verify=strict) as client:
        secured = client.get(f"https://{values['tls_address']}/health/liveness")
        assert (200, "alive") == (secured.status_code, secured.json()["status"])
        moved = client.get(f"http://{values['http_address']}/health/liveness?x=1")
        assert (308, f"https://{values['tls_address']}/health/liveness?x=1") == (
            moved.status_code,
            moved.headers["location"],
        )
        assert 403 == client.post(f"http://{values['http_address']}/actions/preview").status_code
