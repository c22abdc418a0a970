"""What pages of other sites may read, by every kind of answer that a service gives them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import cors
from prodverify.record.findings import Finding
from prodverify.target.header_rules import RULES
from prodverify.wire.exchange import Exchange, HeaderList
from tests.judges.anything import VALUES, exchanges
from tests.judges.scene import answer, rules

STRANGER = "https://verifier-1f.example"
FRONT_END = "https://app.service.example"
ACAO, ACAC, ACAH = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers"
KEPT = {"Cache-Control": "max-age=60"}


def foreign(headers, *, origin=STRANGER, reader="caller", anybody=False, status=200, method="GET"):
    given = answer(status, headers, {"a": 1}, method=method)
    return rules(cors.judge_foreign(given, origin=origin, reader=reader, anybody=anybody))


def allowed(headers, *, credentials=True, status=200):
    return rules(cors.judge_allowed(answer(status, headers), origin=FRONT_END, credentials=credentials))


def preflight(headers, *, status=204, credentials=False, wanted=(), needed=True):
    given = answer(status, headers, method="OPTIONS")
    found = cors.judge_preflight(given, origin=FRONT_END, credentials=credentials, headers=wanted, needed=needed)
    return rules(found)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, {}),
        ({"Vary": "Origin"}, {}),
        ({ACAC: "true"}, {}),
        ({ACAO: FRONT_END, ACAC: "true"}, {}),
        ({ACAO: STRANGER, ACAC: "true"}, {"cors-echo-with-credentials": "fail"}),
        ({ACAO: STRANGER, ACAC: " true "}, {"cors-echo-with-credentials": "fail"}),
        ({ACAO: STRANGER, ACAC: "True"}, {"cors-echo": "warn", "cors-vary-missing": "warn"}),
        ({ACAO: STRANGER, ACAC: "false", "Vary": "Origin"}, {"cors-echo": "warn"}),
        ({ACAO: STRANGER, "Vary": "*"}, {"cors-echo": "warn"}),
        ({ACAO: STRANGER, **KEPT}, {"cors-vary-missing": "fail", "cors-echo": "warn"}),
        ({ACAO: STRANGER, **KEPT, "Vary": "Accept, origin"}, {"cors-echo": "warn"}),
        ({ACAO: STRANGER, "Cache-Control": "no-store"}, {"cors-echo": "warn", "cors-vary-missing": "warn"}),
        ({ACAO: "*", ACAC: "true"}, {"cors-star-with-credentials": "fail"}),
        ({ACAO: "*"}, {"cors-star-on-private": "warn"}),
        ({ACAO: f"{STRANGER} {FRONT_END}", ACAC: "true"}, {"cors-origin-several": "warn"}),
        ({ACAO: f"{STRANGER}, *"}, {"cors-origin-several": "warn"}),
        ({ACAO: ""}, {}),
        ({ACAO: STRANGER + "/", ACAC: "true"}, {}),
    ],
)
def test_a_stranger_reads_nothing(headers, expected):
    assert expected == foreign(headers)


@pytest.mark.parametrize(
    ("reader", "anybody", "expected"),
    [
        ("anybody", False, {}),
        ("anybody", True, {}),
        ("caller", True, {}),
        ("caller", False, {"cors-star-on-private": "warn"}),
        ("browser", True, {"cors-star-on-private": "warn"}),
        ("browser", False, {"cors-star-on-private": "fail"}),
    ],
)
def test_any_page_may_read_what_is_public(reader, anybody, expected):
    assert expected == foreign({ACAO: "*"}, reader=reader, anybody=anybody)


def test_an_echo_without_credentials_tells_what_anybody_may_read_anyway():
    headers = {ACAO: STRANGER, "Vary": "Origin"}
    assert {} == foreign(headers, reader="anybody")
    assert {} == foreign(headers, reader="caller", anybody=True)
    assert {"cors-echo": "warn"} == foreign(headers, reader="browser", anybody=True)
    assert {"cors-vary-missing": "fail"} == foreign({ACAO: STRANGER, **KEPT}, reader="anybody")


def test_the_origin_of_sandboxed_frames_is_nobodys():
    assert {"cors-null-with-credentials": "fail"} == foreign({ACAO: "null", ACAC: "true"}, origin="null")
    assert {"cors-echo": "warn"} == foreign({ACAO: "null", "Vary": "Origin"}, origin="null")
    assert {} == foreign({ACAO: "null", ACAC: "true"}, origin=STRANGER)


def test_a_preflight_holds_nothing_to_be_read():
    assert {} == foreign({ACAO: "*"}, reader="browser", method="OPTIONS")
    assert {"cors-echo": "warn"} == foreign({ACAO: STRANGER, **KEPT}, method="OPTIONS")
    assert {"cors-echo-with-credentials": "fail"} == foreign({ACAO: STRANGER, ACAC: "true"}, method="OPTIONS")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (428, {}),
        (429, {"cors-limited": "inconclusive"}),
        (430, {}),
        (499, {}),
        (500, {"cors-unanswered": "inconclusive"}),
        (501, {}),
        (503, {"cors-unanswered": "inconclusive"}),
    ],
)
def test_what_a_limiter_or_a_gateway_answers_tells_nothing(status, expected):
    assert expected == foreign({}, status=status)


@pytest.mark.parametrize(
    ("headers", "credentials", "expected"),
    [
        ({ACAO: FRONT_END, ACAC: "true"}, True, {}),
        ({ACAO: FRONT_END}, False, {}),
        ({ACAO: "*"}, False, {}),
        ({ACAO: "*", ACAC: "false"}, False, {}),
        ({ACAO: FRONT_END, ACAC: "true"}, False, {"cors-credentials-undeclared": "warn"}),
        ({ACAO: "*", ACAC: "true"}, False, {"cors-star-with-credentials": "fail"}),
        ({}, False, {"cors-allowed-refused": "fail"}),
        ({ACAO: STRANGER}, False, {"cors-allowed-refused": "fail"}),
        ({ACAO: FRONT_END + "/"}, False, {"cors-allowed-refused": "fail"}),
        ({ACAO: f"{FRONT_END},{FRONT_END}"}, False, {"cors-origin-several": "fail"}),
        ({ACAO: "*"}, True, {"cors-credentials-refused": "fail"}),
        ({ACAO: FRONT_END}, True, {"cors-credentials-refused": "fail"}),
        ({ACAO: FRONT_END, ACAC: "TRUE"}, True, {"cors-credentials-refused": "fail"}),
        ({ACAO: FRONT_END, ACAC: "true, true"}, True, {"cors-credentials-refused": "fail"}),
    ],
)
def test_a_named_page_reads_what_it_may(headers, credentials, expected):
    assert expected == allowed(headers, credentials=credentials)


def test_two_lines_are_several_origins():
    twice = [(ACAO, FRONT_END), (ACAO, "*")]
    assert {"cors-origin-several": "fail"} == allowed(twice)


@pytest.mark.parametrize(("status", "passes"), [(199, False), (200, True), (299, True), (300, False), (403, False)])
def test_a_named_page_gets_an_answer_that_can_be_read(status, passes):
    assert passes == ({} == allowed({ACAO: FRONT_END, ACAC: "true"}, status=status))


@pytest.mark.parametrize(
    ("status", "needed", "expected"),
    [
        (200, True, {}),
        (204, True, {}),
        (299, True, {}),
        (300, True, {"cors-preflight-refused": "fail"}),
        (401, True, {"cors-preflight-needs-credential": "fail"}),
        (401, False, {"cors-preflight-needs-credential": "fail"}),
        (403, True, {"cors-preflight-refused": "fail"}),
        (405, True, {"cors-preflight-refused": "fail"}),
        (405, False, {"cors-preflight-refused": "warn"}),
        (501, False, {"cors-preflight-refused": "warn"}),
        (429, True, {"cors-limited": "inconclusive"}),
        (502, True, {"cors-unanswered": "inconclusive"}),
    ],
)
def test_preflights_are_answered_without_a_credential(status, needed, expected):
    assert expected == preflight({ACAO: FRONT_END}, status=status, needed=needed)


@pytest.mark.parametrize(
    ("told", "credentials", "expected"),
    [
        ("authorization", False, {}),
        ("Content-Type, AUTHORIZATION", False, {}),
        ("*, Authorization", False, {}),
        ("*", False, {"cors-headers-star": "info"}),
        ("*", True, {"cors-header-refused": "fail"}),
        ("Content-Type", False, {"cors-header-refused": "fail"}),
        ("", False, {"cors-header-refused": "fail"}),
    ],
)
def test_a_page_may_send_its_headers(told, credentials, expected):
    headers = {ACAO: FRONT_END, ACAH: told, **({ACAC: "true"} if credentials else {})}
    assert expected == preflight(headers, credentials=credentials, wanted=["Authorization"])


def test_the_star_covers_every_other_header():
    assert {} == preflight({ACAO: "*", ACAH: "*"}, wanted=["X-API-Key", "Content-Type"])


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({ACAO: FRONT_END, **KEPT}, {}, {"cors-vary-missing": "fail"}),
        ({ACAO: FRONT_END, "Cache-Control": "public"}, {}, {"cors-vary-missing": "fail"}),
        ({ACAO: FRONT_END, "Cache-Control": "s-maxage=1"}, {}, {"cors-vary-missing": "fail"}),
        ({ACAO: FRONT_END, "Cache-Control": "max-age=0"}, {}, {"cors-vary-missing": "warn"}),
        ({ACAO: FRONT_END, "Cache-Control": "no-store, max-age=60"}, {}, {"cors-vary-missing": "warn"}),
        ({ACAO: FRONT_END}, {}, {"cors-vary-missing": "warn"}),
        ({ACAO: FRONT_END, **KEPT, "Vary": "Accept-Encoding"}, {}, {"cors-vary-missing": "fail"}),
        ({ACAO: FRONT_END, **KEPT, "Vary": "Accept-Encoding, Origin"}, {}, {}),
        ({ACAO: FRONT_END, **KEPT}, {ACAO: FRONT_END}, {}),
        ({ACAO: "*", **KEPT}, {}, {}),
        ({**KEPT}, {}, {}),
    ],
)
def test_caches_know_what_changes_with_the_origin(ours, theirs, expected):
    assert expected == rules(cors.judge_caching(answer(200, ours), answer(200, theirs)))


NAMES = st.sampled_from([ACAO, ACAC, ACAH, "Vary", "Cache-Control"])
LINES = st.lists(st.tuples(NAMES, st.one_of(VALUES, st.sampled_from(["*", "null", "true", STRANGER]))), max_size=6)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(one=exchanges(), lines=LINES, origin=VALUES, credentials=st.booleans())
def test_nothing_that_is_answered_makes_a_judge_raise(one, lines, origin, credentials):
    given_by = {name: getattr(one, name) for name in ("url", "target", "request_headers", "request_body", "body")}
    told = Exchange(method="OPTIONS", status=one.status, headers=HeaderList(lines), **given_by)
    found = [
        *(cors.judge_foreign(told, origin=origin, reader=reader) for reader in ("anybody", "browser", "caller")),
        cors.judge_allowed(told, origin=origin, credentials=credentials),
        cors.judge_preflight(told, origin=origin, credentials=credentials, headers=[origin, "*"], needed=True),
        cors.judge_caching(told, one),
    ]
    for finding in (finding for findings in found for finding in findings):
        assert finding.rule in RULES["cors"]
        assert isinstance(finding, Finding)
        assert all(len(text) <= 450 and text.isprintable() for text in finding.as_dict().values())
        str(finding.as_dict()).encode()
