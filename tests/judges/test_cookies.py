"""Session cookies are kept from scripts, plain HTTP and other sites."""

import pytest

from prodverify.judges import cookies
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import rules

DATE = ("Date", "Mon, 21 Sep 2026 12:00:00 GMT")
STRICT = "Secure; HttpOnly; SameSite=Lax; Path=/"


def judged(*values, https=True, session=("__Host-sid", "sid")):
    headers = HeaderList([DATE, *(("Set-Cookie", value) for value in values)])
    return rules(cookies.judge(headers, https=https, session=session))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"__Host-sid=1; {STRICT}", {}),
        ("__Host-sid=1; secure; HTTPONLY; samesite=STRICT; path=/", {}),
        (f"sid=1; {STRICT}", {"cookie-prefix-missing": "info"}),
        (
            "__Host-sid=1; HttpOnly; SameSite=Lax; Path=/",
            {"cookie-prefix-broken": "fail", "cookie-secure-missing": "fail"},
        ),
        ("__Host-sid=1; Secure; SameSite=Lax; Path=/", {"cookie-httponly-missing": "fail"}),
        ("__Host-sid=1; Secure; HttpOnly; Path=/", {"cookie-samesite-missing": "warn"}),
        ("__Host-sid=1; Secure; HttpOnly; SameSite=Sometimes; Path=/", {"cookie-samesite-missing": "warn"}),
        ("__Host-sid=1; Secure; HttpOnly; SameSite=None; Path=/", {"cookie-samesite-none": "warn"}),
        (f"__Host-sid=1; {STRICT}; Domain=example.com", {"cookie-prefix-broken": "fail", "cookie-domain": "warn"}),
        ("__HOST-sid=1; Secure; HttpOnly; SameSite=Lax", {"cookie-prefix-broken": "fail"}),
        (f"__Host-sid={'x' * 4086}; {STRICT}", {}),
        (f"__Host-sid={'x' * 4087}; {STRICT}", {"cookie-too-long": "warn"}),
        (f"__Host-sid=1; {STRICT}; Max-Age=34560000", {}),
        (f"__Host-sid=1; {STRICT}; Max-Age=34560001", {"cookie-lives-long": "warn"}),
    ],
)
def test_session_cookies(line, expected):
    assert expected == judged(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("theme=dark; Secure; HttpOnly; SameSite=Lax", {}),
        ("theme=dark; Secure; SameSite=Lax", {"cookie-httponly-missing": "info"}),
        ("XSRF-TOKEN=1; Secure; SameSite=Lax", {}),
        ("theme=dark; HttpOnly; SameSite=Lax", {"cookie-secure-missing": "warn"}),
        (
            "theme=dark; HttpOnly; SameSite=None",
            {"cookie-none-insecure": "fail", "cookie-secure-missing": "warn", "cookie-samesite-missing": "info"},
        ),
        ("AWSALB=1; Path=/", {}),
        ("__cf_bm=1", {}),
    ],
)
def test_other_cookies(line, expected):
    assert expected == judged(line)


@pytest.mark.parametrize(
    "line",
    [
        "sid=; Max-Age=0",
        "sid=; Max-Age=-1",
        "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "sid=; Expires=Mon, 21-Sep-2026 12:00:00 GMT",
    ],
)
def test_deletions_are_passed_over(line):
    assert judged(line) == {}


def test_max_age_counts_before_expires():
    assert judged("sid=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT") != {}


def test_a_nameless_cookie_cannot_pass_for_a_prefixed_one():
    assert judged(f"=__Host-sid=1; {STRICT}")["cookie-prefix-broken"] == "fail"


def test_plain_http_asks_for_no_secure():
    assert judged("sid=1; HttpOnly; SameSite=Lax", https=False) == {}
    assert judged(f"sid=1; {STRICT}", https=False) == {"cookie-secure-over-http": "warn"}


def test_the_value_is_never_told():
    found = cookies.judge(HeaderList([("Set-Cookie", "sid=hunter2")]), https=True, session=["sid"])
    assert not [finding for finding in found if "hunter2" in finding.observed]
    assert "hunter2" not in repr(cookies.parse("sid=hunter2"))
