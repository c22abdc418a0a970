"""Session cookies are kept from scripts, plain HTTP and other sites."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges import cookie_date, cookies
from prodverify.record.findings import Finding
from prodverify.target.cookies import CookieException, Cookies
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import HEADERS, PIECES, VALUES
from tests.judges.scene import rules

DATE = ("Date", "Mon, 21 Sep 2026 12:00:00 GMT")
STRICT = "Secure; HttpOnly; SameSite=Lax; Path=/"


def judged(*values, https=True, session=("__Host-sid", "__HOST-sid", "sid"), **promised):
    headers = HeaderList([DATE, *(("Set-Cookie", value) for value in values)])
    return rules(cookies.judge(headers, https=https, session=session, promised=Cookies(**promised)))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"__Host-sid=1; {STRICT}", {}),
        ("__Host-sid=1; secure; HTTPONLY; samesite=STRICT; path=/", {}),
        (f"sid=1; {STRICT}", {"cookie-prefix-missing": "warn"}),
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
        "sid=; Expires=Thu, 01 Jan 1970 00:00:00 -0000",
        "sid=; Expires=Thu Jan 01 1970 00:00:00 GMT+0000",
        "sid=; Expires=Thu, 01-Jan-70 0:00:00 GMT",
        "sid=deleted; Expires=Tue, 12-Oct-1999 17:00:00 GMT; path=/",
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


@pytest.mark.parametrize(
    ("line", "attributes"),
    [
        ("a=1; Path=/; path=/x", {"path": "/x"}),
        ("a=1; Max-Age=60; Max-Age=soon", {"max-age": "60"}),
        ("a=1; Expires=never", {}),
        ("a=1; Domain=a.example, b=2; Secure", {"domain": "a.example, b=2", "secure": ""}),
        ("a=1; SECURE=no;;= ;HttpOnly", {"secure": "", "httponly": ""} | {"secure": "no"}),
        (f"a=1; Path=/{'x' * 1023}", {"path": f"/{'x' * 1023}"}),
        (f"a=1; Path=/{'x' * 1024}", {}),
    ],
)
def test_attributes_are_read_as_browsers_read_them(line, attributes):
    assert attributes == cookies.parse(line).attributes


@pytest.mark.parametrize("line", ["", "=", "sid=1\x00; Secure", "sid=1; Path=\x1f", "a=\x7f"])
def test_what_browsers_pass_over_whole_is_told(line):
    assert judged(line) == {"cookie-unreadable": "fail"}


def test_a_tab_is_no_control_character():
    assert judged(f"__Host-sid=1;\t{STRICT}") == {}


@pytest.mark.parametrize(
    ("line", "promised", "expected"),
    [
        ("SameSite=Strict", {"same_site": "strict"}, {}),
        ("SameSite=Lax", {"same_site": "strict"}, {"cookie-samesite-weak": "fail"}),
        ("SameSite=Lax", {"same_site": "lax"}, {}),
        ("SameSite=Strict", {"same_site": "lax"}, {}),
        ("SameSite=None", {"same_site": "none"}, {}),
        ("SameSite=None", {"same_site": "lax"}, {"cookie-samesite-weak": "fail"}),
        ("", {"same_site": "none"}, {"cookie-samesite-weak": "fail"}),
        ("SameSite=Lax; Max-Age=3600", {"lifetime_seconds": 3600}, {}),
        ("SameSite=Lax; Max-Age=3601", {"lifetime_seconds": 3600}, {"cookie-outlives-promise": "fail"}),
        ("SameSite=Lax; Expires=Mon, 21 Sep 2026 13:00:00 GMT", {"lifetime_seconds": 3600}, {}),
        (
            "SameSite=Lax; Expires=Mon, 21 Sep 2026 13:00:01 GMT",
            {"lifetime_seconds": 3600},
            {"cookie-outlives-promise": "fail"},
        ),
        ("SameSite=Lax", {"lifetime_seconds": 3600}, {}),
    ],
)
def test_what_is_promised_of_sessions_is_kept(line, promised, expected):
    assert expected == judged(f"__Host-sid=1; Secure; HttpOnly; Path=/; {line}", **promised)


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        (None, {"cookie-domain": "warn"}),
        (("example.com",), {}),
        ((".Example.com",), {}),
        ((), {"cookie-shared": "fail"}),
        (("www.example.com",), {"cookie-shared": "fail"}),
    ],
)
def test_a_session_is_shared_with_declared_domains_alone(domains, expected):
    line = "__Secure-sid=1; Secure; HttpOnly; SameSite=Lax; Domain=.example.com"
    assert expected == judged(line, session=["__Secure-sid"], domains=domains)


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        (
            "sessionid",
            "Max-Age=1209600; HttpOnly; Path=/; SameSite=Lax; Secure",
            {},
        ),
        ("connect.sid", "Path=/; Expires=Mon, 21 Sep 2026 13:00:00 GMT; HttpOnly; Secure; SameSite=Lax", {}),
        ("PHPSESSID", "path=/; secure; HttpOnly; SameSite=Lax", {}),
        ("_app_session", "path=/; secure; httponly; samesite=lax", {}),
        ("laravel_session", "expires=Mon, 21 Sep 2026 14:00:00 GMT; path=/; secure; httponly; samesite=lax", {}),
        ("JSESSIONID", "Path=/; Secure; HttpOnly", {"cookie-samesite-missing": "warn"}),
        (".AspNetCore.Cookies", "path=/; secure; samesite=lax; httponly", {}),
    ],
)
def test_a_session_as_frameworks_set_it_wants_a_prefix_alone(name, line, expected):
    assert {"cookie-prefix-missing": "warn", **expected} == judged(f"{name}=a%2Fb.c; {line}", session=[name])


@pytest.mark.parametrize(
    "line",
    [
        "csrftoken=1; expires=Mon, 20 Sep 2027 12:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax; Secure",
        "XSRF-TOKEN=1; expires=Mon, 21 Sep 2026 14:00:00 GMT; Max-Age=7200; path=/; secure; samesite=lax",
        "__cf_bm=1; path=/; expires=Mon, 21-Sep-26 12:30:00 GMT; domain=.a.example; HttpOnly; Secure; SameSite=None",
        "AWSALB=1; Expires=Mon, 28 Sep 2026 12:00:00 GMT; Path=/",
        "AWSALBCORS=1; Expires=Mon, 28 Sep 2026 12:00:00 GMT; Path=/; SameSite=None; Secure",
    ],
)
def test_what_frameworks_and_edges_set_beside_it_is_no_matter(line):
    assert {} == judged(line)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Thu, 01 Jan 1970 00:00:07 GMT", 7),
        ("00:00:07 1 January 70 whatever", 7),
        ("Fri, 01-Jan-99 00:00:00 GMT", 915148800),
        ("Sat, 01 Jan 69 00:00:00 GMT", 3124224000),
        ("Mon, 01 Jan 1601 00:00:00 GMT", -11644473600),
        ("Sun, 31 Dec 1600 23:59:59 GMT", None),
        ("Thu, 01 Jan 1970 24:00:00 GMT", None),
        ("Thu, 32 Jan 1970 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970", None),
        ("0", None),
    ],
)
def test_dates_are_read_as_browsers_read_them(text, seconds):
    assert seconds == cookie_date.parse(text)


@given(text=VALUES)
def test_any_text_is_a_date_or_none(text):
    assert isinstance(cookie_date.parse(text), float | None)


@pytest.mark.parametrize(
    ("name", "promised"),
    [("BIGipServer~pool", {}), ("AWSALBCORS", {}), ("ours_lb", {"ignore": ("ours*",)}), ("incap_ses_1_2", {})],
)
def test_cookies_of_load_balancers_are_passed_over(name, promised):
    assert judged(f"{name}=1; SameSite=None", **promised) == {}


def test_an_exception_leaves_a_remark_with_its_reason():
    excepted = CookieException(cookie="sid*", rule="cookie-httponly-missing", reason="a script signs with it")
    headers = HeaderList([("Set-Cookie", "sid_js=1; Secure; SameSite=Lax")])
    found = cookies.judge(headers, https=True, session=["sid_js"], promised=Cookies(domains=(), exceptions=(excepted,)))
    assert {"cookie-httponly-missing": "info", "cookie-prefix-missing": "warn"} == rules(found)
    assert [finding.next_step for finding in found if finding.severity == "info"] == [
        "Excepted: a script signs with it"
    ]


def test_partitioned_needs_secure():
    assert judged("embed=1; HttpOnly; SameSite=Lax; Partitioned")["cookie-partitioned-insecure"] == "fail"


@given(headers=HEADERS, more=st.lists(VALUES, max_size=3), https=st.booleans(), session=st.lists(PIECES, max_size=2))
def test_the_judge_only_finds(headers, more, https, session):
    lines = HeaderList([*headers, *(("Set-Cookie", value) for value in more)])
    promised = Cookies(same_site="strict", lifetime_seconds=1, domains=("a.example",), ignore=("*x[",))
    found = cookies.judge(lines, https=https, session=session, promised=promised)
    assert all(isinstance(finding, Finding) for finding in found)
    assert [finding for finding in found if len(finding.observed) > 300] == []
