"""Whatever a server does, the exchange ends in time, within bounds, and says what happened."""

import contextlib
import gzip
import socket
import time
import tracemalloc

import pytest

from prodverify.wire.unjudged import Unanswered


def drip(data, pause=0.05, times=400):
    for _ in range(times):
        yield data
        time.sleep(pause)


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("target", [b"/", b"/a b"])
def test_a_dripping_server_ends_with_the_deadline(serve, scene, first, piece, target):
    def answer(asked):
        yield first
        yield from drip(piece)

    client = scene(serve(answer).url).client
    started = time.monotonic()
    with pytest.raises(Unanswered, match="no whole answer in time") as caught:
        client.ask("GET", "/", deadline_seconds=0.3, request_target=target)
    assert 0.25 < time.monotonic() - started < 0.6
    assert (caught.value.kind, caught.value.ours) == ("timeout", False)


def test_a_server_that_says_nothing_is_a_timeout(serve, scene):
    def answer(asked):
        time.sleep(0.5)
        yield b""

    with pytest.raises(Unanswered, match="no byte came") as caught:
        scene(serve(answer).url).client.ask("GET", "/", deadline_seconds=0.2)
    assert caught.value.kind == "timeout"


def test_a_server_that_never_accepts_is_a_timeout(scene):
    # A full backlog: the kernel drops what knocks.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = []
        try:
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(("127.0.0.1", port))
            with pytest.raises(Unanswered) as caught:
                scene(f"http://127.0.0.1:{port}").client.ask("GET", "/", deadline_seconds=0.3)
            assert caught.value.kind == "timeout"
        finally:
            for knocking in waiting:
                knocking.close()


def test_nobody_listens(scene):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = scene(f"http://127.0.0.1:{port}").client
    with pytest.raises(Unanswered, match="Connection refused") as caught:
        client.ask("GET", "/?key=hidden")
    assert (caught.value.kind, caught.value.ours, client.requests) == ("connect", False, 3)
    assert "hidden" not in str(caught.value)
    with pytest.raises(Unanswered):
        client.ask("GET", "/", retry=False)
    assert client.requests == 4


def test_an_address_that_swallows_everything_leaves_time_for_the_next(serve, scene, respond, monkeypatch):
    server = serve(lambda asked: respond())
    port = int(server.url.rpartition(":")[2])
    resolve = socket.getaddrinfo
    both = [entry for address in ("127.0.0.2", "127.0.0.1") for entry in resolve(address, 0, type=socket.SOCK_STREAM)]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *asked, **how: both if host == "two.example" else resolve(host, *asked, **how),
    )
    with socket.socket() as swallowing, contextlib.ExitStack() as waiting:
        swallowing.bind(("127.0.0.2", port))
        swallowing.listen(0)
        for _ in range(3):  # beyond its backlog nobody is answered any more
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.2", port))
        client = scene(f"http://two.example:{port}", asking="connect_timeout_seconds = 0.4").client
        assert 200 == client.ask("GET", "/", retry=False).status


def test_a_name_without_address_is_our_own_trouble(scene):
    with pytest.raises(Unanswered, match="was not resolved") as caught:
        scene("http://no-such-host.invalid").client.ask("GET", "/", retry=False)
    assert (caught.value.kind, caught.value.ours) == ("dns", True)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", "closed"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", "closed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 300_000, "protocol"),
        (b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n", "protocol"),
    ],
)
@pytest.mark.parametrize("target", [b"/", b"/a b"])
def test_what_is_no_answer_says_so(serve, scene, said, kind, target):
    client = scene(serve(lambda asked: iter([said])).url).client
    with pytest.raises(Unanswered) as caught:
        client.ask("GET", "/", request_target=target, retry=False)
    assert (kind, False) == (caught.value.kind, caught.value.ours)
    assert caught.value.finding.next_step


def test_an_endless_head_is_too_large(serve, scene):
    def answer(asked):
        while True:
            yield b"HTTP/1.1 100 Continue\r\n\r\n" * 1000

    with pytest.raises(Unanswered) as caught:
        scene(serve(answer).url, asking="max_wire_kilobytes = 64").client.ask("GET", "/")
    assert caught.value.kind == "too-large"


