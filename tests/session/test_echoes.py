"""What is secret stays out of everything that the suite writes or says."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

from tests.session.small import KEY
from tests.session.suite import WORKERS

FORMS = {
    "raw": KEY,
    "url": quote(KEY, safe=""),
    "base64": base64.b64encode(KEY.encode()).decode().rstrip("="),
    "json": json.dumps(KEY)[1:-1],
    "hex": KEY.encode().hex(),
}
PRINTS = '''
def test_it_prints(target):
    """
    A check that prints a secret.
    """
    print("the key is", target.secret("key"))
'''
MEASURES = '''
def test_it_measures(promise, target):
    """
    A check that measures a secret.
    """
    promise.measured(note=target.secret("key"))
'''


@WORKERS
def test_a_service_that_echoes_the_key_puts_it_into_no_output(verify, target, small, workers):
    def echo(handler):
        presented = handler.headers.get("X-API-Key", "")
        told = {name: presented.join("<>") for name in ("echo", "authorization")}
        forms = {"url": quote(presented), "b64": base64.b64encode(presented.encode("latin-1")).decode()}
        return 500, {"X-Echo": presented, "Set-Cookie": f"a={quote(presented)}"}, json.dumps({**told, **forms}).encode()

    small.answers["/things"] = echo

    run = verify("checks", "--target", target(), "-n", str(workers), "-vv")

    assert 1 == run.status
    assert run.folder is not None
    for name, form in FORMS.items():
        assert form not in run.output, name
        for path in run.folder.iterdir():
            assert form.encode() not in path.read_bytes(), (name, path.name)


def test_a_check_that_prints_a_secret_costs_the_outputs_or_is_redacted(verify, target, checks):
    folder = checks(prints=PRINTS)

    run = verify("checks", folder, "--target", target())

    if run.status == 3:
        assert run.folder is None
        assert "key" in run.last_line
    else:
        assert 0 == run.status
        for path in run.folder.iterdir():
            assert KEY.encode() not in path.read_bytes(), path.name
    assert KEY not in run.output.partition("Captured")[0]


def test_measured_facts_are_redacted(verify, target, checks):
    folder = checks(measures=MEASURES)

    run = verify("checks", folder, "--target", target())

    assert 0 == run.status
    assert KEY not in json.dumps(run.record)
    assert "[redacted" in json.dumps(run.cases["test_measures.py::test_it_measures"]["facts"])
