"""A connection keeps to its own host, its deadline and its bound, and asks twice only what may be asked twice."""

import socket
import ssl
import threading
import time

import pytest

from load.connection import Connection, NoAnswer, Server
from prodverify.wire.address import Address

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CLOSE = object()


@pytest.fixture
def server():
    """A server that answers each request with the next script: bytes to send, seconds to wait, or CLOSE."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads, asked = [], []

    def converse(connected, scripts):
        with connected:
            while scripts and (request := connected.recv(65_536)):
                asked.append(request)
                for part in scripts.pop(0):
                    if part is CLOSE:
                        return
                    if isinstance(part, float):
                        time.sleep(part)
                    else:
                        connected.sendall(part)
            connected.recv(1)

    def accept(scripts):
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=converse, args=(connected, scripts), daemon=True))
            threads[-1].start()

    def start(*scripts, deadline=2.0, tls=None):
        threads.append(threading.Thread(target=accept, args=(list(scripts),), daemon=True))
        threads[-1].start()
        address = Address("http", "127.0.0.1", listening.getsockname()[1])
        connection = Connection(Server(address, tls, 1.0, deadline, 1_000))
        opened.append(connection)
        return connection, asked

    opened = []
    yield start
    for connection in opened:
        connection.close()
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join(timeout=5)


def ask(connection, *, method="GET", again=True):
    request = f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    return connection.ask(request, method=method, keep_body=True, again=again)


@pytest.mark.parametrize(
    ("script", "status", "body"),
    [
        ([OK], 200, b"hi"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", 0.05, b"0\r\n\r\n"], 200, b"hi"),
        ([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi", CLOSE], 200, b"hi"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", 0.05, OK], 200, b"hi"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 204, b""),
        ([b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n"], 302, b""),
    ],
)
def test_an_answer_is_read_to_its_end_and_never_followed(server, script, status, body):
    connection, asked = server(script)
    assert ask(connection)[:2] == (status, body)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi", CLOSE], "connection closed in the middle of an answer"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5_000], "answer larger than 1000 bytes"),
        ([b"SSH-2.0-OpenSSH\r\n"], "answer is not HTTP/1.1"),
        ([b"HTTP/1.1 200 OK\r\n", 0.3, b"A: b\r\n", 0.3, b"C: d\r\n"], "no answer within 0.5 s"),
        ([CLOSE], "connection closed before an answer"),
        ([b"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n" + OK], "more than one answer to one request"),
        ([OK + OK[:9]], "more than one answer to one request"),
    ],
)
def test_what_is_no_whole_answer_has_a_reason(server, script, reason):
    connection, _ = server(script, deadline=0.5)
    with pytest.raises(NoAnswer, match=f"^{reason}$"):
        ask(connection, again=False)


def test_a_kept_connection_that_ends_is_replaced_for_idempotent_requests(server):
    connection, asked = server([OK], [CLOSE], [OK])
    assert [ask(connection).status, ask(connection).status] == [200, 200]
    assert len(asked) == 3


def test_a_request_that_writes_is_never_sent_twice(server):
    connection, asked = server([OK], [CLOSE], [OK])
    ask(connection, method="POST", again=False)
    with pytest.raises(NoAnswer, match="closed before an answer"):
        ask(connection, method="POST", again=False)
    assert len(asked) == 2


def test_nobody_listening_is_a_reason_too():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NoAnswer, match=r"^connection failed: Connection refused$"):
        ask(Connection(Server(Address("http", "127.0.0.1", port), None, 1.0, 1.0, 1_000)))


def test_a_failed_handshake_is_named_as_openssl_names_it(server):
    connection, _ = server([b"HTTP/1.1 400 Bad Request\r\n\r\n", CLOSE], tls=ssl.create_default_context())
    with pytest.raises(NoAnswer, match=r"^connection failed: [A-Z_]+$"):
        ask(connection)
