"""What an address, a host, a header name and a path may look like in a target file."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token, RFC 9110 section 5.6.2."""

FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection"})
"""Headers that say where a message goes and ends; a credential never travels in them."""

CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})
"""Headers that a role sends; what stands in a target file is no secret."""

OURS = frozenset({"user-agent", "x-prodverify-run", "traceparent", "accept-encoding"})
"""Header lines by which the suite says who asks, and which encodings it reads."""

VALUE = re.compile(r"[!-~]([ !-~]*[!-~])?")
"""What is sent as the value of a header: visible ASCII, with spaces inside."""

_LABEL = "[A-Za-z0-9_-]{1,63}"
HOST = re.compile(rf"(?:\[[0-9A-Fa-f:.]+\]|(?![_-]){_LABEL}(?:\.{_LABEL})*(?<![_-]))(?::(?P<port>[0-9]{{1,5}}))?")
"""An address of IPv6 in brackets, or labels of at most 63 characters (RFC 1035 section 2.3.4): no other is looked up."""

TARGET = re.compile(r"[!-~]+")
"""Visible ASCII, of which RFC 9112 section 3.2 makes request targets."""


def wrong_url(url: str, *, origin_only: bool) -> str:
    """
    What keeps ``url`` from being an absolute http or https address; empty where nothing does.

    ``origin_only`` admits no path but ``/`` and no query. The address itself is never quoted: it may hold a password.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return 'expected an absolute http or https address, as "https://api.example"'
    if parts.username is not None or parts.password is not None:
        return "expected an address without user name or password; put them into [secrets] and a role"
    if not TARGET.fullmatch(url) or not HOST.fullmatch(parts.netloc) or not _port_fits(parts.netloc):
        return "expected a host and, after a colon, a port from 1 to 65535, in visible ASCII characters"
    if "#" in url:
        return "expected an address without fragment: what follows # is never sent"
    if origin_only and (parts.path not in {"", "/"} or "?" in url):
        return "expected an address without path and query; paths belong to [[health]] and [[endpoints]]"
    return ""


def wrong_host(host: str) -> str:
    """What keeps ``host`` from being ``host`` or ``host:port``; empty where nothing does."""
    if "://" in host or "/" in host or "*" in host or "@" in host:
        return 'expected a host alone, as "login.example" or "login.example:8443", without scheme, path or *'
    if not HOST.fullmatch(host) or not _port_fits(host):
        return 'expected a host or host:port, as "login.example:8443"'
    return ""


def wrong_listener(listen: str) -> str:
    """What keeps ``listen`` from being ``address:port``, port 0 for any free one; empty where nothing does."""
    match = HOST.fullmatch(listen)
    if not match or match["port"] is None or int(match["port"]) > 65535:
        return 'expected address:port, as "127.0.0.1:0" for any free port'
    return ""


def wrong_header(name: str) -> str:
    """What keeps ``name`` from naming a header; empty where nothing does."""
    if not HEADER_NAME.fullmatch(name):
        return 'expected the name of a header, as "X-Request-ID", without colon and spaces'
    return ""


def wrong_path(path: str) -> str:
    """What keeps ``path`` from being sent as it stands; empty where nothing does."""
    if "#" in path:
        return "expected a path without fragment: what follows # is never sent"
    if not TARGET.fullmatch(path):
        return "expected visible ASCII characters; percent-encode all others (RFC 3986 section 2.1)"
    return ""


def origin_of(url: str) -> str:
    """``host:port`` of an address that ``wrong_url`` finds nothing wrong with, the scheme's port where it has none."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself: localhost or a loopback address, one of IPv6 in brackets or without."""
    host = host.strip("[]")
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _port_fits(netloc: str) -> bool:
    match = HOST.fullmatch(netloc)
    return match is not None and (match["port"] is None or 0 < int(match["port"]) <= 65535)
