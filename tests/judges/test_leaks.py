"""What an error tells of the inside is seen, and what looks like it is not."""

import pytest
from hypothesis import given, settings

from prodverify.judges import leaks
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Traceback (most recent call last):\n", "error-leaks-stack-trace"),
        ("at com.example.Things.get(Things.java:41)", "error-leaks-stack-trace"),
        ("at Example.Things.Get() in C:\\src\\Things.cs:line 41", "error-leaks-stack-trace"),
        ("System.Data.SqlClient.SqlException", "error-leaks-stack-trace"),
        ("/app/node_modules/express/lib/router.js", "error-leaks-stack-trace"),
        ("/usr/local/lib/python3.11/asyncio", "error-leaks-stack-trace"),
        ("Whitelabel Error Page", "error-leaks-debug-page"),
        ("psycopg.errors.UndefinedTable", "error-leaks-query"),
        ("SQLSTATE[42P01]", "error-leaks-query"),
        ("SELECT id FROM things WHERE name = 'x'", "error-leaks-query"),
        ("INSERT INTO things (id) VALUES (1)", "error-leaks-query"),
        ("postgresql://relay:hunter2@db/relay", "error-leaks-secret"),
        ("sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", "error-leaks-secret"),
        ("AKIA" + "IOSFODNN7EXAMPLE", "error-leaks-secret"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "error-leaks-secret"),
        ("upstream 10.12.0.7 refused", "error-leaks-private-address"),
    ],
)
def test_what_leaks_is_recognised_in_bodies_and_headers(text, rule):
    assert set(rules(leaks.judge(answer(500, {}, text.encode())))) == {rule}
    assert set(rules(leaks.judge(answer(500, {"X-Error": text.replace("\n", " ")})))) == {rule}


@pytest.mark.parametrize(
    "text",
    [
        "Internal Server Error",
        "The value 1700000000 is out of range, max-age=31536000",
        "Select one of the actions from the list where you like",
        "version v10.2.0.1 or 1.10.2.3.4",
        "Update the name, then delete from the menu",
        "see https://api.example/problems/limit",
        "Exception: none of the fields may be empty",
        "sk_live",
    ],
)
def test_honest_errors_leak_nothing(text):
    assert leaks.judge(answer(500, {}, text.encode())) == []


def test_an_address_that_we_asked_by_is_no_news():
    assert leaks.judge(answer(404, {}, b"no 10.0.0.5 here", url="http://10.0.0.5/x")) == []


def test_successful_answers_are_not_searched():
    assert leaks.judge(answer(200, {}, b"Traceback (most recent call last):")) == []


def test_a_secret_is_shown_by_its_first_characters_alone():
    token = "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc"
    (found,) = leaks.judge(answer(500, {}, token.encode()))
    assert token[:8] not in found.observed


def test_large_bodies_are_searched_in_little_time():
    assert leaks.judge(answer(500, {}, b"at in " * 700_000)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Error: no\n    at parse (/app/lib/json.js:93:21)\n", {"error-leaks-stack-trace": "fail"}),
        ("<br> &nbsp;at run (node:async_hooks:206:9)<br>", {"error-leaks-stack-trace": "fail"}),
        ("at x (file:///app/index.mjs:1:2)", {"error-leaks-stack-trace": "fail"}),
        ("look at page (see 12:30)", {}),
        ("SyntaxError: Expected property name at position 1", {}),
    ],
)
def test_a_trace_of_node_is_a_leak(text, expected):
    assert expected == rules(leaks.judge(answer(400, {}, text.encode())))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("goroutine 17 [running]:\nmain.main()", "error-leaks-stack-trace"),
        ("thread 'main' panicked at src/main.rs:4:5:", "error-leaks-stack-trace"),
        ("app/models/user.rb:12:in `find'", "error-leaks-stack-trace"),
        ("#0 /var/www/html/index.php(12): run()", "error-leaks-stack-trace"),
        ("<b>Fatal error</b>: Uncaught Error", "error-leaks-debug-page"),
        ("gh" + "p_" + "a1B2" * 9, "error-leaks-secret"),
        ("gl" + "pat-" + "a1B2" * 5, "error-leaks-secret"),
        ("connect to 169.254.169.254 refused", "error-leaks-private-address"),
    ],
)
def test_other_languages_and_senders_leak_too(text, rule):
    assert {rule} == set(rules(leaks.judge(answer(500, {}, text.encode()))))


@pytest.mark.parametrize(
    "text",
    [
        "9.255.255.255",
        "11.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.1.1",
        "192.169.1.1",
        "169.253.1.1",
        "10.1.2",
        "gh" + "p_short",
        "Warning: the name is taken",
        "see config.rb:12 for more",
        "goroutine",
    ],
)
def test_what_stands_beside_a_structure_is_none(text):
    assert [] == leaks.judge(answer(500, {}, text.encode()))


@pytest.mark.parametrize("address", ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.1"])
def test_a_private_address_in_a_header_line_weighs_more_than_one_in_a_body(address):
    assert {"error-leaks-private-address": "fail"} == rules(leaks.judge(answer(500, {"X-Served-By": address})))
    assert {"error-leaks-private-address": "warn"} == rules(leaks.judge(answer(500, {}, address.encode())))


@pytest.mark.parametrize("name", ["X-Client-IP", "X-Forwarded-For", "X-Real-IP", "X-Remote-Addr"])
def test_callers_may_be_told_their_own_address(name):
    assert [] == leaks.judge(answer(403, {name: "192.168.1.7"}))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(one=exchanges())
def test_anything_is_searched(one):
    assert all(
        told.isprintable() and len(told) <= 450 for found in leaks.judge(one) for told in found.as_dict().values()
    )
