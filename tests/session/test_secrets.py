"""No output of a run holds a secret, whatever the service or a check does with it."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path
from urllib.parse import quote

from tests.session.small import KEY
from tests.session.suite import ALONE_IN_PROOF, WORKERS_IN_PROOF

BASIC = base64.b64encode(b"u:" + KEY.encode() + b":x").decode()
FORMS = {
    "raw": KEY,
    "base64": base64.b64encode(KEY.encode()).decode().rstrip("="),
    "inside base64": BASIC[4:-2],
    "URL": quote(KEY, safe=""),
    "hex": KEY.encode().hex(),
    "JSON": json.dumps(KEY)[1:-1],
    "HTML": escape(KEY),
}


def told(run, reports: Path) -> list[str]:
    """Where the key stands, and in which form."""
    outputs = {str(path): path.read_text("utf-8") for path in reports.rglob("*") if path.is_file()}
    return [
        f"{form} in {name}"
        for name, text in {"the terminal": run.output, **outputs}.items()
        for form, secret in FORMS.items()
        if secret in text
    ]


def echo(_handler):
    """Everything that was sent comes back, in every disguise."""
    headers = {
        "X-Key": KEY,
        "X-Base64": FORMS["base64"],
        "Location": f"/?key={FORMS['URL']}",
        "X-Hex": FORMS["hex"],
    }
    body = {**FORMS, "inside base64": BASIC, "again": KEY, "nested": json.dumps({"key": KEY})}
    return 500, headers, json.dumps(body).encode()


@ALONE_IN_PROOF
def test_a_service_that_echoes_the_key_tells_nobody(verify, target, small, workers):
    small.answers["/things"] = echo

    run = verify("checks/", "--target", target(fuzz="true"), "-n", workers)

    assert 1 == run.status
    assert {"report.html", "details.html", "record.json"} <= {path.name for path in run.folder.iterdir()}
    assert any(KEY == asked.headers.get("x-api-key") for asked in small.asked)
    assert [] == told(run, verify.reports)


LOOSE = """
import os

KEY = os.environ["SMALL_KEY"]

def test_it_measures_the_key(promise):
    promise.measured(key=KEY, inside={"list": [KEY, 7, None], KEY: True}, other=KEY.encode(), path=os)

def test_it_raises_the_key():
    raise LookupError(f"no key {KEY}")

def test_it_compares_the_key():
    assert KEY == "another"

def test_it_fails_in_setup(promise, request):
    request.getfixturevalue(KEY)
"""


@WORKERS_IN_PROOF
def test_what_a_check_says_is_told_without_the_key(verify, target, checks, workers):
    broken = "import os\nraise LookupError(os.environ['SMALL_KEY'])\n"

    run = verify("checks/", checks(loose=LOOSE), "--target", target(), "-n", workers, "--showlocals")

    assert [] == told(run, verify.reports)
    facts = run.cases["test_loose.py::test_it_measures_the_key"]["facts"]
    assert ["[redacted]", 7, None] == facts["inside"]["list"]
    assert "error" == run.states["test_loose.py::test_it_raises_the_key"]
    assert "fail" == run.states["test_loose.py::test_it_compares_the_key"]
    assert 1 == run.status

    run = verify("checks/", checks(loose=broken), "--target", target(), "-n", workers)

    assert [] == told(run, verify.reports)
    assert 10 == run.status


PRINTING = """
import os

def test_it_prints_the_key():
    print("the key is", os.environ["SMALL_KEY"])
    assert not "shown on the terminal"
"""


@WORKERS_IN_PROOF
def test_a_check_that_prints_the_key_costs_the_evidence(verify, target, checks, workers):
    run = verify("checks/", checks(printing=PRINTING), "--target", target(), "-n", workers)

    assert 3 == run.status
    assert run.record is None
    assert [] == [path for path in verify.reports.rglob("*") if path.is_file()]
    assert "the key is [redacted]" in run.output
    assert "the outputs held the value of key and were deleted" in run.output
    assert run.last_line.startswith("NO-GO  a secret was found in the outputs")
    assert [] == told(run, verify.reports)
