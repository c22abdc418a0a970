"""Answers for one caller stay out of shared caches."""

import pytest

from prodverify.judges import cache_control
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
        (["private, s-maxage=60"], {"cache-control-shared": "fail"}),
        (["private, s-maxage=0"], {"cache-control-kept": "warn"}),
        (["max-age=0"], {"cache-control-missing": "warn"}),
        ([], {"cache-control-missing": "warn"}),
    ],
)
def test_directives(values, expected):
    assert expected == judged(*values)


def test_cookies_are_no_credential_to_a_cache():
    assert judged(carrier="cookie") == {"cache-control-missing": "fail"}


@pytest.mark.parametrize("hit", [{"Age": "1"}, {"X-Cache": "HIT from edge"}, {"CF-Cache-Status": "HIT"}])
def test_an_answer_out_of_a_cache_fails(hit):
    assert judged("no-store", **hit) == {"cache-control-hit": "fail"}


def test_answers_that_no_cache_keeps_are_passed_over():
    assert judged(status=404) == judged(method="POST") == judged(body=b"") == judged("no-store", Age="0") == {}
