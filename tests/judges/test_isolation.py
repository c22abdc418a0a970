"""What keeps other sites out, and what pages forbid themselves: only what browsers parse counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import isolation, obsolete, permissions_policy, structured
from prodverify.record.findings import Finding
from prodverify.target.header_rules import PROFILES, RULES
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import VALUES
from tests.judges.scene import rules

MISSING = {
    "opener-policy-missing": "info",
    "embedder-policy-missing": "info",
    "resource-policy-missing": "info",
}


def apart(*lines, profile="error"):
    return rules(isolation.judge(HeaderList(lines), profile=profile))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("same-origin", {}),
        ('same-origin; report-to="coop"', {}),
        ("same-origin-allow-popups", {}),
        ("noopener-allow-popups", {}),
        (" same-origin ", {}),
        ("unsafe-none", {"opener-policy-open": "info"}),
        ('"same-origin"', {"opener-policy-invalid": "fail"}),
        ("Same-Origin", {"opener-policy-invalid": "fail"}),
        ("same-origin, same-origin", {"opener-policy-invalid": "fail"}),
        ("same-site", {"opener-policy-invalid": "fail"}),
        ("?1", {"opener-policy-invalid": "fail"}),
        ("", {"opener-policy-invalid": "fail"}),
    ],
)
def test_the_opener_policy_is_a_token(value, expected):
    assert expected == apart(("Cross-Origin-Opener-Policy", value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("require-corp", {}),
        ("credentialless", {}),
        ('require-corp; report-to="coep"', {}),
        ("unsafe-none", {}),
        ("same-origin", {"embedder-policy-invalid": "fail"}),
        ('"require-corp"', {"embedder-policy-invalid": "fail"}),
    ],
)
def test_the_embedder_policy_is_a_token(value, expected):
    assert expected == apart(("Cross-Origin-Embedder-Policy", value))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["same-origin"], {}),
        (["same-site"], {}),
        (["cross-origin"], {}),
        (["Same-Origin"], {"resource-policy-miscased": "warn"}),
        (["same-origin; a=1"], {"resource-policy-invalid": "fail"}),
        (["same-origin", "same-origin"], {"resource-policy-invalid": "fail"}),
        (["same-domain"], {"resource-policy-invalid": "fail"}),
        ([""], {"resource-policy-invalid": "fail"}),
    ],
)
def test_the_resource_policy_is_one_of_three_words(values, expected):
    assert expected == apart(*(("Cross-Origin-Resource-Policy", value) for value in values))


def test_two_lines_are_a_list_and_no_token():
    twice = [("Cross-Origin-Opener-Policy", "same-origin")] * 2
    assert {"opener-policy-invalid": "fail"} == apart(*twice)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("html", MISSING),
        ("api", {"resource-policy-missing": "info"}),
        ("static", {"resource-policy-missing": "info"}),
        ("redirect", {}),
        ("error", {}),
        ("preflight", {}),
    ],
)
def test_a_missing_policy_is_a_remark_where_it_would_do_something(profile, expected):
    assert expected == apart(profile=profile)


def restricted(*values, profile="error"):
    lines = [("Permissions-Policy", value) for value in values]
    return rules(permissions_policy.judge(HeaderList(lines), profile=profile))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("camera=(), microphone=()", {}),
        ('geolocation=(self "https://a.example"), camera=()', {}),
        ("fullscreen=*, camera=self", {}),
        ("camera=();report-to=main", {}),
        ("camera=*", {"permissions-policy-broad": "warn"}),
        ("payment=(self *)", {"permissions-policy-broad": "warn"}),
        ("camera=none", {"permissions-policy-member-ignored": "warn"}),
        ("camera", {"permissions-policy-member-ignored": "warn"}),
        ("camera=(https://a.example)", {"permissions-policy-member-ignored": "warn"}),
        ("camera 'none'", {"permissions-policy-invalid": "fail"}),
        ("camera=() microphone=()", {"permissions-policy-invalid": "fail"}),
        ("camera=();microphone=()", {"permissions-policy-invalid": "fail"}),
        ("Camera=()", {"permissions-policy-invalid": "fail"}),
        (",", {"permissions-policy-invalid": "fail"}),
        ("", {}),
    ],
)
def test_what_pages_may_use_is_a_dictionary(value, expected):
    assert expected == restricted(value)


def test_an_empty_line_is_none():
    assert {"permissions-policy-missing": "info"} == restricted(profile="html") == restricted("", profile="html")


def test_lines_are_joined_before_they_are_parsed():
    assert restricted("camera=()", "microphone=()") == {}
    assert restricted("camera=()", "microphone 'none'") == {"permissions-policy-invalid": "fail"}


def test_only_a_page_misses_what_it_may_use():
    assert restricted(profile="html") == {"permissions-policy-missing": "info"}
    assert restricted(profile="api") == {}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("X-XSS-Protection", "0", {}),
        ("X-XSS-Protection", "1; mode=block", {"obsolete-filter": "warn"}),
        ("Feature-Policy", "camera 'none'", {"obsolete-header": "warn"}),
        ("Expect-CT", "max-age=0", {"obsolete-header": "warn"}),
        ("Public-Key-Pins", "pin", {"obsolete-pins": "fail"}),
        ("Permissions-Policy", "camera=()", {}),
        ("X-Frame-Options", "DENY", {}),
    ],
)
def test_headers_that_browsers_gave_up(name, value, expected):
    assert expected == rules(obsolete.judge(HeaderList([(name, value)])))


FIELDS = st.sampled_from(
    ["Permissions-Policy", *map(str.title, (isolation.OPENER, isolation.EMBEDDER, isolation.RESOURCE, obsolete.FILTER))]
)
STRUCTURED = st.text(alphabet='abz*-/:;=,()"?%@0123456789.\\ \t\xe9', max_size=60) | VALUES


@settings(derandomize=True, max_examples=400, deadline=None)
@given(lines=st.lists(st.tuples(FIELDS, STRUCTURED), max_size=5), profile=st.sampled_from(PROFILES))
def test_no_value_makes_a_judge_raise(lines, profile):
    headers = HeaderList(lines)
    for found in (
        *isolation.judge(headers, profile=profile),
        *permissions_policy.judge(headers, profile=profile),
        *obsolete.judge(headers),
    ):
        assert isinstance(found, Finding)
        assert any(found.rule in names for names in RULES.values())
        assert found.observed.isprintable()
        assert len(found.observed) <= 450


@pytest.mark.parametrize(
    "value", ["@99999999999999", "@-99999999999999", "999999999999999", "9" * 20000, "a=" + "(" * 3000, ":%:"]
)
def test_numbers_and_dates_beyond_all_bounds_are_parsed_or_not(value):
    for kind in (structured.token, structured.dictionary):
        kind([value])
