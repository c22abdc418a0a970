"""What goes out is what was asked for, and what comes back is what came."""

import re

import pytest

from prodverify.wire.client import Client
from prodverify.wire.run import Run
from prodverify.wire.unjudged import Refused


def test_a_question_says_who_asks(serve, scene, respond):
    server = serve(lambda asked: respond())
    made = scene(server.url)
    answer = made.client.ask("GET", "/actions?x=1")
    asked = server.asked[0]
    assert (answer.status, asked.method, asked.target) == (200, "GET", "/actions?x=1")
    assert f"prodverify/0.1.0 (run {made.run.run_id})" == asked.header("User-Agent")
    assert made.run.run_id == asked.header("X-Prodverify-Run")
    assert re.fullmatch(rf"00-{answer.trace_id}-[0-9a-f]{{16}}-01", asked.header("traceparent"))
    assert asked.header("Accept") == "application/json"
    assert f"127.0.0.1:{server.port}" == asked.header("Host")
    assert (made.client.requests, made.client.spent) == (1, 1)
    assert 0 < answer.elapsed_ms < 1000
    assert [answer] == made.told


def test_declared_lines_go_with_every_question_unless_it_has_its_own(serve, scene, respond):
    server = serve(lambda asked: respond())
    client = scene(server.url, asking='headers = { X-Forwarded-Proto = "https", Accept = "text/html" }').client
    client.ask("GET", "/")
    client.ask("GET", "/", headers=[("Accept", "*/*")])
    assert ["https", "https"] == [asked.header("X-Forwarded-Proto") for asked in server.asked]
    assert ["text/html", "*/*"] == [asked.header("Accept") for asked in server.asked]


def test_every_question_has_a_trace_of_its_own(serve, scene, respond):
    client = scene(serve(lambda asked: respond()).url).client
    assert client.ask("GET", "/").trace_id != client.ask("GET", "/").trace_id


@pytest.mark.parametrize(
    "target",
    [b"/a/../b//c;x/%2e%2e/?", b"/a b", b"/caf\xc3\xa9", b"/nul\x00", b"/\xff#f", b"*", b"//admin"],
)
def test_the_request_target_goes_out_byte_for_byte(serve, scene, respond, target):
    server = serve(lambda asked: respond(404))
    answer = scene(server.url).client.ask("GET", "/", request_target=target)
    assert answer.status == 404
    assert b"GET " + target + b" HTTP/1.1" == server.asked[0].line
    assert target.decode("latin-1") == answer.target


def test_a_path_keeps_its_visible_bytes_and_the_rest_is_percent_encoded(serve, scene, respond):
    server = serve(lambda asked: respond())
    scene(server.url).client.ask("GET", "/a/../b%2f?q=a b&n=é")
    assert server.asked[0].target == "/a/../b%2f?q=a%20b&n=%C3%A9"


def test_given_headers_replace_ours_and_may_repeat(serve, scene, respond):
    server = serve(lambda asked: respond())
    given = [("accept", "text/html"), ("X-Two", "1"), ("X-Two", "2"), (b"X-Raw", b"\xff"), ("Host", "other.example")]
    answer = scene(server.url).client.ask("GET", "/", headers=given)
    asked = server.asked[0]
    assert (
        asked.headers("Accept"),
        asked.headers("X-Two"),
        asked.headers("X-Raw"),
    ) == (["text/html"], ["1", "2"], ["\xff"])
    assert asked.headers("Host") == ["other.example"]
    assert answer.request_headers.all("x-two") == ("1", "2")


@pytest.mark.parametrize("value", [b"Bearer ", b" padded", b"nul\x00", b"bell\x07"])
def test_header_values_that_libraries_refuse_go_out_as_they_are(serve, scene, respond, value):
    server = serve(lambda asked: respond(401))
    answer = scene(server.url).client.ask("GET", "/", headers=[("Authorization", value)])
    assert answer.status == 401
    assert b"\r\nAuthorization: " + value + b"\r\n" in server.asked[0].raw


@pytest.mark.parametrize(
    "question",
    [
        {"request_target": b"/\r\nX-Evil: 1"},
        {"request_target": b""},
        {"headers": [("X-Split", "a\r\nX-Evil: 1")]},
        {"headers": [("X Split", "a")]},
    ],
)
def test_what_would_make_another_request_is_not_sent(serve, scene, respond, question):
    server = serve(lambda asked: respond())
    with pytest.raises(Refused, match="Correct the request"):
        scene(server.url).client.ask("GET", "/", **question)
    assert server.asked == []


