"""Of all that comes to an address that is registered, what we caused counts."""

from __future__ import annotations

from urllib.request import Request, urlopen

import pytest

from fixtures.watched import Watched
from prodverify.wire.receiver import Receiver


@pytest.fixture
def watched(tmp_path):
    with Receiver("127.0.0.1:0", "", tmp_path) as receiver:
        watched = Watched(receiver.inbox())
        for said in ({}, {"X-Request-ID": "theirs"}, {"x-request-id": " ours "}, {"X-Request-ID": "ours"}):
            urlopen(Request(watched.url, b"{}", said), timeout=5).close()
        yield watched


def test_what_names_our_request_is_told_from_the_rest(watched):
    assert 4 == len(watched.attempts())
    assert 2 == len(watched.by("X-Request-ID", "ours").attempts())
    assert 1 == len(watched.by("X-Request-ID", "").attempts())
    assert 4 == len(watched.by("X-Request-ID", "ours").everything().attempts())


def test_what_came_before_we_caused_anything_does_not_count(watched):
    second = watched.attempts()[1]

    assert [second, *watched.attempts()[2:]] == [*watched.since(second.received_at).attempts()]
    assert 2 == len(watched.since(second.received_at + 1e-6).attempts())
