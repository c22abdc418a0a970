"""Relay tells the pages of its front end what they may read, and everybody else nothing."""

from __future__ import annotations

import pytest

from fixtures.relay.boot import FRONT_END
from fixtures.relay.settings import SettingsError, read
from tests.relay.test_settings import RIGHT

STRANGER = "https://verifier.example"


def told(answer):
    return {name for name in answer.headers if name.startswith("access-control-")}


def before(wire, origin, **headers):
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET", **headers}
    return wire.options("/actions", headers=asked)


def test_the_front_end_reads_answers_and_refusals(ask):
    for role, status in (("developer", 200), ("anonymous", 401)):
        answer = ask("GET", "/actions", role, headers={"Origin": FRONT_END})

        assert status == answer.status_code
        assert FRONT_END == answer.headers["access-control-allow-origin"]
        assert "true" == answer.headers["access-control-allow-credentials"]


@pytest.mark.parametrize("origin", [STRANGER, "null", "", FRONT_END + "/", FRONT_END.upper(), f"{FRONT_END}.example"])
def test_everybody_else_is_told_nothing(ask, wire, origin):
    assert set() == told(ask("GET", "/actions", "developer", headers={"Origin": origin}))
    assert set() == told(before(wire, origin))
    assert 405 == before(wire, origin).status_code


def test_caches_know_that_answers_differ_by_origin(ask):
    assert "Origin" == ask("GET", "/actions", "developer").headers["vary"]


def test_preflights_need_no_credential_and_have_no_body(wire):
    answer = before(wire, FRONT_END, **{"Access-Control-Request-Headers": "x-api-key"})

    assert (204, b"") == (answer.status_code, answer.content)
    assert "X-API-Key" in answer.headers["access-control-allow-headers"]
    assert "nosniff" == answer.headers["x-content-type-options"]


def test_options_without_a_page_is_a_method_like_any_other(ask):
    assert 405 == ask("OPTIONS", "/actions", "anonymous", headers={"Origin": FRONT_END}).status_code


def test_without_origins_no_page_reads_anything():
    assert () == read(RIGHT).cors_origins


@pytest.mark.parametrize("wrong", ["app.example", "https://app.example/", "*", "https://a.example,https://b.example"])
def test_what_is_no_origin_is_refused(wrong):
    with pytest.raises(SettingsError) as error:
        read({**RIGHT, "CORS_ORIGINS": wrong})

    assert f"CORS_ORIGINS must be origins such as https://app.example, separated by spaces; {wrong!r} is none." == str(
        error.value
    )
