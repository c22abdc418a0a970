"""A metrics page as it comes over the wire: packed, endless, or cut."""

from __future__ import annotations

import gzip
import itertools

import pytest

from prodverify.judges import metrics_page
from prodverify.judges.metrics_text import Page, Unreadable, read

LINE = b'answers_total{path="/a"} 1\n'
KIND = "text/plain; version=0.0.4"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"


@pytest.fixture
def page(serve, scene):
    """The page that a server answers with."""

    def ask(answer):
        server = serve(answer if callable(answer) else lambda _: answer)
        return read(scene(server.url).client.ask("GET", "/metrics"))

    return ask


def test_a_packed_page_is_read(page, respond):
    told = page(respond(200, gzip.compress(LINE), ("Content-Encoding", "gzip"), kind=KIND))
    assert isinstance(told, Page)
    assert ["answers_total"] == [line.name for line in told.lines]


def test_a_page_without_end_is_left_and_told_of_in_one_sentence(page):
    told = page(lambda _: itertools.chain([HEAD + b"Connection: close\r\n\r\n"], itertools.repeat(LINE * 1000)))
    assert isinstance(told, Unreadable)
    found = metrics_page.judge(told)
    assert [("inconclusive", "metrics-page-too-large")] == [(str(one.severity), one.rule) for one in found]


def test_a_page_that_unpacks_to_far_more_is_left(page, respond):
    bomb = gzip.compress(b"\n" * (64 << 20))
    told = page(respond(200, bomb, ("Content-Encoding", "gzip"), kind=KIND))
    assert isinstance(told, Unreadable)
    assert "metrics-page-too-large" == told.rule


def test_a_page_that_ends_before_its_length_is_cut(page):
    told = page(lambda _: iter([HEAD + b"Content-Length: 900\r\n\r\n" + LINE]))
    assert isinstance(told, Unreadable)
    assert "metrics-page-cut" == told.rule
