"""A middleware that many services have, in its good and in its bad configurations, is told apart."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from fixtures.origins import foreign
from prodverify.judges import cors
from prodverify.target.cors import Cors
from prodverify.wire.exchange import Exchange, HeaderList
from tests.judges.scene import rules

FRONT_END = "https://app.service.example"
NAMED = Cors(origins=(FRONT_END,), credentials=True)
FOREIGN = foreign("https://api.service.example", NAMED, "1f")
LIST = {"allow_origins": [FRONT_END], "allow_credentials": True, "allow_headers": ["Authorization"]}


def asked(options, origin, method="GET", **headers):
    """What the middleware, with these options, answers to a page of an origin."""
    app = Starlette(
        routes=[Route("/", lambda request: JSONResponse({"a": 1}))],
        middleware=[Middleware(CORSMiddleware, **options)],
    )
    lines = {"Origin": origin, **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def ask():
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://api.service.example"
        ) as client:
            return await client.request(method, "/", headers=lines)

    answer = asyncio.run(ask())
    told = HeaderList(answer.headers.multi_items())
    return Exchange(method, "https://api.service.example/", "/", HeaderList(), b"", answer.status_code, told, b"{}")


def judged(options, origin, reader="browser", anybody=False, **headers):
    return rules(cors.judge_foreign(asked(options, origin, **headers), origin=origin, reader=reader, anybody=anybody))


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_list_of_origins_lets_no_likeness_in(origin):
    assert {} == judged(LIST, origin)
    assert {} == judged({**LIST, "allow_origin_regex": r"https://app\.service\.example"}, origin)


def test_a_list_of_origins_lets_those_in_that_it_names():
    ours, theirs = asked(LIST, FRONT_END), asked(LIST, FOREIGN[0])

    assert [] == cors.judge_allowed(ours, origin=FRONT_END, credentials=True)
    assert [] == cors.judge_caching(ours, theirs)


def test_a_pattern_with_a_bare_dot_is_found_out_by_one_likeness():
    bare = {**LIST, "allow_origins": [], "allow_origin_regex": "https://app.service.example"}
    found = {origin: judged(bare, origin) for origin in FOREIGN}

    assert {"https://appxservice.example": {"cors-echo-with-credentials": "fail"}} == {
        origin: told for origin, told in found.items() if told
    }


def test_a_pattern_for_subdomains_without_a_dot_is_found_out_by_names_that_end_alike():
    loose = {**LIST, "allow_origins": [], "allow_origin_regex": r"https://.*service\.example"}
    found = [origin.partition("://")[2] for origin in FOREIGN if judged(loose, origin)]

    assert ["verifierapp.service.example", "verifierservice.example", "appxservice.example"] == found


def test_any_origin_is_for_public_data():
    star = {"allow_origins": ["*"]}

    assert {} == judged(star, FOREIGN[0], reader="anybody")
    assert {} == judged(star, FOREIGN[0], reader="caller", anybody=True)
    assert {"cors-star-on-private": "warn"} == judged(star, FOREIGN[0], reader="caller")
    assert {"cors-star-on-private": "fail"} == judged(star, FOREIGN[0], reader="browser")


@pytest.mark.parametrize("headers", [{}, {"Cookie": "session=1"}], ids=["bare", "cookie"])
def test_any_origin_with_credentials_is_a_failure_on_public_data_too(headers):
    both = {"allow_origins": ["*"], "allow_credentials": True}

    assert {"cors-echo-with-credentials": "fail"} == judged(both, FOREIGN[0], reader="anybody", **headers)


@pytest.mark.parametrize(
    ("header", "expected"), [("authorization", {}), ("x-unknown", {"cors-preflight-refused": "fail"})]
)
def test_a_preflight_is_answered_for_the_headers_that_are_named(header, expected):
    answer = asked(
        LIST,
        FRONT_END,
        "OPTIONS",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers=header,
    )
    found = cors.judge_preflight(answer, origin=FRONT_END, credentials=True, headers=[header], needed=True)

    assert expected == rules(found)
