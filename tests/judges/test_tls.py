"""Certificates: trust, names, dates, lifetimes and keys, at both sides of every limit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.relay.certificates import weak_key
from prodverify.judges import tls
from prodverify.target.transport import Tls
from prodverify.wire.handshakes import UNTRIED, Attempt, Handshakes
from tests.judges.certified import CERTIFICATES, CLOSED, DAY, REFUSED, distrusted, issued_on, seen
from tests.judges.scene import rules

A_SECOND = 1 / DAY
USUAL = Tls()
SHORT = CERTIFICATES.issued(lifetime_days=6.0)
MONTH = CERTIFICATES.issued(lifetime_days=30.0)
THREE_WEEKS = CERTIFICATES.issued(lifetime_days=21.0)
YEAR = CERTIFICATES.issued(lifetime_days=365.0)
ALONE = CERTIFICATES.issued(sent=())
SELF_SIGNED = CERTIFICATES.self_signed()
NOT_TLS = Attempt("not-tls", "WRONG_VERSION_NUMBER")


def judged(shown: Handshakes) -> list[dict[str, str]]:
    """What each judge of certificates says."""
    tls.lasts(shown)
    return [
        rules(findings)
        for findings in (
            tls.judge_trust(shown),
            tls.judge_name(shown),
            tls.judge_dates(shown, USUAL),
            tls.judge_lifespan(shown, USUAL),
            tls.judge_key(shown),
        )
    ]


def test_a_place_that_does_everything_right_is_found_right():
    assert [{}] * 5 == judged(seen())


@pytest.mark.parametrize(
    ("trust", "served", "rule"),
    [
        (distrusted(18), SELF_SIGNED, "tls-self-signed"),
        (distrusted(20), ALONE, "tls-intermediate-missing"),
        (distrusted(21), ALONE, "tls-intermediate-missing"),
        (distrusted(19), ALONE, "tls-authority-unknown"),
        (distrusted(26), ALONE, "tls-chain-invalid"),
    ],
)
def test_what_is_not_trusted_is_told_by_its_cause(trust, served, rule):
    assert {rule: "fail"} == rules(tls.judge_trust(seen(served, trust=trust, client=trust)))


def test_an_unknown_authority_is_no_missing_intermediate_where_a_chain_was_sent_or_none_could_be_seen():
    whole = seen(trust=distrusted(20), client=distrusted(20))
    longer = replace(whole, chain=(*whole.chain, CERTIFICATES.intermediate.certificate.tbs_certificate_bytes))
    for shown in (longer, replace(whole, whole=False)):
        assert {"tls-authority-unknown": "fail"} == rules(tls.judge_trust(shown))


@pytest.mark.parametrize("code", [9, 10, 62, 64])
def test_a_chain_is_trusted_whatever_is_wrong_with_dates_and_names(code):
    assert [] == tls.judge_trust(seen(client=distrusted(code)))


def test_a_weak_key_above_the_service_s_own_is_told_as_the_chain_s():
    assert {"tls-chain-weak": "fail"} == rules(tls.judge_trust(seen(client=distrusted(67))))
    own = CERTIFICATES.issued(key=weak_key())
    assert [] == tls.judge_trust(seen(own, client=distrusted(66)))


def test_what_clients_refuse_for_any_other_reason_is_told():
    assert {"tls-chain-invalid": "fail"} == rules(tls.judge_trust(seen(client=distrusted(79))))


@pytest.mark.parametrize("attempt", [CLOSED, Attempt("silent"), Attempt("unclear", "INTERNAL_ERROR"), UNTRIED])
def test_a_handshake_that_did_not_come_about_is_no_verdict_on_trust_or_name(attempt):
    shown = seen(client=attempt, trust=attempt, name=attempt)
    assert {"tls-trust-undecided": "inconclusive"} == rules(tls.judge_trust(shown))
    assert {"tls-name-undecided": "inconclusive"} == rules(tls.judge_name(shown))


@pytest.mark.parametrize("code", [62, 64])
def test_another_name_is_told(code):
    found = tls.judge_name(seen(name=distrusted(code, "certificate is not valid for 'api.example'")))
    assert {"tls-name-not-covered": "fail"} == rules(found)


def test_a_name_that_was_not_looked_at_is_the_chain_s_case():
    assert {"tls-name-unproven": "info"} == rules(tls.judge_name(seen(name=distrusted(26))))


@pytest.mark.parametrize(
    ("served", "left_days", "found"),
    [
        # of 90 days: a third is 29.97, a sixth 14.94
        (None, 29.98, {}),
        (None, 29.96, {"tls-renewal-late": "warn"}),
        (None, 14.95, {"tls-renewal-late": "warn"}),
        (None, 14.93, {"tls-expires-soon": "fail"}),
        (None, A_SECOND, {"tls-expires-soon": "fail"}),
        (None, 0.0, {"tls-expired": "fail"}),
        # of 6 days: there are never 7 left, a third is 2.0, a sixth 0.996
        (SHORT, 2.0, {}),
        (SHORT, 1.99, {"tls-renewal-late": "warn"}),
        (SHORT, 1.0, {"tls-renewal-late": "warn"}),
        (SHORT, 0.99, {"tls-expires-soon": "fail"}),
        # of 30 days: a sixth is 5, and 7 days count
        (MONTH, 7.0, {"tls-renewal-late": "warn"}),
        (MONTH, 6.99, {"tls-expires-soon": "fail"}),
        # of 21 days: 7 days are a third of it, and do not count
        (THREE_WEEKS, 6.9, {"tls-renewal-late": "warn"}),
        (THREE_WEEKS, 3.5, {"tls-renewal-late": "warn"}),
        (THREE_WEEKS, 3.48, {"tls-expires-soon": "fail"}),
    ],
)
def test_expiry_is_measured_by_the_certificate_s_own_lifetime(served, left_days, found):
    assert found == rules(tls.judge_dates(seen(served, left_days=left_days), USUAL))


def test_the_evidence_tells_how_long_it_lasts():
    assert {"issued_for_days": 6.0, "days_left": 1.5} == tls.lasts(seen(SHORT, left_days=1.5))
    assert {} == tls.lasts(seen(chain=()))


def test_shares_and_days_are_the_target_s():
    late = seen(YEAR, left_days=30.0)
    assert {"tls-expires-soon": "fail"} == rules(tls.judge_dates(late, USUAL))
    assert {"tls-renewal-late": "warn"} == rules(tls.judge_dates(late, Tls(expiry_fail_percent=5.0)))
    assert {} == rules(tls.judge_dates(late, Tls(expiry_fail_percent=2.0, expiry_warn_percent=8.0)))
    patient = Tls(expiry_fail_percent=2.0, expiry_warn_percent=8.0, expiry_fail_days=31.0)
    assert {"tls-expires-soon": "fail"} == rules(tls.judge_dates(late, patient))


def test_a_certificate_holds_from_its_first_second_on():
    first = tls.certificate.read(SHORT.certificate).not_before
    assert {"tls-not-yet-valid": "fail"} == rules(tls.judge_dates(seen(SHORT, at=first - 1), USUAL))
    assert {} == rules(tls.judge_dates(seen(SHORT, at=first), USUAL))


@pytest.mark.parametrize("code", [9, 10])
def test_a_date_that_is_wrong_above_the_service_s_own_is_told(code):
    assert {"tls-chain-expired": "fail"} == rules(tls.judge_dates(seen(dates=distrusted(code)), USUAL))


@pytest.mark.parametrize(
    ("issued", "days", "found"),
    [
        ("2026-01-10", 398, {"tls-lifespan-over-schedule": "warn"}),
        ("2026-01-10", 398 + A_SECOND, {"tls-lifespan-long": "fail"}),
        ("2026-03-14", 366, {}),
        ("2026-03-14", 366 + A_SECOND, {"tls-lifespan-over-schedule": "warn"}),
        ("2026-03-15", 200, {}),
        ("2026-03-15", 200 + A_SECOND, {"tls-lifespan-over-schedule": "warn"}),
        ("2027-03-14", 200, {}),
        ("2027-03-15", 100, {}),
        ("2027-03-15", 100 + A_SECOND, {"tls-lifespan-over-schedule": "warn"}),
        ("2029-03-15", 47, {}),
        ("2029-03-15", 47 + A_SECOND, {"tls-lifespan-over-schedule": "warn"}),
    ],
)
def test_a_lifetime_is_measured_by_the_schedule_of_its_first_day(issued, days, found):
    assert found == rules(tls.judge_lifespan(seen(issued_on(issued, lifetime_days=days)), USUAL))


def test_a_warning_about_a_lifetime_names_who_asked_for_less_by_then():
    late = [issued_on("2026-01-10", lifetime_days=367), issued_on("2026-03-15", lifetime_days=201)]
    (mozilla,), (forum,) = (tls.judge_lifespan(seen(served), USUAL) for served in late)
    assert ("Mozilla, Server Side TLS", "CA/Browser Forum SC-081") == (mozilla.clause, forum.clause)


def test_a_private_authority_issues_for_as_long_as_the_target_says():
    long = CERTIFICATES.issued(lifetime_days=730)
    assert {"tls-lifespan-unlimited": "info"} == rules(tls.judge_lifespan(seen(long, private=True), USUAL))
    assert {} == rules(tls.judge_lifespan(seen(long, private=True), Tls(lifespan_days=730)))
    assert {"tls-lifespan-long": "fail"} == rules(tls.judge_lifespan(seen(long, private=True), Tls(lifespan_days=729)))


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({"key": "RSA", "key_bits": 2047}, {"tls-key-weak": "fail"}),
        ({"key": "RSA", "key_bits": 2048}, {}),
        ({"key": "P-224", "key_bits": 224}, {"tls-key-weak": "fail"}),
        ({"key": "P-256", "key_bits": 256}, {}),
        ({"key": "Ed25519", "key_bits": 0}, {}),
        ({"key": "1.2.3.4", "key_bits": 0}, {}),
        ({"key": "DSA", "key_bits": 0}, {"tls-key-weak": "fail"}),
        ({"weak_hash": "SHA-1"}, {"tls-signature-weak": "fail"}),
        ({"weak_hash": "SHA-1", "self_issued": True}, {}),
    ],
)
def test_keys_and_signatures_are_measured(own, found):
    assert found == rules(tls.strength(replace(tls.certificate.read(SHORT.certificate), **own)))


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ({"1.3": Attempt("unreached", "Connection refused")}, {"tls-unreached": "inconclusive"}),
        (dict.fromkeys(["1.0", "1.1", "1.2", "1.3"], NOT_TLS), {"tls-not-spoken": "fail"}),
        ({"1.2": NOT_TLS, "1.3": CLOSED}, {"tls-no-handshake": "inconclusive"}),
        (dict.fromkeys(["1.0", "1.1", "1.2", "1.3"], REFUSED), {"tls-no-handshake": "inconclusive"}),
        ({}, {"tls-no-handshake": "inconclusive"}),
    ],
)
def test_without_a_handshake_every_judge_says_the_same(versions, found):
    assert [found] * 5 == judged(seen(versions=versions, chain=(), client=UNTRIED))


def test_what_is_no_certificate_is_not_judged():
    assert [{"tls-certificate-unreadable": "inconclusive"}] * 5 == judged(seen(chain=(b"0\x03abc",)))


ATTEMPTS = st.builds(
    Attempt,
    st.sampled_from(["accepted", "distrusted", "refused", "closed", "silent", "not-tls", "unreached", "unoffered"]),
    st.text(max_size=20),
    st.integers(0, 100),
)


@given(
    st.builds(
        seen,
        st.sampled_from([None, SHORT, YEAR, SELF_SIGNED]),
        at=st.floats(-1e12, 1e12),
        client=ATTEMPTS,
        trust=ATTEMPTS,
        name=ATTEMPTS,
        dates=ATTEMPTS,
        chain=st.one_of(st.just(seen().chain), st.lists(st.binary(max_size=60), max_size=3).map(tuple)),
        versions=st.dictionaries(st.sampled_from(["1.0", "1.1", "1.2", "1.3"]), ATTEMPTS),
        private=st.booleans(),
        host=st.text(max_size=20),
    )
)
def test_no_handshake_makes_a_judge_raise(shown):
    judged(shown)
