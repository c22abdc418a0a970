"""Relay connects to no private network, whatever a callback is called."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest

from fixtures.relay.addresses import Forbidden, allowed, parse, resolve

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fd00::1",
    "fe80::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_connected_to(address):
    assert not allowed(ipaddress.ip_address(address), practice=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_a_public_address_is_connected_to(address):
    assert allowed(ipaddress.ip_address(address), practice=False)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "0.0.0.0", "::ffff:169.254.169.254", "224.0.0.1"])
def test_practice_does_not_open_link_local_networks(address):
    assert not allowed(ipaddress.ip_address(address), practice=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
    ],
)
def test_a_loopback_address_in_disguise_is_forbidden_without_practice(url):
    with pytest.raises(Forbidden, match="does not deliver to"):
        asyncio.run(resolve(parse(url), practice=False))


def test_practice_delivers_to_the_loopback_interface():
    assert asyncio.run(resolve(parse("http://127.0.0.1:8080/hook"), practice=True)) == "127.0.0.1"


def test_a_callback_keeps_its_path_and_query():
    callback = parse("https://receiver.example/hook?a=1&b=%20#fragment")

    assert (
        callback.host,
        callback.port,
        callback.target,
        callback.secure,
    ) == ("receiver.example", 443, "/hook?a=1&b=%20", True)


@pytest.mark.parametrize("host", ["a..b", ".example", f"{'x' * 64}.example"])
def test_a_host_that_cannot_be_a_name_is_forbidden(host):
    with pytest.raises(Forbidden, match="must name a host"):
        asyncio.run(resolve(parse(f"https://{host}/"), practice=True))
