"""Deliveries are kept byte for byte, and every process of the run reads them."""

import http.client
import multiprocessing
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from prodverify.wire import clock
from prodverify.wire.inbox import MOST_DELIVERIES, Inbox, Reply, Script
from prodverify.wire.receiver import MAX_BODY_BYTES, Receiver


@pytest.fixture
def receiver(run):
    with Receiver("127.0.0.1:0", "", run.folder) as listening:
        yield listening


def deliver(url, body=b"{}", headers=(), method="POST"):
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)) as connection:
        connection.putrequest(method, parts.path)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status


def said(receiver, data):
    parts = urlsplit(receiver.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(data)
        return connection.recv(65536)


def test_a_delivery_is_kept_byte_for_byte(receiver):
    inbox, other = receiver.inbox(), receiver.inbox()
    before = clock.now()
    lines = [("X-Signature", "sha256=ab"), ("x-twice", "1"), ("X-Twice", "2")]
    assert deliver(inbox.url, b'{"a":\xff 1}\r\n', lines) == 200
    [delivery] = inbox.deliveries()
    assert (delivery.method, delivery.body) == ("POST", b'{"a":\xff 1}\r\n')
    assert lines == [line for line in delivery.headers if line[0].lower() in ("x-signature", "x-twice")]
    assert before <= delivery.received_at <= clock.now()
    assert other.deliveries() == ()


def test_an_inbox_answers_with_the_body_that_its_script_says(run, receiver):
    inbox = Inbox.new(receiver.url, run.folder, Script((Reply(body='{"keys":[]}'),)))
    path = urlsplit(inbox.url).path.encode()
    assert said(receiver, b"GET %b HTTP/1.1\r\nHost:a\r\n\r\n" % path).endswith(b'\r\n\r\n{"keys":[]}')
    assert [delivery.method for delivery in inbox.deliveries()] == ["GET"]


def test_deliveries_keep_their_order(receiver):
    inbox = receiver.inbox()
    for number in range(5):
        deliver(inbox.url, str(number).encode())
    assert [delivery.body for delivery in inbox.deliveries()] == [b"0", b"1", b"2", b"3", b"4"]


def _worker(url, folder, ours, theirs):
    inbox = Inbox.new(url, folder)
    ours.put(inbox.url)
    theirs.get(timeout=10)
    ours.put([delivery.body for delivery in Inbox.read(folder, inbox.token)])


def test_a_worker_makes_its_own_inbox_and_reads_it(receiver, run):
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Queue(), context.Queue()
    worker = context.Process(target=_worker, args=(receiver.url, run.folder, ours, theirs))
    worker.start()
    deliver(ours.get(timeout=10), b"for the worker")
    theirs.put("go")
    assert ours.get(timeout=10) == [b"for the worker"]
    worker.join(10)


@pytest.mark.parametrize("path", ["/", "/" + "0" * 32, "/../learned", "/%2e%2e", "/" + "0" * 31 + "/"])
def test_only_inboxes_that_exist_are_taken(receiver, run, path):
    assert deliver(receiver.url + path) == 404


def test_chunked_bodies_and_expectations_are_read(receiver):
    inbox = receiver.inbox()
    path = urlsplit(inbox.url).path.encode()
    answer = said(
        receiver,
        b"POST %b HTTP/1.1\r\nHost:a\r\nTransfer-Encoding:chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" % path,
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert [delivery.body for delivery in inbox.deliveries()] == [b"abc"]


def test_deliveries_are_bounded(receiver):
    inbox = receiver.inbox()
    path = urlsplit(inbox.url).path.encode()
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (path, MAX_BODY_BYTES + 1)
    parts = urlsplit(receiver.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(head + bytes(MAX_BODY_BYTES + 1))
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert inbox.deliveries() == ()
    statuses = [deliver(inbox.url) for _ in range(MOST_DELIVERIES + 1)]
    assert statuses == [200] * MOST_DELIVERIES + [429]


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_nonsense_is_refused(receiver, data):
    assert said(receiver, data).startswith(b"HTTP/1.1 400 ")


def test_the_public_address_is_what_inboxes_are_told(run):
    with Receiver("127.0.0.1:0", "https://hooks.example/ours/", run.folder) as listening:
        assert listening.inbox().url.startswith("https://hooks.example/ours/")


def test_an_inbox_answers_as_its_script_says(receiver, run):
    script = Script((Reply(500), Reply(302, location="https://elsewhere.example/"), Reply(410)))
    inbox = Inbox.new(receiver.url, run.folder, script)
    parts = urlsplit(inbox.url)

    answers = []
    for _ in range(4):
        with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)) as connection:
            connection.request("POST", parts.path, b"{}")
            answer = connection.getresponse()
            answers.append((answer.status, answer.headers["Location"]))
    assert [(500, None), (302, "https://elsewhere.example/"), (410, None), (410, None)] == answers
    assert 200 == deliver(receiver.inbox().url)


def test_a_script_asks_to_be_left_in_peace_and_answers_each_by_itself_that_its_header_tells_apart(receiver, run):
    inbox = receiver.inbox()
    assert 200 == deliver(inbox.url)
    inbox.follow(Script((Reply(503, retry_after_seconds=7), Reply(204)), apart_by="X-Event"))
    path = urlsplit(inbox.url).path.encode()

    def answer(event):
        return said(receiver, b"POST %b HTTP/1.1\r\nHost:a\r\nx-event: %b\r\nContent-Length:0\r\n\r\n" % (path, event))

    first = answer(b"one")
    assert first.startswith(b"HTTP/1.1 503")
    assert b"\r\nRetry-After: 7\r\n" in first
    assert answer(b"two").startswith(b"HTTP/1.1 503")
    again = answer(b"one")
    assert again.startswith(b"HTTP/1.1 204")
    assert b"Retry-After" not in again


def test_the_first_answer_can_be_repeated_for_a_time(receiver, run):
    inbox = Inbox.new(receiver.url, run.folder, Script((Reply(500), Reply(200)), first_for_seconds=0.3))

    assert [500, 500] == [deliver(inbox.url), deliver(inbox.url)]
    began = inbox.deliveries()[0].received_at
    clock.poll(lambda: clock.now() - began > 0.3 or None, within_seconds=2, what="the time is over")
    assert 200 == deliver(inbox.url)


def test_who_waits_for_a_late_answer_gets_it_and_who_hangs_up_is_noted(receiver, run):
    inbox = Inbox.new(receiver.url, run.folder, Script((Reply(204, delay_seconds=0.1), Reply(200, delay_seconds=5.0))))
    assert 204 == deliver(inbox.url)

    parts = urlsplit(inbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" % parts.path.encode())
        clock.poll(lambda: inbox.deliveries()[1:] or None, within_seconds=2, what="it is kept before it is answered")
    clock.poll(lambda: inbox.deliveries()[1].hung_up_at, within_seconds=2, what="the end is noted")
    first, second = inbox.deliveries()
    assert first.hung_up_at is None
    assert second.received_at <= second.hung_up_at < second.received_at + 5


def test_a_closed_receiver_is_gone(run):
    listening = Receiver("127.0.0.1:0", "", run.folder)
    url = listening.inbox().url
    assert deliver(url) == 200
    listening.close()
    with pytest.raises(ConnectionRefusedError):
        deliver(url)
