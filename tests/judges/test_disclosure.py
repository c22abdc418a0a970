"""What answers tell about the software that made them, and what they may tell."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import disclosure
from prodverify.record.findings import Finding
from prodverify.target.disclosed import disclosed
from prodverify.target.header_rules import RULES
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import VALUES
from tests.judges.scene import HELMET, RELAY, rules

LISTED_AS_HIGH_SIGNAL = """
X-Powered-By X-AspNet-Version X-AspNetMvc-Version X-Generator X-Generated-By X-Php-Version X-Framework X-CMS
X-Redirect-By SourceMap X-SourceMap Liferay-Portal X-OWA-Version X-BEServer X-FEServer Pega-Host Host-Header
"""
SHOWN_ON_PURPOSE = """
X-B3-TraceId X-B3-SpanId X-Datadog-Trace-Id X-Kong-Request-Id X-Kong-Upstream-Latency X-Envoy-Upstream-Service-Time
X-Amzn-Trace-Id Via X-Varnish X-LiteSpeed-Cache X-Nextjs-Cache
"""
NOTHING_TOLD = """
X-Request-ID X-RateLimit-Limit ETag Date Content-Type X-Frame-Options traceparent X-Products X-Serverless Powered
X-Cache Age CF-Ray X-Debugger Debug X-B3 X-Kong Set-Cookie
"""


def judged(name, value="1"):
    return rules(disclosure.judge(HeaderList([(name, value)]), profile="api"))


@pytest.mark.parametrize("name", LISTED_AS_HIGH_SIGNAL.split())
def test_names_that_tell_the_software_are_warned_of(name):
    assert {"warn"} == set(judged(name).values()) == set(judged(name.upper()).values())


@pytest.mark.parametrize("name", SHOWN_ON_PURPOSE.split())
def test_what_is_shown_on_purpose_is_a_remark(name):
    assert {"info"} == set(judged(name).values())


@pytest.mark.parametrize("name", ["X-Powered-By", "X-Debug", "Via"])
def test_an_empty_line_tells_nothing(name):
    assert {} == judged(name, " ")


@pytest.mark.parametrize("name", NOTHING_TOLD.split())
def test_other_names_tell_nothing(name):
    assert {} == judged(name)


@pytest.mark.parametrize(
    "name", ["X-Debug-Token", "x-debug", "X-SourceFiles", "X-ChromeLogger-Data", "X-Clockwork-Id", "phpdebugbar"]
)
def test_what_only_a_debug_mode_sends_is_a_failure(name):
    assert {"disclosure-debug": "fail"} == judged(name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nginx", {"disclosure-server": "info"}),
        ("nginx/1.18.0", {"disclosure-server-version": "warn"}),
        ("nginx/1", {"disclosure-server-version": "warn"}),
        ("nginx/", {"disclosure-server": "info"}),
        ("Apache (Ubuntu)", {"disclosure-server": "info"}),
        ("Apache/2.4.52 (Ubuntu)", {"disclosure-server-version": "warn"}),
        ("Microsoft-IIS/10.0", {"disclosure-server-version": "warn"}),
        ("Werkzeug/3.0.1 Python/3.11.4", {"disclosure-server-version": "warn"}),
        ("gunicorn", {"disclosure-server": "info"}),
        ("cloudflare", {"disclosure-server": "info"}),
        ("Jetty(9.4.z-SNAPSHOT)", {"disclosure-server-version": "warn"}),
        ("Jetty(9.4.51.v20230217)", {"disclosure-server-version": "warn"}),
        ("ECD (aga/2955)", {"disclosure-server": "info"}),
        ("Apache/2 (Unix)", {"disclosure-server-version": "warn"}),
        ("", {}),
        (" ", {}),
    ],
)
def test_a_server_may_be_named_and_its_version_may_not(value, expected):
    assert expected == judged("Server", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('Basic realm="Prometheus"', {"disclosure-realm": "info"}),
        ("Basic realm=Prometheus", {"disclosure-realm": "info"}),
        ('Basic charset="UTF-8", REALM = "RabbitMQ Management"', {"disclosure-realm": "info"}),
        ('Digest realm="Tomcat Manager 9.0.1", nonce="a"', {"disclosure-realm": "warn"}),
        ('Bearer realm="api", Basic realm="grafana"', {"disclosure-realm": "info"}),
        ('Basic realm="nginx/1.22"', {"disclosure-realm": "warn"}),
        ('Basic realm="Our house"', {}),
        ('ApiKey realm="relay"', {}),
        ("Bearer", {}),
        ('Bearer error="invalid_token", error_description="realm of Prometheus"', {}),
    ],
)
def test_a_realm_that_names_a_product_is_a_remark(value, expected):
    assert expected == judged("WWW-Authenticate", value)


@pytest.mark.parametrize("headers", [RELAY, HELMET], ids=["relay", "helmet"])
def test_security_headers_tell_nothing(headers):
    assert [] == disclosure.judge(HeaderList(headers.items()), profile="html")


def test_every_finding_is_one_that_policies_know():
    found = {f"disclosure-{about}" for about in disclosed()} | {"disclosure-server", "disclosure-server-version"}

    assert found == set(RULES["disclosure"])


def test_no_name_tells_two_things():
    names = [name.lower() for about, listed in disclosed().items() if about != "realm" for name in listed.names]

    assert len(set(names)) == len(names)


def test_a_line_is_told_once():
    headers = HeaderList([("X-Powered-By", "PHP/8.1"), ("x-powered-by", "Express")])
    (found,) = disclosure.judge(headers, profile="html")

    assert "x-powered-by: PHP/8.1" == found.observed


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.one_of(VALUES, st.sampled_from(["Server", "WWW-Authenticate", "X-Debug-a"])), VALUES)))
def test_no_header_line_makes_the_judge_raise(lines):
    for finding in disclosure.judge(HeaderList(lines), profile="api"):
        assert isinstance(finding, Finding)
        assert all(len(text) <= 450 and text.isprintable() for text in finding.as_dict().values())
