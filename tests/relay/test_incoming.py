"""Relay believes its partner, and does what it says once."""

from __future__ import annotations

import re

import pytest

from tests.relay.knocking import BODY, PATH, incoming, lines

COUNTED = re.compile(r"^webhook_signature_failures_total (\d+)", re.MULTILINE)


def test_each_message_gets_its_answer(ask, fresh, values):
    facts = incoming(ask, values)

    believed = {"valid", "again", "second", "newer"}
    assert {name: 202 if name in believed else 401 for name in facts["answers"]} == facts["answers"]
    assert {"told": 1, "done": 1} == {name: facts[name] for name in ("told", "done")}


def test_a_refusal_is_a_problem_that_names_the_way_in_and_is_counted(ask, fresh):
    before = int(COUNTED.search(ask("GET", "/metrics").text)[1])
    answer = ask("POST", PATH, content=BODY)

    assert (401, 'Webhook-Signature realm="relay"') == (answer.status_code, answer.headers["www-authenticate"])
    assert "application/problem+json" == answer.headers["content-type"]
    assert before + 1 == int(COUNTED.search(ask("GET", "/metrics").text)[1])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type": 1}', b'{"type": ""}', b'{"type": "%s"}' % (b"x" * 81)])
def test_what_is_signed_and_says_nothing_is_refused(ask, fresh, values, body):
    sent = lines(values["incoming_secret"], "msg_1", body)

    assert 400 == ask("POST", PATH, headers=sent, content=body).status_code
    assert [] == ask("GET", PATH, "developer").json()["messages"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(ask, fresh):
    assert 413 == ask("POST", PATH, content=b" " * 65_537).status_code


def test_a_header_that_comes_twice_proves_nothing(wire, fresh, values):
    sent = [*lines(values["incoming_secret"], "msg_1").items(), ("webhook-signature", "v1,x")]

    assert 401 == wire.post(PATH, headers=sent, content=BODY).status_code


def test_only_those_who_act_read_what_came(ask, fresh):
    statuses = {role: ask("GET", PATH, role).status_code for role in ("anonymous", "viewer", "developer", "admin")}

    assert {"anonymous": 401, "viewer": 403, "developer": 200, "admin": 200} == statuses
