"""Relay connects to no private network, whatever a callback is called."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest

from fixtures.relay.addresses import Forbidden, allowed, check, parse, resolve

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


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "127.1.",
        "0177.0.0.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_an_address_in_disguise_is_forbidden_by_its_form(host):
    with pytest.raises(Forbidden, match="written in a form that Relay does not deliver to"):
        parse(f"http://{host}:8080/hook")


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:220:1::1]", "receiver.example", "7.receiver.example"])
def test_a_host_in_its_usual_form_is_let_in(host):
    check(parse(f"https://{host}/hook"), practice=False)


@pytest.mark.parametrize(
    "url", ["ftp://h.example/", "file:///etc/hosts", "gopher://h.example/", "http://u:p@h.example/"]
)
def test_other_schemes_and_users_are_forbidden(url):
    with pytest.raises(Forbidden):
        parse(url)


@pytest.mark.parametrize(("port", "lawful"), [(22, False), (1023, False), (1024, True), (80, True), (443, True)])
def test_only_ports_of_web_servers_are_let_in(port, lawful):
    if lawful:
        assert port == parse(f"http://h.example:{port}/").port
    else:
        with pytest.raises(Forbidden, match="port"):
            parse(f"http://h.example:{port}/")


@pytest.mark.parametrize(
    ("host", "practice", "lawful"),
    [
        ("169.254.169.254", True, False),
        ("0.0.0.0", True, False),
        ("metadata.google.internal", True, False),
        ("metadata.google.internal.", True, False),
        ("127.0.0.1", True, True),
        ("localhost", True, True),
        ("127.0.0.1", False, False),
        ("10.0.0.1", False, False),
        ("100.64.0.1", False, False),
        ("[fd00::1]", False, False),
        ("[fe80::1]", True, False),
        ("localhost", False, False),
        ("a.localhost", False, False),
    ],
)
def test_a_host_that_says_where_it_leads_is_judged_when_it_is_named(host, practice, lawful):
    callback = parse(f"http://{host}:8080/")
    if lawful:
        check(callback, practice=practice)
    else:
        with pytest.raises(Forbidden, match="leads into a network"):
            check(callback, practice=practice)
