"""A method does what its name says; what refuses before the method was looked at is in order too."""

import pytest
from hypothesis import given, settings

from prodverify.judges import methods
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules

THINGS = {"things": [{"id": 1, "name": "a"}]}
READ = answer(200, {"Content-Length": "40", "ETag": '"v1"', "Content-Type": "application/json"}, THINGS)
REFUSED = answer(401, {"Content-Length": "90"}, {"title": "Unauthorized"})


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (405, {"Allow": "POST"}, {}),
        (405, {"Allow": "POST, OPTIONS"}, {}),
        (405, [("Allow", "OPTIONS"), ("Allow", "POST")], {}),
        (405, {}, {"method-allow-missing": "fail"}),
        (405, {"Allow": ""}, {"method-allow-incomplete": "warn"}),
        (405, {"Allow": "OPTIONS"}, {"method-allow-incomplete": "warn"}),
        (405, {"Allow": "GET, POST"}, {"method-allow-contradicts": "fail"}),
        (405, {"Allow": "TARGET, POST"}, {}),
        (404, {}, {"method-refused-otherwise": "info"}),
        (401, {}, {"method-refused-otherwise": "info"}),
        (404, {"Allow": "GET"}, {"method-refused-otherwise": "info"}),
    ],
)
def test_a_405_lists_what_is_allowed(status, headers, expected):
    assert expected == rules(methods.judge_allow(answer(status, headers), {"POST"}))


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (405, {"Allow": "GET"}, b"", {}),
        (501, {}, b"", {}),
        (400, {}, b"", {}),
        (405, {}, b"X-Prodverify-Trace: m4rk", {"method-trace-echoes": "fail"}),
        (405, {"Content-Type": "message/http"}, b"", {}),
        (403, {}, b"", {"method-refused-otherwise": "info"}),
        (404, {}, b"", {"method-refused-otherwise": "info"}),
        (302, {}, b"", {"method-refused-otherwise": "info"}),
        (200, {}, b"TRACE / HTTP/1.1\r\nX-Prodverify-Trace: m4rk", {"method-trace-echoes": "fail"}),
        (200, {"X-Seen": "m4rk"}, b"", {"method-trace-echoes": "fail"}),
        (200, {"Content-Type": "message/http"}, b"", {"method-trace-echoes": "fail"}),
        (299, {}, b"m4rk", {"method-trace-echoes": "fail"}),
        (200, {}, b"<html>welcome", {"method-unrefused": "warn"}),
        (204, {}, b"", {"method-unrefused": "warn"}),
        (500, {}, b"", {"method-breaks": "fail"}),
        (429, {}, b"", {"method-limited": "inconclusive"}),
    ],
)
def test_trace_is_refused(status, headers, body, expected):
    assert expected == rules(methods.judge_trace(answer(status, headers, body), "m4rk"))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (405, b"{}", {}),
        (501, b"", {}),
        (400, b"", {}),
        (401, b"{}", {"method-refused-otherwise": "info"}),
        (404, b"{}", {"method-refused-otherwise": "info"}),
        (200, THINGS, {"method-unknown-served": "fail"}),
        (200, b"<html>", {"method-unknown-served": "fail"}),
        (204, b"", {"method-unrefused": "warn"}),
        (500, b"", {"method-breaks": "fail"}),
        (429, b"", {"method-limited": "inconclusive"}),
    ],
)
def test_a_method_that_nobody_knows_is_refused(status, body, expected):
    assert expected == rules(methods.judge_unknown(READ, answer(status, {}, body)))


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {"Content-Type": "application/json"}, {}),
        (200, {"Content-Type": "Application/JSON"}, {}),
        (200, {}, {}),
        (200, {"Content-Type": "text/html"}, {"head-type-differs": "warn"}),
        (405, {}, {"head-unsupported": "warn"}),
        (501, {}, {"head-unsupported": "warn"}),
        (404, {}, {"head-status-differs": "fail"}),
        (204, {}, {"head-status-differs": "fail"}),
        (500, {}, {"head-status-differs": "fail"}),
        (429, {}, {"head-limited": "inconclusive"}),
    ],
)
def test_head_is_get_without_the_body(status, headers, expected):
    assert expected == rules(methods.judge_head(READ, answer(status, headers)))


