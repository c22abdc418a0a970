"""Answers for one caller stay out of shared caches."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import cache_control
from prodverify.record.findings import Finding
from prodverify.target.header_rules import RULES
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules


def judged(*values, carrier="authorization", body=b"{}", status=200, method="GET", **headers):
    pairs = [("Cache-Control", value) for value in values] + list(headers.items())
    return rules(cache_control.judge(answer(status, pairs, body, method=method), carrier=carrier))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["no-store"], {}),
        (["NO-STORE"], {}),
        (["max-age=0, no-store"], {}),
        (["private, max-age=0", "no-cache, no-store"], {}),
        (["private, max-age=60"], {"cache-control-kept": "warn"}),
        (["no-cache"], {"cache-control-kept": "warn"}),
        (["max-age=60"], {"cache-control-shared": "fail"}),
        (["public, max-age=60"], {"cache-control-shared": "fail"}),
        (["private, max-age=60, s-maxage=60"], {"cache-control-contradictory": "fail"}),
        (["public, private"], {"cache-control-contradictory": "fail"}),
        (["public, private, no-store"], {}),
        (['private="set-cookie", s-maxage=60'], {"cache-control-shared": "fail"}),
        (['private="set-cookie"'], {"cache-control-missing": "warn"}),
        (['no-cache="set-cookie", max-age=1'], {"cache-control-shared": "fail"}),
        (["s-maxage=1"], {"cache-control-shared": "fail"}),
        (["s-maxage=0"], {"cache-control-missing": "warn"}),
        (["max-age=1"], {"cache-control-shared": "fail"}),
        (["private, s-maxage=0"], {"cache-control-kept": "warn"}),
        (["max-age=0"], {"cache-control-missing": "warn"}),
        ([], {"cache-control-missing": "warn"}),
    ],
)
def test_directives(values, expected):
    assert expected == judged(*values)


@pytest.mark.parametrize(
    ("carrier", "vary", "severity"),
    [
        ("authorization", "Accept, Authorization, Cookie", "warn"),
        ("cookie", "cookie", "warn"),
        ("x-api-key", "*", "warn"),
        ("x-api-key", "Accept, Authorization", "fail"),
        ("cookie", "Set-Cookie", "fail"),
        ("cookie", "", "fail"),
    ],
)
def test_a_contradiction_is_a_warning_where_the_credential_selects_the_answer(carrier, vary, severity):
    found = judged("private, s-maxage=60", carrier=carrier, Vary=vary)

    assert found == {"cache-control-contradictory": severity}


def test_cookies_are_no_credential_to_a_cache():
    assert judged(carrier="cookie") == {"cache-control-missing": "fail"}


@pytest.mark.parametrize(
    "hit",
    [
        {"Age": "1"},
        {"X-Cache": "HIT from edge"},
        {"CF-Cache-Status": "HIT"},
        {"X-Cache": "MISS, HIT"},
        {"X-Cache": "TCP_MEM_HIT from a23-45-67-89"},
        {"X-Cache": "Hit from the edge"},
        {"Cache-Status": "origin; fwd=miss, edge; hit; ttl=30"},
    ],
)
def test_an_answer_out_of_a_cache_fails(hit):
    assert judged("no-store", **hit) == {"cache-control-hit": "fail"}


def test_answers_that_no_cache_keeps_are_passed_over():
    assert judged(status=404) == judged(method="POST") == judged(body=b"") == judged("no-store", Age="0") == {}


@pytest.mark.parametrize("missed", [{"Age": "0"}, {"X-Cache": "MISS, HITS 0"}, {"Cache-Status": 'edge; detail="hit"'}])
def test_an_answer_that_passed_a_cache_is_no_hit(missed):
    assert judged("no-store", **missed) == {}


SERVED = answer(200, {}, b'{"id": 7}')
REFUSED = answer(401, {}, b"{}")


def told(stranger, elsewhere=None, served=SERVED):
    return rules(cache_control.judge_stranger(served, stranger, elsewhere, 401))


@pytest.mark.parametrize(
    "stranger", [REFUSED, answer(200, {}, b'{"id": 8}'), answer(200), answer(500, {}, SERVED.body), answer(404)]
)
def test_a_stranger_who_gets_another_body_was_not_served_the_role_s(stranger):
    assert told(stranger) == {}
    assert not cache_control.handed_on(SERVED, stranger)


def test_a_stranger_who_is_refused_elsewhere_was_served_by_a_cache():
    assert told(SERVED, REFUSED) == {"cache-serves-strangers": "fail"}


def test_an_answer_that_says_that_it_is_a_cache_s_needs_no_further_proof():
    assert told(answer(200, {"Age": "1"}, SERVED.body), SERVED) == {"cache-serves-strangers": "fail"}


@pytest.mark.parametrize("elsewhere", [SERVED, answer(422), answer(404), None])
def test_what_is_open_to_everybody_is_no_cache_s_doing(elsewhere):
    assert told(SERVED, elsewhere) == {"cache-open-to-strangers": "info"}


@pytest.mark.parametrize("served", [answer(500, {}, b"{}"), answer(204), answer(302, {}, b"moved")])
def test_without_an_answer_to_the_role_nothing_is_proven(served):
    assert told(REFUSED, served=served) == {"cache-unproven": "inconclusive"}


@settings(derandomize=True, max_examples=200, deadline=None)
@given(served=exchanges(), stranger=exchanges(), elsewhere=st.none() | exchanges())
def test_no_answer_makes_a_judge_raise(served, stranger, elsewhere):
    for found in (
        *cache_control.judge(served, carrier="cookie"),
        *cache_control.judge_stranger(served, stranger, elsewhere, 401),
        *cache_control.judge_stranger(served, served, elsewhere, 401),
    ):
        assert isinstance(found, Finding)
        assert found.rule in RULES["caching"]
        assert found.observed.isprintable()
