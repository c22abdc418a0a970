"""Forbidden addresses are of the kind that they are called, and lead to nobody but us."""

from __future__ import annotations

import socket
from typing import get_args
from urllib.parse import urlsplit

import pytest

from fixtures.destinations import WORDS, leading, standing
from prodverify.target.webhook_targets import Kind

OURS = "http://127.0.0.1:8999/hooks/abc"
NUMERIC = ("decimal", "hexadecimal", "short")


def test_every_kind_has_its_words_and_stands_for_an_address():
    assert set(get_args(Kind)) == set(WORDS)
    addresses = [standing(kind, "https://hooks.example/x", "https://api.example") for kind in WORDS]
    assert len(WORDS) == len(set(addresses))
    assert "https://api.example/" == standing("own-host", "https://hooks.example/x", "https://api.example")
    assert "http://hooks.example:22/" == standing("port", "https://hooks.example/x", "https://api.example")


@pytest.mark.parametrize("kind", NUMERIC)
@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3"])
def test_a_disguise_is_read_as_the_address_that_it_hides(kind, address):
    parts = urlsplit(leading(kind, f"http://{address}:8999/x"))

    assert address == socket.inet_ntoa(socket.inet_aton(parts.hostname))
    assert (8999, "/x") == (parts.port, parts.path)


@pytest.mark.parametrize("kind", WORDS)
def test_what_leads_to_us_leads_to_nobody_else(kind):
    address = leading(kind, OURS)
    hosts = {"127.0.0.1", "localhost", "0.0.0.0", "::ffff:127.0.0.1", "2130706433", "0x7f.1", "127.1"}

    assert not address or address == "file:///dev/null" or urlsplit(address).hostname in hosts
    assert urlsplit(address).port in (None, 8999, 22)


@pytest.mark.parametrize(
    ("url", "kinds"),
    [
        ("https://hooks.example/x", {"userinfo", "ftp", "gopher", "file"}),
        ("http://10.1.2.3:8999/x", {"userinfo", "ftp", "gopher", "file", *NUMERIC, "mapped"}),
    ],
)
def test_a_receiver_elsewhere_is_said_in_fewer_ways(url, kinds):
    assert kinds == {kind for kind in WORDS if leading(kind, url)}


def test_a_form_keeps_what_else_the_address_says():
    assert "http://user:pw@127.0.0.1:8999/hooks/abc" == leading("userinfo", OURS)
    assert "ftp://127.0.0.1:8999/hooks/abc" == leading("ftp", OURS)
    assert "http://[::ffff:127.0.0.1]:8999/hooks/abc" == leading("mapped", OURS)
    assert "http://127.0.0.1:22/hooks/abc" == leading("port", OURS)
