"""Where a request goes: scheme, host and port, parsed once, so that what is checked is what is connected to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986: every visible ASCII character stays as it is; what is not visible ASCII cannot be in a request line.
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Address:
    """An origin. ``host`` is lower case, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as a URL writes them, the scheme's own port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def split(url: str) -> tuple[Address, str]:
    """
    The origin and the request target (path and query, "/" where there is none, fragment dropped) of an absolute URL.

    Raises ValueError, with a sentence that does not repeat the URL, where it is none that may be asked.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        # urlsplit's own words quote what stands before the host, a password included.
        raise ValueError("the host is malformed") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"the scheme is http or https, not {parts.scheme or 'missing'}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user name or password stands in an address")
    if not parts.hostname or any(character <= " " or character in '\\<>"{}|^`%' for character in parts.hostname):
        raise ValueError("the host is missing or malformed")
    try:
        host = parts.hostname.encode("idna").decode("ascii") if not parts.hostname.isascii() else parts.hostname
        port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError as error:
        raise ValueError("the host or port is malformed") from error
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, host, port), target


def visible(target: str) -> bytes:
    """A request target in visible ASCII: what is visible stays byte for byte, the rest is percent-encoded UTF-8."""
    if target.isascii() and target.isprintable() and " " not in target:
        return target.encode("ascii")
    return quote(target, safe=_VISIBLE).encode("ascii")
