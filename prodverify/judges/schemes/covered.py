"""
The bytes that an HTTP message signature is over: the covered components, one a line, and the parameters.

RFC 9421 section 2.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import http_sf

from prodverify.judges.quotation import quote as quoted
from prodverify.judges.schemes.message import Message

_PORTS = {"http": 80, "https": 443}


class UnknownComponent(ValueError):  # noqa: N818 - it is the message's choice, not the program's error
    """A component that we cannot rebuild; its text names it."""


def base_of(message: Message, label: str, components: list[Any], parameters: dict[str, Any]) -> bytes:
    """The signature base of one label. Raises UnknownComponent."""
    write: Any = http_sf.ser
    lines = []
    for name, modifiers in components:
        if not isinstance(name, str):
            raise UnknownComponent("what is no name")
        try:
            identifier = write((name, modifiers))
        except ValueError:
            raise UnknownComponent(quoted(name, 40)) from None
        lines.append(f"{identifier}: {_value(message, name, modifiers)}")
    try:
        whole: str = write({label: (components, parameters)})
    except ValueError:
        raise UnknownComponent("parameters that cannot be written") from None
    lines.append(f'"@signature-params": {whole.partition("=")[2]}')
    return "\n".join(lines).encode("latin-1", "replace")


def _value(message: Message, name: str, modifiers: dict[str, Any]) -> str:
    if not name.startswith("@"):
        return _field(message, name, modifiers)
    if name == "@query-param" and set(modifiers) == {"name"}:
        return _query_parameter(message, str(modifiers["name"]))
    if modifiers:
        raise UnknownComponent(quoted(name, 40))
    if name == "@method":
        return message.method
    try:
        parts = urlsplit(message.url)
        port = parts.port
    except ValueError:
        raise UnknownComponent(quoted(name, 40)) from None
    host = (parts.hostname or "") + (f":{port}" if port and port != _PORTS.get(parts.scheme) else "")
    path, query = parts.path or "/", f"?{parts.query}" if parts.query else ""
    derived = {
        "@target-uri": message.url,
        "@authority": host,
        "@scheme": parts.scheme,
        "@request-target": path + query,
        "@path": path,
        "@query": query or "?",
    }
    if name not in derived:
        raise UnknownComponent(quoted(name, 40))
    return derived[name]


def _field(message: Message, name: str, modifiers: dict[str, Any]) -> str:
    if modifiers or name != name.lower() or name not in message.headers:
        raise UnknownComponent(f"{quoted(name, 40)}{' with modifiers' if modifiers else ', which is not there'}")
    return ", ".join(value.strip(" \t") for value in message.headers.all(name))


def _query_parameter(message: Message, name: str) -> str:
    try:
        pairs = parse_qsl(urlsplit(message.url).query, keep_blank_values=True)
    except ValueError:
        pairs = []
    values = [value for key, value in pairs if quote(key, safe="") == name]
    if len(values) != 1:
        raise UnknownComponent(f"the query parameter {quoted(name, 40)}")
    return quote(values[0], safe="")
