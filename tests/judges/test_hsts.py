"""Browsers are told to stay on HTTPS."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import hsts
from prodverify.record.findings import Finding
from prodverify.wire.exchange import HeaderList
from prodverify.wire.hops import End, Hops
from tests.judges.anything import VALUES, exchanges
from tests.judges.scene import answer, rules

LISTABLE = "max-age=31536000; includeSubDomains; preload"
HTTP, HTTPS, AWAY = "http://service.example/", "https://service.example/", "https://www.service.example/"


def judged(*values, https=True):
    return rules(
        hsts.judge(HeaderList([("Strict-Transport-Security", value) for value in values]), profile="api", https=https)
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("max-age=31536000; includeSubDomains", {}),
        ("max-age=63072000; includeSubDomains; preload", {}),
        ("MAX-AGE=31536000 ;INCLUDESUBDOMAINS", {}),
        ('max-age="31536000"; includeSubDomains', {}),
        ("max-age=31536000; includeSubDomains;;", {}),
        ("max-age=31536000; includeSubDomains; unknown=1", {}),
        ("max-age=31536000", {"hsts-subdomains-left-out": "warn"}),
        ("max-age=31535999; includeSubDomains", {"hsts-max-age-under-a-year": "warn"}),
        ("max-age=15552000; includeSubDomains", {"hsts-max-age-under-a-year": "warn"}),
        ("max-age=15551999; includeSubDomains", {"hsts-max-age-short": "fail"}),
        ("max-age=0; includeSubDomains", {"hsts-max-age-zero": "fail"}),
        ("max-age=315360001; includeSubDomains", {"hsts-max-age-over-ten-years": "info"}),
        ("max-age=315360000; includeSubDomains", {}),
        ("includeSubDomains", {"hsts-invalid": "fail"}),
        ("max-age; includeSubDomains", {"hsts-invalid": "fail"}),
        ("max-age=1e9", {"hsts-invalid": "fail"}),
        ("max-age=-1", {"hsts-invalid": "fail"}),
        ("max-age=²", {"hsts-invalid": "fail"}),
        ("max-age=31536000, max-age=31536000", {"hsts-invalid": "fail"}),
        ("max-age=31536000; max-age=31536000", {"hsts-invalid": "fail"}),
        ("", {"hsts-invalid": "fail"}),
        ("max-age=31536000; preload", {"hsts-subdomains-left-out": "warn", "hsts-preload-ineligible": "warn"}),
    ],
)
def test_one_line_is_judged_by_what_it_asks_for(value, expected):
    assert expected == judged(value)


def test_a_missing_field_fails():
    assert judged() == {"hsts-missing": "fail"}


def test_the_first_line_counts():
    good, weak = "max-age=31536000; includeSubDomains", "max-age=1; includeSubDomains"
    assert judged(good, good) == {}
    assert judged(good, weak) == {"hsts-lines-differ": "fail"}
    assert judged(weak, good) == {"hsts-lines-differ": "fail", "hsts-max-age-short": "fail"}


@pytest.mark.parametrize(
    "host", ["192.0.2.7", "[2001:db8::7]", "2001:db8::7", "localhost", "app.localhost", "LOCALHOST."]
)
def test_browsers_ignore_the_field_for_what_is_no_name_of_a_site(host):
    assert hsts.ignored_for(host)


@pytest.mark.parametrize("host", ["api.example", "localhost.example", "1.2.3.4.example", "notlocalhost", ""])
def test_browsers_heed_the_field_for_names(host):
    assert not hsts.ignored_for(host)


def test_plain_http_says_nothing_and_says_so():
    assert judged(https=False) == {"hsts-not-applicable": "info"}
    assert judged("max-age=1", https=False) == {"hsts-over-http": "info"}


def hop(url, status=301, said=LISTABLE):
    return answer(status, {"Strict-Transport-Security": said} if said else {}, url=url)


def hops(end, *answers, leads=""):
    return Hops(HTTP, answers, end, leads)


@pytest.mark.parametrize(
    "seen",
    [
        None,
        hops("nothing", leads=HTTP),
        hops("silent", leads=HTTP),
        hops("answered", hop(HTTP, 503)),
        hops("answered", hop(HTTP, 429)),
        hops("answered", hop(HTTP, said=""), hop(HTTPS, 200)),
        hops("answered", hop(HTTP), hop(HTTPS, 503, said="")),
        hops("untrusted", hop(HTTP), leads=HTTPS),
        hops("elsewhere", hop(HTTP), hop(HTTPS), leads=AWAY),
        hops("answered", hop(HTTP), hop(HTTPS), hop(AWAY), hop(AWAY, 200, said="")),
    ],
)
def test_the_preload_list_takes_a_host_whose_plain_http_leads_to_itself(seen):
    assert [] == preloaded(seen)


@pytest.mark.parametrize(
    ("seen", "observed"),
    [
        (hops("answered", hop(HTTP, 200)), f"{HTTP} leads nowhere: status 200"),
        (hops("answered", hop(HTTP, 403)), f"{HTTP} leads nowhere: status 403"),
        (hops("nowhere", hop(HTTP)), f"{HTTP} leads nowhere: status 301"),
        (hops("elsewhere", hop(HTTP), leads=AWAY), f"{HTTP} leads to {AWAY}"),
        (hops("answered", hop(HTTP), hop(AWAY, 200)), f"{HTTP} leads to {AWAY}"),
        (hops("answered", hop(HTTP), hop(f"{HTTP}a", 200)), f"{HTTP} leads to {HTTP}a"),
        (hops("answered", hop(HTTP), hop(HTTPS, 301, said=""), hop(AWAY, 200)), f"{HTTPS} says no {hsts.NAME}"),
        (hops("answered", hop(HTTP), hop(HTTPS, 200, said="max-age=1")), f"{HTTPS} says max-age=1"),
        (hops("elsewhere", hop(HTTP), hop(HTTPS), leads=HTTP), f"the way leads over {HTTP}"),
        (hops("answered", hop(HTTP), *[hop(HTTPS)] * 3, hop(HTTPS, 200)), "4 redirects"),
        (hops("endless", hop(HTTP), *[hop(HTTPS)] * 5), "5 redirects"),
    ],
)
def test_the_preload_list_does_not_take_a_host_whose_plain_http_leads_elsewhere(seen, observed):
    (found,) = preloaded(seen)

    assert ("hsts-preload-ineligible", "warn", observed) == (found.rule, found.severity.value, found.observed)


def test_a_line_that_does_not_ask_for_preload_needs_no_way_to_it():
    year = HeaderList([("Strict-Transport-Security", "max-age=31536000; includeSubDomains")])

    assert [] == hsts.judge(year, profile="html", https=True, hops=hops("answered", hop(HTTP, 200)))
    assert not hsts.listable(year)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    answers=st.lists(exchanges(), max_size=5),
    urls=st.lists(VALUES, min_size=5, max_size=5),
    end=st.sampled_from(get_args(End)),
    leads=VALUES,
)
def test_no_way_from_plain_http_makes_the_judge_raise(answers, urls, end, leads):
    ways = tuple(replace(one, url=url) for one, url in zip(answers, urls, strict=False))
    for found in preloaded(Hops(HTTP, ways, end, leads)):
        assert isinstance(found, Finding)
        assert len(found.observed) <= 450
        assert found.observed.isprintable()


def preloaded(seen):
    headers = HeaderList([("Strict-Transport-Security", LISTABLE)])
    assert hsts.listable(headers)
    return hsts.judge(headers, profile="html", https=True, hops=seen)
