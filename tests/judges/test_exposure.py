"""Only what proves itself real is exposed; a page that answers every path exposes nothing."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import exposure, well_known
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules

BY_NAME = {known.name: known for known in well_known.PATHS}
GONE = answer(404, {"Content-Type": "application/json"}, {"title": "Not Found"}, target="/prodverify-1")
PAGE = b"<!doctype html><title>Our app</title><div id=root></div><script src=/app.7f3a9c21.js></script>"
EVERY = answer(200, {"Content-Type": "text/html"}, PAGE, target="/prodverify-1")

REAL = {
    "git-head": b"ref: refs/heads/main\n",
    "git-config": b"[core]\n\trepositoryformatversion = 0\n",
    "svn": b"SQLite format 3\x00\x10\x00",
    "env": b"# local\nAPP_KEY=base64:abc\nDB_PASSWORD=secret\n",
    "aws-credentials": b"[default]\naws_access_key_id = AKIA\naws_secret_access_key = x\n",
    "ds-store": b"\x00\x00\x00\x01Bud1\x00",
    "backup": b"--\n-- PostgreSQL database dump\n--\n",
    "actuator": b'{"_links":{"self":{"href":"/actuator"}}}',
    "actuator-env": b'{"activeProfiles":[],"propertySources":[{"name":"server.ports"}]}',
    "debug-vars": b'{\n"cmdline": ["/app"],\n"memstats": {"Alloc":1}}',
    "debug-pprof": b"<html><head><title>/debug/pprof/</title>",
    "server-status": b"<html><head><title>Apache Status</title></head>",
    "phpinfo": b"<html><head><title>PHP 8.3.1 - phpinfo()</title>",
    "profiler": b"<title>Symfony Profiler</title>",
    "metrics": b"# HELP up Is it.\n# TYPE up gauge\nup 1\n",
    "openapi": b'{"openapi":"3.1.0","info":{"title":"Relay"},"paths":{}}',
    "docs": b'<div id="swagger-ui"></div><script src="/swagger-ui-bundle.js"></script>',
}
LIKE = {
    "git-head": [b"ref: refs/heads/main and more", b"<p>ref: refs/heads/main</p>", b"0" * 39],
    "git-config": [b"core", b"<pre>[core] </pre>"],
    "svn": [b"SQLite"],
    "env": [b"<html>A=1", b"hello", b'{"A": 1}', b"A = 1 and so on", b"<!-- x -->\nA=1"],
    "aws-credentials": [b"write aws_access_key_id here"],
    "ds-store": [b"Bud1"],
    "backup": [b"<p>-- PostgreSQL database dump</p>", b"how to CREATE TABLE users ("],
    "actuator": [b'{"links": {}}', b'{"a": 1, "_links": {}}'],
    "actuator-env": [b'{"env": {}}', b"propertySources"],
    "debug-vars": [b'{"status": "ok"}'],
    "debug-pprof": [b"/debug/pprof/"],
    "server-status": [b'{"status": "up"}', b"<title>Status</title>"],
    "phpinfo": [b"<title>Info</title>", b"phpinfo()"],
    "profiler": [b"<title>Profile</title>"],
    "metrics": [b"metrics", b"# Metrics\n"],
    "openapi": [b'{"openapi": false}', b"openapi: 3.1.0"],
    "docs": [b"<title>Docs</title>"],
}


def served(name, body, status=200, made_up=GONE, expected="absent"):
    known = BY_NAME[name]
    return rules(exposure.judge(answer(status, {}, body, target=known.path), made_up, known, expected))


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_real_is_found_where_nobody_said_that_it_is_meant(name):
    severity = BY_NAME[name].severity.value
    assert {"exposure-found": severity} == served(name, REAL[name])
    assert {"exposure-open": "fail"} == served(name, REAL[name], expected="closed")
    assert {} == served(name, REAL[name], expected="public")


@pytest.mark.parametrize(("name", "body"), [(name, body) for name, bodies in LIKE.items() for body in bodies])
def test_what_only_looks_like_it_is_not_found(name, body):
    assert {} == served(name, body)
    assert {"exposure-unclear": "inconclusive"} == served(name, body, expected="closed")
    assert {"exposure-unrecognised": "warn"} == served(name, body, expected="public")


@pytest.mark.parametrize("name", BY_NAME)
def test_one_page_for_every_path_exposes_nothing(name):
    assert {} == served(name, PAGE, made_up=EVERY)
    same = answer(200, {}, REAL[name], target="/prodverify-1")
    assert {} == served(name, REAL[name], made_up=same)


@pytest.mark.parametrize(
    ("status", "absent", "closed", "public"),
    [
        (200, "exposure-found", "exposure-open", None),
        (299, "exposure-found", "exposure-open", None),
        (300, None, None, "exposure-redirected"),
        (301, None, None, "exposure-redirected"),
        (399, None, None, "exposure-redirected"),
        (400, None, None, "exposure-not-public"),
        (401, None, None, "exposure-not-public"),
        (404, None, None, "exposure-not-public"),
        (499, None, None, "exposure-not-public"),
        (429, "exposure-unclear", "exposure-unclear", "exposure-unclear"),
        (500, "exposure-unclear", "exposure-unclear", "exposure-unclear"),
    ],
)
def test_statuses(status, absent, closed, public):
    for expected, rule in (("absent", absent), ("closed", closed), ("public", public)):
        found = served("git-head", REAL["git-head"], status, expected=expected)
        assert ([rule] if rule else []) == list(found)


def test_an_empty_answer_exposes_nothing():
    assert {} == served("env", b" \n")
    assert {} == served("env", b" \n", expected="closed")


def test_a_path_of_the_targets_own_is_closed_or_answered_by_a_page_for_everything():
    (known,) = well_known.of_paths(["/internal/state"]).values()
    state = answer(200, {"Content-Type": "application/json"}, {"users": 3}, target="/internal/state")
    page = answer(200, {"Content-Type": "text/html"}, PAGE, target="/internal/state")
    assert {"exposure-open": "fail"} == rules(exposure.judge(state, GONE, known, "closed"))
    assert {"exposure-unclear": "inconclusive"} == rules(exposure.judge(page, EVERY, known, "closed"))
    assert {} == rules(exposure.judge(state, GONE, known, "public"))
    assert {} == rules(exposure.judge(answer(401), GONE, known, "closed"))


def test_the_status_page_of_another_server_is_known_too():
    counts = b"Active connections: 1 \nserver accepts handled requests\n 21 21 20 \nReading: 0 Writing: 1 Waiting: 0 \n"
    assert {"exposure-found": "fail"} == served("server-status", counts)
    assert {} == served("server-status", b"Active connections: many of our readers know each other")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"<html><head><title>Index of /static/</title>", True),
        (b"<title>Directory listing for /</title>", True),
        (b"<h1>Index of /</h1>", True),
        (b"<title>files</title><body onload='initFilter()'>", True),
        (b'[{"name":"a.txt","size":2,"url":"./a.txt","mode":420,"is_dir":false}]', True),
        (b'[\n{ "name":"a.txt", "type":"file", "mtime":"Sat, 21 Nov 2026 10:00:00 GMT", "size":2 }\n]', True),
        (b'[{"name":"first","id":1}]', False),
        (b"<title>Index of our products</title>", False),
        (b"<title>Our app</title>", False),
    ],
)
def test_a_listing_is_known_by_its_heading(body, found):
    known = well_known.directory("/static/")
    listed = exposure.judge(answer(200, {"Content-Type": "text/html"}, body), GONE, known, "absent")
    assert ({"exposure-found": "fail"} if found else {}) == rules(listed)


def test_a_page_is_one_page_whatever_passes_in_it():
    ours = answer(200, {}, b"<p>/a was not found; id 7f3a9c21aa; 12:01:07</p>", target="/a")
    theirs = answer(200, {}, b"<p>/b was not found; id 0011aabbcc; 12:01:08</p>", target="/b")
    assert exposure.alike(ours, theirs)
    assert not exposure.alike(ours, answer(200, {}, b"<p>users: alice, bob, carol</p>", target="/c"))
    assert not exposure.alike(ours, answer(404, {}, ours.body, target="/b"))


def test_a_page_for_every_path_may_name_the_path_in_pieces():
    def page(title, *crumbs):
        told = "".join(f"<a>{crumb}</a>" for crumb in crumbs)
        return f"<title>{title} - Our app</title><nav>{told}</nav><p>Nothing here.</p>".encode()

    (known,) = well_known.of_paths(["/internal/my-state"]).values()
    ours = answer(200, {}, page("My State", "Internal", "my-state"), target=known.path)
    theirs = answer(200, {}, page("prodverify-7f3a9c21", "prodverify-7f3a9c21"), target="/prodverify-7f3a9c21")
    escaped = [answer(200, {}, {"path": one.target.replace("/", "\\/")}, target=one.target) for one in (ours, theirs)]
    assert {"exposure-unclear": "inconclusive"} == rules(exposure.judge(ours, theirs, known, "closed"))
    assert exposure.alike(*escaped)
    more = answer(200, {}, ours.body + b"<p>users: alice, bob, carol</p>", target=known.path)
    assert {"exposure-open": "fail"} == rules(exposure.judge(more, theirs, known, "closed"))


@pytest.mark.parametrize(
    ("place", "made_up", "expected"),
    [
        ("/login?next=/docs", (302, "/login?next=/prodverify-1"), {"exposure-not-public": "fail"}),
        ("/login", (302, "/login"), {"exposure-not-public": "fail"}),
        ("/docs/", (301, "/prodverify-1/"), {"exposure-redirected": "info"}),
        ("/login", (404, ""), {"exposure-redirected": "info"}),
        ("/login", (404, "/login"), {"exposure-redirected": "info"}),
    ],
)
def test_what_is_public_is_not_sent_where_every_path_is(place, made_up, expected):
    status, everywhere = made_up
    ours = answer(302, {"Location": place}, target="/docs")
    theirs = answer(status, {"Location": everywhere} if everywhere else {}, target="/prodverify-1")
    assert expected == rules(exposure.judge(ours, theirs, BY_NAME["docs"], "public"))


def test_what_is_public_may_be_somewhere_else():
    arrived = replace(answer(200, {}, REAL["docs"], target="/docs/v1"), redirects=("http://x/docs",))
    (found,) = exposure.judge(arrived, GONE, BY_NAME["docs"], "public")
    assert ("info", "exposure-redirected", "status 200 at /docs/v1") == (found.severity, found.rule, found.observed)
    login = replace(arrived, body=b"<title>Log in</title>")
    assert {"exposure-unrecognised": "warn"} == rules(exposure.judge(login, GONE, BY_NAME["docs"], "public"))


@pytest.mark.parametrize(
    ("status", "catch_all", "expected"),
    [
        (404, False, {}),
        (410, False, {}),
        (401, False, {}),
        (301, False, {}),
        (200, False, {"exposure-missing-answered": "fail"}),
        (299, False, {"exposure-missing-answered": "fail"}),
        (200, True, {"exposure-catch-all": "info"}),
        (500, False, {"exposure-missing-breaks": "fail"}),
        (499, False, {}),
        (429, False, {"exposure-limited": "inconclusive"}),
    ],
)
def test_a_path_that_nothing_is_at_is_not_found(status, catch_all, expected):
    assert expected == rules(exposure.judge_missing(answer(status, {}, PAGE), catch_all=catch_all))


def test_every_usual_path_is_asked_once_and_has_an_example_of_what_is_real():
    assert REAL.keys() == LIKE.keys() == BY_NAME.keys()
    assert len(BY_NAME) == len({known.path for known in well_known.PATHS}) <= 17


@settings(derandomize=True, max_examples=150, deadline=None)
@given(one=exchanges(), other=exchanges(), known=st.sampled_from(well_known.PATHS))
def test_anything_is_judged(one, other, known):
    found = [
        *exposure.judge_missing(one, catch_all=False),
        *(said for told in ("public", "closed", "absent") for said in exposure.judge(one, other, known, told)),
    ]
    for finding in found:
        assert all(told.isprintable() and len(told) <= 450 for told in finding.as_dict().values())
