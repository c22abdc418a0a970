"""The HTTP Observatory's grade, equal to its published table on an answer for each of its results."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import observatory
from prodverify.judges.observatory import Seen
from prodverify.record.findings import Finding
from prodverify.target.grades import grades
from prodverify.wire.exchange import Exchange, HeaderList
from tests.judges.anything import VALUES, exchanges
from tests.judges.scene import HELMET, RELAY, answer, rules

RESULTS = tomllib.loads((Path(__file__).with_name("observatory") / "results.toml").read_text())
EACH = [
    pytest.param(test, said, id=f"{said['result']}-{number}")
    for test, cases in RESULTS.items()
    for number, said in enumerate(cases)
]
ORIGIN = "https://verifier.example"
URL = "https://service.example/"


def seen(said):
    lines = [("Content-Type", said.get("type", "text/html; charset=utf-8")), *map(tuple, said.get("headers", ()))]
    lines += [("Content-Security-Policy", value) for value in said.get("csp", ())]
    lines += [("Set-Cookie", value) for value in said.get("cookies", ())]
    foreign = answer(200, [tuple(line) for line in said["foreign"]]) if "foreign" in said else None
    return Seen(
        answer(200, lines, said.get("body", "").encode(), url=URL),
        https=said.get("https", True),
        trusted=said.get("trusted", True),
        foreign=foreign,
        origin=ORIGIN,
        route=tuple(said["route"]) if "route" in said else None,
        route_trusted=said.get("route_trusted", True),
        preloaded=frozenset(said.get("preloaded", ())),
    )


def graded(headers, **more):
    page = answer(200, [("Content-Type", "text/html"), *headers.items()], url=URL)
    told = Seen(page, https=True, foreign=answer(200), origin=ORIGIN, route=(), **more)
    return observatory.grade(observatory.results(told))


@pytest.mark.parametrize(("test", "said"), EACH)
def test_a_result_is_the_published_one_and_adds_what_is_published(test, said):
    found = observatory.results(seen(said))

    assert said["result"] == found[test]
    assert said["adds"] == grades().tests[test][found[test]].adds


def test_every_result_of_every_test_has_an_answer():
    written = {(test, said["result"]) for test, cases in RESULTS.items() for said in cases}

    assert 12 == len(RESULTS)
    assert written == {(test, result) for test, found in grades().tests.items() for result in found}


PASSED_AND_BELOW = {"csp-implemented-with-insecure-scheme-in-passive-content-only"}


def test_what_costs_points_is_not_passed():
    for table in grades().tests.values():
        for result, said in table.items():
            assert said.passes == (said.adds >= 0) or result in PASSED_AND_BELOW


@pytest.mark.parametrize(
    ("score", "letter"),
    [
        *((0, "F"), (24, "F"), (25, "D-"), (29, "D-"), (30, "D"), (39, "D"), (40, "D+"), (44, "D+"), (45, "C-")),
        *((49, "C-"), (50, "C"), (59, "C"), (60, "C+"), (64, "C+"), (65, "B-"), (69, "B-"), (70, "B"), (79, "B")),
        *((80, "B+"), (84, "B+"), (85, "A-"), (89, "A-"), (90, "A"), (99, "A"), (100, "A+"), (145, "A+")),
    ],
)
def test_a_score_means_a_grade(score, letter):
    assert letter == grades().letter(score)


@pytest.mark.parametrize(
    ("results", "score"),
    [
        ({}, 100),
        ({"referrer-policy": "referrer-policy-private"}, 105),
        # From 90 without bonuses they count, at 85 they do not.
        (
            {
                "strict-transport-security": "hsts-implemented-max-age-less-than-six-months",
                "cross-origin-opener-policy": "coop-implemented-with-same-origin",
            },
            100,
        ),
        (
            {
                "strict-transport-security": "hsts-implemented-max-age-less-than-six-months",
                "x-content-type-options": "x-content-type-options-not-implemented",
                "cross-origin-opener-policy": "coop-implemented-with-same-origin",
            },
            85,
        ),
        (
            {
                "content-security-policy": "csp-not-implemented",
                "cookies": "cookies-session-without-secure-flag",
                "cross-origin-resource-sharing": "cross-origin-resource-sharing-implemented-with-universal-access",
            },
            0,
        ),
    ],
)
def test_bonuses_count_from_ninety_and_nothing_is_below_zero(results, score):
    assert score == observatory.grade(results).score


def test_known_answers_get_known_grades():
    # 100 + csp 0 (inline styles), referrer 5, frames 5; with COOP and CORP 10 each for the other.
    assert (110, "A+") == (graded(RELAY).score, graded(RELAY).letter)
    assert (130, "A+") == (graded(HELMET).score, graded(HELMET).letter)
    # Nothing at all: csp -25, hsts -20, nosniff -5, frames -20.
    assert (30, "D") == (graded({}).score, graded({}).letter)


def test_the_grade_is_information_and_its_blind_spots_stand_beside_it():
    open_frames = {**RELAY, "Content-Security-Policy": "default-src 'self'; frame-ancestors *"}
    page = answer(200, [("Content-Type", "text/html"), *open_frames.items()], url=URL)
    found = observatory.judge(Seen(page, https=True))

    assert {
        "observatory-grade": "info",
        "observatory-untold": "info",
        "observatory-blind-framing": "info",
        "observatory-blind-fallback": "info",
    } == rules(found)
    assert "115, grade A+; nothing deducted" == found[0].observed
    assert "not asked in this run: cross-origin-resource-sharing, redirection" == found[1].observed


def test_nothing_is_said_of_blind_spots_that_do_not_apply():
    page = answer(200, HELMET, url=URL)
    told = Seen(page, https=True, foreign=answer(200), origin=ORIGIN, route=())

    assert ["observatory-grade"] == list(rules(observatory.judge(told)))


LINES = st.lists(
    st.tuples(st.sampled_from(["Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Set-Cookie"]), VALUES)
)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(one=exchanges(), other=exchanges(), lines=LINES, text=VALUES, https=st.booleans(), page=st.text(max_size=60))
def test_every_answer_gets_a_grade(one, other, lines, text, https, page):
    headers = HeaderList([*one.headers, *lines])
    told = Exchange(
        "GET",
        one.url,
        "/",
        one.request_headers,
        b"",
        200,
        headers,
        one.body + f"<script src={page}>".encode("utf-8", "replace"),
    )
    found = Seen(told, https=https, foreign=other, origin=text, route=(one.url, text))

    assert set(observatory.results(found)) == set(grades().tests)
    assert 0 <= observatory.grade(observatory.results(found)).score <= 160
    for finding in observatory.judge(found):
        assert isinstance(finding, Finding)
        assert "info" == finding.severity.value
        assert all(len(text) <= 450 and text.isprintable() for text in finding.as_dict().values())