@pytest.mark.parametrize(
    ("got", "headed", "expected"),
    [
        ({"Content-Length": "40"}, {"Content-Length": "40"}, {}),
        ({"Content-Length": "40"}, {}, {}),
        ({"Content-Length": "40"}, {"Content-Length": "0"}, {"head-length-differs": "fail"}),
        ({"Content-Length": "40"}, {"Content-Length": "41"}, {"head-length-differs": "warn"}),
        ({}, {"Content-Length": "37"}, {"head-length-differs": "warn"}),
        ({}, {"Content-Length": "36"}, {}),
        ({}, {"Content-Length": "0"}, {"head-length-differs": "fail"}),
        ({"Content-Length": "0"}, {"Content-Length": "40"}, {}),
        ({"Content-Length": "30", "Content-Encoding": "gzip"}, {"Content-Length": "36"}, {}),
        (
            {"Content-Length": "30", "Content-Encoding": "gzip"},
            {"Content-Length": "0"},
            {"head-length-differs": "fail"},
        ),
        ({"Content-Encoding": "gzip"}, {"Content-Encoding": "gzip", "Content-Length": "30"}, {}),
        ({"Cache-Control": "no-store", "ETag": '"v1"', "Vary": "Cookie"}, {"Cache-Control": "no-store"}, {}),
        ({"Cache-Control": "no-store"}, {}, {"head-fields-missing": "warn"}),
        ({}, {"X-Frame-Options": "DENY"}, {}),
    ],
)
def test_head_has_the_header_lines_of_get(got, headed, expected):
    assert 36 == len(READ.body)
    assert expected == rules(methods.judge_head(answer(200, got, THINGS), answer(200, headed, method="HEAD")))


@pytest.mark.parametrize("status", [200, 404, 405])
def test_nothing_comes_behind_the_head(status):
    told = {"200": {}, "404": {"head-status-differs": "fail"}, "405": {"head-unsupported": "warn"}}[str(status)]
    assert {"head-with-body": "fail", **told} == rules(methods.judge_head(READ, answer(status, {}, b"x")))
    broken = answer(status, {}, body_complete=False, body_note="the body is no gzip")
    assert {"head-with-body": "fail", **told} == rules(methods.judge_head(READ, broken))


@pytest.mark.parametrize(("status", "told"), [(401, {}), (200, {"head-open": "fail"}), (500, {"head-breaks": "fail"})])
def test_nothing_comes_behind_the_head_that_a_stranger_gets(status, told):
    found = methods.judge_closed_head(READ, REFUSED, answer(status, {}, b"x"))
    assert {"head-with-body": "fail", **told} == rules(found)


def test_head_tells_a_stranger_nothing_of_the_content():
    tells = {"Content-Disposition": 'attachment; filename="salaries.csv"', "Cache-Control": "private"}
    found = methods.judge_closed_head(answer(200, tells, THINGS), REFUSED, answer(401, tells))
    assert {"head-leaks-field": "fail"} == rules(found)
    assert [] == methods.judge_closed_head(answer(200, tells, THINGS), answer(401, tells), answer(401, tells))


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (401, {"Content-Length": "90"}, {}),
        (401, {"Content-Length": "0"}, {}),
        (401, {"Content-Length": "41"}, {}),
        (401, {}, {}),
        (404, {}, {}),
        (405, {}, {}),
        (501, {}, {}),
        (401, {"ETag": '"v2"'}, {}),
        (200, {}, {"head-open": "fail"}),
        (204, {}, {"head-open": "fail"}),
        (401, {"Content-Length": "40"}, {"head-leaks-length": "fail"}),
        (401, {"ETag": '"v1"'}, {"head-leaks-validator": "fail"}),
        (500, {}, {"head-breaks": "fail"}),
        (429, {}, {"head-limited": "inconclusive"}),
    ],
)
def test_head_tells_a_stranger_nothing(status, headers, expected):
    assert expected == rules(methods.judge_closed_head(READ, REFUSED, answer(status, headers)))


