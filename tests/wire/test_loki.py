"""Logs in Loki: asked for the request and for what came beside it; no real one is at hand here."""

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from prodverify.record.findings import Unjudged
from prodverify.wire.loki import LokiLog
from prodverify.wire.neighbour import Neighbour
from prodverify.wire.redaction import Redactor

TOKEN = "t0ken-of-loki"  # pragma: allowlist secret
LOGS = '[[endpoints]]\nname = "list"\npath = "/"\n[logs]\nendpoint = "list"\n[logs.loki]\naddress = "loki"\n'
LOKI = LOGS + 'token = "loki_token"\nheaders = { X-Scope-OrgID = "shop" }\nquery = "{app=\\"shop\\"}"\n'


def answered(lines):
    """As Loki documents its answer: streams of pairs, times in ns as text."""
    values = [[str(1_795_262_400_000_000_000 + int(line[-3])), line] for line in lines]
    streams = [{"stream": {"app": "shop"}, "values": values[::2]}, {"stream": {"app": "shop"}, "values": values[1::2]}]
    return json.dumps({"status": "success", "data": {"resultType": "streams", "result": streams, "stats": {}}}).encode()


@pytest.fixture
def loki(serve, aim, run):
    """A log in Loki, and the server that stands in for it."""
    opened = []

    def start(answer):
        server = serve(answer)
        target = aim("https://127.0.0.1:9", LOKI, secrets={"loki": f"{server.url}/tenant", "loki_token": TOKEN})
        store, redactor = target.promises.logs.loki, Redactor(target.secrets, run.folder)
        how = {"address": store.address, "token": store.token, "headers": store.headers, "redactor": redactor}
        opened.append(Neighbour("Loki", target, run, **how))
        return LokiLog(opened[-1], store.query), server

    yield start
    for neighbour in opened:
        neighbour.close()


def test_loki_is_asked_for_the_request_and_for_what_came_beside_it(loki, respond):
    def answer(asked):
        named = "|=" in parse_qs(urlsplit(asked.target).query)["query"][0]
        return respond(200, answered(['{"id":"r-1"}'] if named else ['{"id":"r-0"}', '{"id":"r-1"}', '{"id":"r-2"}']))

    log, server = loki(answer)

    assert ('{"id":"r-0"}', '{"id":"r-1"}', '{"id":"r-2"}') == log.read("r-1").lines
    first, second = (urlsplit(asked.target) for asked in server.asked[:2])
    stated = parse_qs(first.query)
    assert ("/tenant/loki/api/v1/query_range", '{app="shop"} |= `r-1`') == (first.path, stated["query"][0])
    assert ['{app="shop"}'] == parse_qs(second.query)["query"]
    assert int(stated["start"][0]) < time.time_ns() < int(stated["end"][0])
    assert f"Bearer {TOKEN}" == server.asked[0].header("Authorization")
    assert "shop" == server.asked[0].header("X-Scope-OrgID")


def test_loki_that_has_no_such_line_yet_is_asked_once(loki, respond):
    log, server = loki(lambda asked: respond(200, answered([])))

    assert () == log.read("r-1").lines
    assert 1 == len(server.asked)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, b"parse error at line 1", "status 400"),
        (401, b"no org id", "status 401"),
        (404, b"404 page not found", "status 404"),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}', "something else"),
        (200, b"<html>", "a body that is no JSON"),
        (200, b'{"status":"success","data":{"resultType":"streams","result":[{"values":[["x"]]}]}}', "something else"),
    ],
)
def test_what_is_no_answer_of_loki_cannot_be_judged(loki, respond, status, body, words):
    log, _ = loki(lambda asked: respond(status, body))

    with pytest.raises(Unjudged, match=words):
        log.read("r-1")