def test_methods_go_out_as_they_are_written(serve, scene, respond):
    server = serve(lambda asked: respond(405))
    made = scene(server.url, "[permits]\nwrites = true")
    made.client.ask("fOO", "/", writes=True)
    assert server.asked[0].method == "fOO"


def test_json_and_bodies_are_sent(serve, scene, respond):
    server = serve(lambda asked: respond())
    client = scene(server.url, "[permits]\nwrites = true").client
    client.ask("POST", "/", json={"a": [1]}, writes=True)
    client.ask("PUT", "/", body=b"\x00raw", writes=True)
    client.ask("POST", "/a b", request_target=b"/a b", body=b"raw", writes=True)
    assert [asked.body for asked in server.asked] == [b'{"a": [1]}', b"\x00raw", b"raw"]
    assert server.asked[0].header("Content-Type") == "application/json"


def test_header_lines_keep_case_order_and_repeats(serve, scene, respond):
    lines = [("X-B", "1"), ("x-a", "2"), ("X-B", "3"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")]
    answer = scene(serve(lambda asked: respond(200, b"{}", *lines)).url).client.ask("GET", "/")
    assert lines == list(answer.headers)[2:]
    assert answer.headers.all("Set-Cookie") == ("a=1", "b=2")


def test_five_thousand_headers_are_kept(serve, scene, respond):
    many = [(f"X-{number}", "v") for number in range(5000)]
    answer = scene(serve(lambda asked: respond(200, b"{}", *many)).url).client.ask("GET", "/")
    assert many == list(answer.headers)[2:]


def test_connections_are_kept_and_fresh_ones_are_new(serve, scene, respond):
    server = serve(lambda asked: respond())
    client = scene(server.url).client
    for _ in range(3):
        client.ask("GET", "/")
    for _ in range(3):
        client.ask("GET", "/", fresh=True)
    assert [asked.connection for asked in server.asked] == [1, 1, 1, 2, 3, 4]


def test_a_kept_connection_that_the_server_closed_is_no_failure_of_the_service(serve, scene, respond):
    # The second request on a connection meets the close only after it was sent: nothing of it was read.
    server = serve(
        lambda asked: respond() if sum(a.connection == asked.connection for a in server.asked) == 1 else None
    )
    client = scene(server.url).client
    client.ask("GET", "/")
    assert client.ask("GET", "/", retry=False).attempts == 1


def test_head_has_no_body(serve, scene):
    server = serve(lambda asked: b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n")
    answer = scene(server.url).client.ask("HEAD", "/")
    assert (answer.status, answer.body, answer.body_complete) == (200, b"", True)


@pytest.mark.parametrize("pieces", [[b"\r\n\r\nhello"], [b"\r\n\r\n", b"hel", b"lo"]])
def test_a_body_in_answer_to_head_is_read(serve, scene, pieces):
    server = serve(lambda asked: iter([b"HTTP/1.1 200 OK\r\nContent-Length: 5", *pieces]))
    answer = scene(server.url).client.ask("HEAD", "/")
    assert (200, b"hello") == (answer.status, answer.body)


def test_versions_seen_are_noted(serve, scene, respond):
    server = serve(lambda asked: respond(200, b"{}", ("X-Version", f"1.{len(server.asked)}")))
    client = scene(server.url, asking='version_header = "X-Version"').client
    client.ask("GET", "/")
    client.ask("GET", "/")
    assert {"1.1", "1.2"} == client.versions


def test_after_the_deadline_of_the_run_nothing_is_asked(serve, scene, respond, run: Run):
    server = serve(lambda asked: respond())
    made = scene(server.url)
    late = Client(made.target, run, redactor=made.redactor, deadline=0.0)
    with pytest.raises(Refused, match="run_deadline_seconds"):
        late.ask("GET", "/")
    assert server.asked == []


def test_the_environments_proxies_are_not_trusted(serve, scene, respond, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert scene(serve(lambda asked: respond()).url).client.ask("GET", "/").status == 200


def test_a_declared_proxy_is_asked_for_the_whole_address(serve, scene, respond):
    proxy = serve(lambda asked: respond())
    made = scene("http://127.0.0.1:9", asking=f'proxy = "{proxy.url}"')
    assert made.client.ask("GET", "/a?b").status == 200
    assert proxy.asked[0].target == "http://127.0.0.1:9/a?b"
    with pytest.raises(Refused, match="without a proxy"):
        made.client.ask("GET", "/", request_target=b"/a b")