def test_what_the_refusal_says_of_itself_is_no_leak():
    refused = answer(401, {"Content-Length": "40", "ETag": '"v1"'})
    assert [] == methods.judge_closed_head(READ, refused, refused)


@pytest.mark.parametrize("status", [200, 299, 429, 500])
def test_a_head_has_nothing_to_hide_where_get_is_not_refused(status):
    found = methods.judge_closed_head(READ, answer(status), answer(200))
    assert {"head-unrefused": "info"} == rules(found)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (204, b"", {}),
        (200, {"allow": ["GET"]}, {}),
        (401, b"{}", {}),
        (405, b"{}", {}),
        (501, b"", {}),
        (200, THINGS, {"method-options-serves": "fail"}),
        (200, {"things": [{"id": 9, "name": "b"}]}, {"method-options-serves": "fail"}),
        (401, THINGS, {}),
        (500, b"", {"method-options-breaks": "fail"}),
        (429, b"", {"method-options-limited": "inconclusive"}),
    ],
)
def test_options_serves_no_data(status, body, expected):
    assert expected == rules(methods.judge_options(READ, answer(status, {}, body)))


def test_an_empty_answer_to_options_is_not_that_to_an_empty_get():
    assert [] == methods.judge_options(answer(204), answer(204))


@pytest.mark.parametrize(
    ("posted", "asked", "read", "expected"),
    [
        (422, 422, 405, {}),
        (422, 405, 405, {"method-override-honoured": "fail"}),
        (400, 200, 200, {"method-override-honoured": "fail"}),
        (422, 400, 405, {"method-override-noticed": "info"}),
        (422, 403, 404, {"method-override-noticed": "info"}),
        (422, 500, 405, {"method-override-breaks": "fail"}),
        (422, 429, 405, {"method-override-limited": "inconclusive"}),
        (404, 404, 404, {"method-override-unproven": "inconclusive"}),
        (429, 422, 405, {"method-override-unproven": "inconclusive"}),
        (500, 500, 405, {}),
        (500, 422, 405, {"method-override-noticed": "info"}),
        (500, 405, 405, {"method-override-honoured": "fail"}),
        (499, 500, 405, {"method-override-breaks": "fail"}),
    ],
)
def test_a_post_stays_a_post(posted, asked, read, expected):
    assert expected == rules(methods.judge_override(answer(posted), answer(asked), answer(read)))


@pytest.mark.parametrize("status", [199, 300, 401, 500])
def test_without_an_accepted_get_nothing_is_known(status):
    refused = answer(status)
    found = [
        *methods.judge_unknown(refused, READ),
        *methods.judge_head(refused, READ),
        *methods.judge_closed_head(refused, REFUSED, READ),
        *methods.judge_options(refused, READ),
    ]
    assert ["inconclusive"] * 4 == [finding.severity.value for finding in found]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(one=exchanges(), other=exchanges(), third=exchanges())
def test_anything_is_judged(one, other, third):
    found = [
        *methods.judge_allow(one, {"POST"}),
        *methods.judge_trace(one, "m4rk"),
        *methods.judge_unknown(other, one),
        *methods.judge_head(other, one),
        *methods.judge_closed_head(other, third, one),
        *methods.judge_options(other, one),
        *methods.judge_override(other, one, third),
    ]
    for finding in found:
        assert all(told.isprintable() and len(told) <= 450 for told in finding.as_dict().values())