@pytest.mark.parametrize("target", [b"/", b"/a b"])
def test_a_flood_is_cut_at_the_wire(serve, scene, target):
    def answer(asked):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
        while True:
            yield b"x" * 65536

    answer = scene(serve(answer).url, asking="max_wire_kilobytes = 100").client.ask("GET", "/", request_target=target)
    assert (len(answer.body), answer.body_complete, answer.body_broken) == (100 * 1024, False, False)
    assert answer.body_note == "only 100 KiB are read from the wire"


def test_chunks_of_one_byte_are_cut_at_the_wire_too(serve, scene):
    def answer(asked):
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"00000000000000001\r\nx\r\n" * 1000

    answer = scene(serve(answer).url, asking="max_wire_kilobytes = 64").client.ask("GET", "/")
    assert not answer.body_complete
    assert len(answer.body) < 64 * 1024


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_does_not_grow(serve, scene, respond, layers):
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 9)
    if layers == 2:
        bomb = gzip.compress(bomb, 9)
    coding = ("Content-Encoding", ", ".join(["gzip"] * layers))
    client = scene(serve(lambda asked: respond(200, bomb, coding)).url, asking="max_body_kilobytes = 512").client
    tracemalloc.start()
    try:
        answer = client.ask("GET", "/")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(answer.body), answer.body_complete) == (512 * 1024, False)
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("target", [b"/", b"/a b"])
def test_a_connection_that_closes_mid_body_leaves_what_came(serve, scene, target):
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    client = scene(serve(lambda asked: iter([said])).url).client
    answer = client.ask("GET", "/", request_target=target)
    assert (answer.body, answer.body_complete, answer.body_broken) == (b"half", False, True)
    assert answer.body_note == "the connection ended before the body did"


@pytest.mark.parametrize("chunk", [b"zz\r\nabc", b"-1\r\nabc", b"1;" + b"x" * 300_000])
@pytest.mark.parametrize("target", [b"/", b"/a b"])
def test_chunks_that_are_none_leave_what_came(serve, scene, target, chunk):
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n" + chunk
    client = scene(serve(lambda asked: iter([said])).url).client
    answer = client.ask("GET", "/", request_target=target)
    assert (answer.body, answer.body_note) == (b"a", "the body's framing is no HTTP/1.1")
    assert answer.body_broken


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{} and more"),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nmore"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\nmore"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore"),
    ],
)
def test_what_follows_an_answer_is_not_taken_for_the_next_one(serve, scene, respond, first, said, method):
    server = serve(lambda asked: said if len(server.asked) == 1 else respond(200, b'"second"'))
    client = scene(server.url, "[permits]\nwrites = true").client
    client.ask(first, "/", retry=False)
    second = client.ask(method, "/", writes=True, retry=False)
    assert (b'"second"', 2, 2) == (second.body, len(server.asked), server.connections)
    assert 0 < second.elapsed_ms < 2000


def test_no_message_holds_the_credential_that_a_server_echoes(serve, scene):
    secret = "s3cr3t-value-of-admin"
    text = '[roles.admin]\nscheme = "header"\ncredential = "admin_key"'
    server = serve(lambda asked: iter([asked.header("X-API-Key").encode() + b"\r\n\r\n"]))
    made = scene(server.url, text, secrets={"admin_key": secret})
    with pytest.raises(Unanswered) as caught:
        made.client.ask("GET", "/", role="admin", retry=False)
    assert secret == server.asked[0].header("X-API-Key")
    assert secret not in str(caught.value)


def test_a_repr_holds_no_credential(serve, scene, respond):
    secret = "s3cr3t-value-of-admin"
    text = '[roles.admin]\nscheme = "bearer"\ncredential = "admin_key"'
    server = serve(lambda asked: respond(200, b"{}", ("Set-Cookie", f"sid={secret}; Secure")))
    made = scene(server.url, text, secrets={"admin_key": secret})
    answer = made.client.ask("GET", f"/?token={secret}", role="admin")
    assert secret not in repr(answer) + repr(answer.headers) + repr(answer.request_headers) + repr(made.redactor)
    assert "Bearer [redacted]" in repr(answer.request_headers)
