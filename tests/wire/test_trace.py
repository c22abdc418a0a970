"""TRACE is safe and repeats what it got, so it is asked with nothing worth repeating; other verbs go out as written."""

import pytest

from prodverify.wire.unjudged import Refused

ADMIN = '[roles.admin]\nscheme = "header"\ncredential = "key"'
WRITES = "[permits]\nwrites = true"


def test_trace_needs_no_permit(serve, scene, respond):
    server = serve(lambda asked: respond(405))
    answer = scene(server.url).client.ask("TRACE", "/things", headers=[("X-Marker", "m4rk")])
    assert (405, b"TRACE /things HTTP/1.1") == (answer.status, server.asked[0].line)


@pytest.mark.parametrize(
    "how",
    [
        {"role": "admin"},
        {"body": b"x"},
        {"json": {}},
        {"headers": [("authorization", "Bearer abc")]},
        {"headers": [("Cookie", "sid=abc")]},
    ],
)
def test_trace_carries_neither_credential_nor_body(serve, scene, respond, how):
    server = serve(lambda asked: respond())
    made = scene(server.url, f"{WRITES}\n{ADMIN}", secrets={"key": "key-of-the-admin"})
    with pytest.raises(Refused, match="neither credential nor body"):
        made.client.ask("TRACE", "/", writes=True, **how)
    assert [] == server.asked


@pytest.mark.parametrize("method", ["PRODVERIFY", "ProdVerify", "prodverify", "M-SEARCH"])
def test_a_made_up_verb_goes_out_as_it_is_written_and_once(serve, scene, respond, method):
    server = serve(lambda asked: respond(503))
    answer = scene(server.url, WRITES).client.ask(method, "/", writes=True)
    assert [method] == [asked.method for asked in server.asked]
    assert (method, 503) == (answer.method, answer.status)
