"""What good middleware sends as it comes passes every default rule, with warnings at most."""

from __future__ import annotations

import pytest
import secure

from prodverify.judges import observatory, policy
from prodverify.judges.observatory import Seen
from prodverify.judges.policy import JUDGES, Answer
from prodverify.target import policies
from prodverify.wire.exchange import HeaderList
from tests.calibration import packages
from tests.judges.scene import HELMET, answer, rules, worst

BASELINE = policies.named("baseline")
RULES = [rule for rule in BASELINE.rules if rule in JUDGES]
TYPES = {"html": "text/html; charset=utf-8", "api": "application/json; charset=utf-8"}
BODIES = {"html": b"<!doctype html><title>Hello</title>", "api": b'{"ok": true}'}
SECURE = dict(secure.Secure.with_default_headers().headers)
SETS = {"helmet": HELMET, "secure": SECURE}
PATHS = {"/": ("html", 200), "/api": ("api", 200), "/missing": ("error", 404), "/old": ("redirect", 301)}


def judged(rule, headers, profile, body=b""):
    return policy.judge(BASELINE, rule, Answer(HeaderList(headers), profile, host="service.example", body=body))


@pytest.mark.parametrize("profile", TYPES)
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("rule", RULES)
def test_default_sets_pass_with_warnings_at_most(rule, name, profile):
    headers = [("Content-Type", TYPES[profile]), *SETS[name].items()]

    assert worst(judged(rule, headers, profile, BODIES[profile])) <= {"info", "warn"}


@packages.needed
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rule", RULES)
def test_a_real_application_with_helmet_passes_with_warnings_at_most(helmeted, rule, path):
    profile, status = PATHS[path]
    given = helmeted(path)

    assert status == given.status
    assert worst(judged(rule, given.headers, profile, given.body)) <= {"info", "warn"}


@packages.needed
def test_helmet_sends_what_these_tests_say_it_sends(helmeted):
    """Its version is locked; whoever updates it looks here first."""
    sent = {name.lower(): value for name, value in helmeted("/").headers}

    assert {name.lower(): value for name, value in HELMET.items()} == {
        name: sent[name.lower()] for name in map(str.lower, HELMET)
    }
    assert "x-powered-by" not in sent


@packages.needed
def test_a_real_application_with_helmet_has_the_best_grade(helmeted):
    seen = Seen(helmeted("/"), https=True, foreign=answer(200), route=())

    assert "A+" == observatory.grade(observatory.results(seen)).letter
    assert ["observatory-grade"] == list(rules(observatory.judge(seen)))
