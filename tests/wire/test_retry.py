"""What is retried, and what never is."""

import time

import pytest

from prodverify.wire import retry_after
from prodverify.wire.exchange import HeaderList
from prodverify.wire.unjudged import Unanswered


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_that_comes_back_is_seen_in_attempts(serve, scene, respond, status):
    server = serve(lambda asked: respond(status if len(server.asked) < 3 else 200))
    made = scene(server.url)
    answer = made.client.ask("GET", "/")
    assert (answer.status, answer.attempts, made.client.spent) == (200, 3, 3)
    assert [status, status, 200] == [told.status for told in made.told]


def test_after_three_attempts_the_answer_stands(serve, scene, respond):
    server = serve(lambda asked: respond(503))
    answer = scene(server.url).client.ask("GET", "/")
    assert (answer.status, len(server.asked)) == (503, 3)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 501])
def test_other_statuses_are_answers(serve, scene, respond, status):
    server = serve(lambda asked: respond(status, b"{}", ("Retry-After", "0")))
    assert scene(server.url).client.ask("GET", "/").attempts == 1
    assert len(server.asked) == 1


def test_writes_and_health_paths_are_never_retried(serve, scene, respond):
    server = serve(lambda asked: respond(503))
    client = scene(server.url, "[permits]\nwrites = true").client
    assert client.ask("POST", "/", writes=True).status == 503
    assert client.ask("GET", "/", retry=False).status == 503
    assert len(server.asked) == 2


def test_a_broken_write_is_never_sent_again(serve, scene):
    server = serve(lambda asked: None)
    with pytest.raises(Unanswered):
        scene(server.url, "[permits]\nwrites = true").client.ask("POST", "/", writes=True)
    assert len(server.asked) == 1


def test_a_broken_connection_is_retried(serve, scene, respond):
    server = serve(lambda asked: None if len(server.asked) < 3 else respond())
    answer = scene(server.url).client.ask("GET", "/")
    assert (answer.status, answer.attempts) == (200, 3)


def test_retry_after_is_honoured(serve, scene, respond):
    server = serve(lambda asked: respond(503 if len(server.asked) < 2 else 200, b"", ("Retry-After", "1")))
    started = time.monotonic()
    assert scene(server.url).client.ask("GET", "/").status == 200
    assert 1.0 <= time.monotonic() - started < 1.5


def test_a_wait_beyond_the_deadline_is_not_waited(serve, scene, respond):
    server = serve(lambda asked: respond(503, b"", ("Retry-After", "60")))
    started = time.monotonic()
    answer = scene(server.url).client.ask("GET", "/")
    assert (answer.status, answer.attempts) == (503, 1)
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("1.5", None),
        ("-1", None),
        ("10s", None),
        ("", None),
        ("soon", None),
        ("²", None),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("Sat, 99 Nov 2026 09:00:00 GMT", None),
    ],
)
def test_retry_after_has_two_forms(value, seconds):
    headers = HeaderList([("Date", "Sat, 21 Nov 2026 10:00:00 GMT"), ("Retry-After", value)])
    assert seconds == retry_after.seconds(headers)
