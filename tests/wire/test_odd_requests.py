"""Requests that probe for ways in leave byte for byte as they were meant, however odd they are."""

from __future__ import annotations

import json
import tomllib

import pytest

from fixtures.attempts import FAMILIES
from fixtures.forging import Presented
from fixtures.ways_round import spellings, spoofed
from prodverify.target.model import Promises

NOTHING = Promises.model_validate_json(json.dumps(tomllib.loads('version = 1\nname = "ours"\n')))
KEY = Presented("X-API-Key", "", "practice_4eC39HqLyjWDarjtT1zdp7dc")
BEARER = Presented("Authorization", "Bearer ", "gW8sQ2-tT1zdp7dc")
ATTEMPTS = [
    attempt for shown in (KEY, BEARER) for family in FAMILIES.values() for attempt in family.made(shown, NOTHING)
]


@pytest.mark.parametrize("target", spellings("/v1/admin?limit=1"))
def test_a_spelling_of_a_path_is_sent_as_it_was_meant(target, serve, scene, respond):
    server = serve(lambda asked: respond(404))

    exchange = scene(server.url).client.ask("GET", "/v1/admin", request_target=target.encode("ascii"))

    assert [f"GET {target} HTTP/1.1".encode("ascii")] == [asked.line for asked in server.asked]
    assert target == exchange.target


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: f"{attempt.presented} {attempt.lines[:1]!r:.20}")
def test_a_credential_is_sent_as_it_was_meant(attempt, serve, scene, respond):
    server = serve(lambda asked: respond(401))

    scene(server.url).client.ask("GET", "/", headers=attempt.lines, json=attempt.body)

    [asked] = server.asked
    head = asked.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    for name, value in attempt.lines:
        assert f"{name}: {value}".encode("latin-1") in head
    assert (json.loads(asked.body) if attempt.body else None) == attempt.body


def test_two_credentials_are_sent_in_their_order(serve, scene, respond):
    server = serve(lambda asked: respond(401))
    both = [*BEARER.line("first"), *BEARER.line("second")]

    scene(server.url).client.ask("GET", "/", headers=both)

    assert ["Bearer first", "Bearer second"] == server.asked[0].headers("authorization")


@pytest.mark.parametrize("claim", spoofed("/admin", {}))
def test_a_claim_is_sent_with_every_line(claim, serve, scene, respond):
    server = serve(lambda asked: respond(401))

    for way in spoofed("/admin", {})[claim]:
        scene(server.url).client.ask("GET", "/admin", headers=way.lines, request_target=way.target.encode("ascii"))

        assert way.target == server.asked[-1].target
        assert dict(way.lines).items() <= {name: server.asked[-1].header(name) for name, _ in way.lines}.items()
