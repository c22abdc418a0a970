"""Browsers are told to stay on HTTPS."""

import pytest

from prodverify.judges import hsts
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import rules


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
