"""Versions of TLS: what is accepted, what is refused, and what could not be told."""

import pytest

from prodverify.judges import tls_versions
from prodverify.target.transport import Tls
from prodverify.wire.handshakes import Attempt
from tests.judges.certified import ACCEPTED, CLOSED, GOOD, REFUSED, distrusted, seen
from tests.judges.scene import rules

SILENT = Attempt("silent", "no answer in time")
UNOFFERED = Attempt("unoffered", "NO_PROTOCOLS_AVAILABLE")
AGREED = Attempt("agreed", "TLSV13_ALERT_CERTIFICATE_REQUIRED")
UNCLEAR = Attempt("unclear", "DH_KEY_TOO_SMALL")
UNDECIDED = {"tls-version-undecided": "inconclusive"}


def speaking(**more):
    versions = {f"1.{name[1:]}": more.pop(name) for name in list(more) if name in ("v0", "v1", "v2", "v3")}
    return seen(versions={**GOOD, **versions}, **more)


@pytest.mark.parametrize(
    ("attempt", "found"),
    [
        (ACCEPTED, {"tls-version-old": "fail"}),
        (AGREED, {"tls-version-old": "fail"}),
        (REFUSED, {}),
        (CLOSED, {}),
        (SILENT, UNDECIDED),
        (UNCLEAR, UNDECIDED),
        (UNOFFERED, {"tls-version-unoffered": "inconclusive"}),
    ],
)
def test_an_old_version_is_refused_in_words_or_by_hanging_up(attempt, found):
    assert found == rules(tls_versions.judge_old(speaking(v0=attempt), "1.0"))


def test_hanging_up_proves_nothing_where_no_handshake_followed():
    assert UNDECIDED == rules(tls_versions.judge_old(speaking(v0=CLOSED, client=CLOSED, trust=SILENT), "1.0"))
    assert {} == rules(tls_versions.judge_old(speaking(v0=CLOSED, client=distrusted(10)), "1.0"))
    assert {} == rules(tls_versions.judge_old(speaking(v0=CLOSED, client=CLOSED, trust=ACCEPTED), "1.0"))


def test_what_was_never_tried_is_not_refused():
    assert UNDECIDED == rules(tls_versions.judge_old(seen(versions={"1.3": ACCEPTED}), "1.0"))


def test_tls_1_2_is_old_where_the_target_says_so():
    assert {"tls-version-old": "fail"} == rules(tls_versions.judge_old(seen(), "1.2"))
    assert {} == rules(tls_versions.judge_old(speaking(v2=REFUSED), "1.2"))


@pytest.mark.parametrize(
    ("middle", "newest", "usual", "demanding"),
    [
        (ACCEPTED, ACCEPTED, {}, {}),
        (REFUSED, ACCEPTED, {}, {}),
        (REFUSED, AGREED, {}, {}),
        (AGREED, REFUSED, {"tls-newest-missing": "warn"}, {"tls-newest-missing": "fail"}),
        (ACCEPTED, REFUSED, {"tls-newest-missing": "warn"}, {"tls-newest-missing": "fail"}),
        (ACCEPTED, CLOSED, {"tls-newest-missing": "warn"}, {"tls-newest-missing": "fail"}),
        (ACCEPTED, SILENT, {"tls-version-undecided": "info"}, UNDECIDED),
        (ACCEPTED, UNOFFERED, {"tls-version-undecided": "info"}, UNDECIDED),
        (REFUSED, REFUSED, {"tls-modern-missing": "fail"}, {"tls-modern-missing": "fail"}),
        (REFUSED, SILENT, UNDECIDED, UNDECIDED),
        (UNOFFERED, REFUSED, UNDECIDED, UNDECIDED),
    ],
)
def test_modern_versions_are_accepted_and_the_newest_where_it_is_demanded(middle, newest, usual, demanding):
    shown = speaking(v2=middle, v3=newest)
    assert usual == rules(tls_versions.judge_modern(shown, Tls()))
    assert demanding == rules(tls_versions.judge_modern(shown, Tls(demands_newest=True)))
    assert demanding == rules(tls_versions.judge_modern(shown, Tls(minimum_version="1.3")))


@pytest.mark.parametrize(
    ("client", "trust", "found"),
    [
        (REFUSED, ACCEPTED, {"tls-suites-old": "warn"}),
        (UNCLEAR, distrusted(18), {"tls-suites-old": "warn"}),
        (REFUSED, CLOSED, {"tls-suites-undecided": "inconclusive"}),
        (CLOSED, ACCEPTED, {"tls-suites-undecided": "inconclusive"}),
        (SILENT, ACCEPTED, {"tls-suites-undecided": "inconclusive"}),
        (AGREED, AGREED, {}),
        (distrusted(10), ACCEPTED, {}),
    ],
)
def test_suites_of_today_are_enough_for_a_handshake(client, trust, found):
    assert found == rules(tls_versions.judge_modern(speaking(client=client, trust=trust), Tls()))


def test_suites_are_not_blamed_where_versions_are():
    old = speaking(v0=ACCEPTED, v2=REFUSED, v3=REFUSED, client=REFUSED)
    assert {"tls-modern-missing": "fail"} == rules(tls_versions.judge_modern(old, Tls()))


def test_where_no_handshake_came_about_versions_are_not_judged():
    shown = seen(versions=dict.fromkeys(GOOD, REFUSED), chain=())
    expected = {"tls-no-handshake": "inconclusive"}
    assert expected == rules(tls_versions.judge_old(shown, "1.0")) == rules(tls_versions.judge_modern(shown, Tls()))
