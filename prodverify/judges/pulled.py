"""
Deliveries as a log or a request bin tells them: which are there, and what was sent, byte for byte.

A log that parses bodies and writes them again cannot be verified: the bytes that were signed are gone.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prodverify.judges.pointer import Absent, kind, lookup
from prodverify.judges.quotation import quote
from prodverify.judges.schemes.message import Message
from prodverify.record.findings import Finding, inconclusive
from prodverify.target.webhooks import Pull
from prodverify.wire.exchange import HeaderList


@dataclass(frozen=True, slots=True)
class Pulled:
    """One entry of the log."""

    identifier: str
    message: Message


class Illegible(ValueError):  # noqa: N818 - it is the log's fault or the target file's
    """The log is not written as the target file says; ``finding`` says where."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def identifiers(document: Any, pull: Pull) -> list[str]:
    """What tells the log's entries from each other, in its order. Raises Illegible."""
    return [_text(entry, pull.id_at, "id_at") for entry in _entries(document, pull)]


def entries(document: Any, pull: Pull, url: str) -> list[Pulled]:
    """The log's entries as they were delivered to ``url``, in its order. Raises Illegible."""
    return [
        Pulled(_text(entry, pull.id_at, "id_at"), Message(_body(entry, pull), _headers(entry, pull), url))
        for entry in _entries(document, pull)
    ]


def _entries(document: Any, pull: Pull) -> list[Any]:
    found = lookup(document, pull.deliveries_at)
    if not isinstance(found, list):
        raise _illegible("deliveries_at", "a list of deliveries", found)
    return found


def _body(entry: Any, pull: Pull) -> bytes:
    text = _text(entry, pull.body_at, "body_at")
    if pull.body_encoding == "text":
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise _illegible("body_encoding", "a body in base64", "other text") from None


def _headers(entry: Any, pull: Pull) -> HeaderList:
    found = lookup(entry, pull.headers_at)
    if not isinstance(found, dict | list):
        raise _illegible("headers_at", "headers", found)
    return HeaderList(_lines(found))


def _lines(found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        for name, value in found.items():
            for one in value if isinstance(value, list) else [value]:
                yield str(name), _written(one)
        return
    for item in found:
        if isinstance(item, Mapping) and "name" in item:
            yield _written(item["name"]), _written(item.get("value", ""))
        elif isinstance(item, list) and len(item) == 2:
            yield _written(item[0]), _written(item[1])
        else:
            raise _illegible("headers_at", "pairs, or objects with name and value", item)


def _text(entry: Any, pointer: str, key: str) -> str:
    found = lookup(entry, pointer)
    if isinstance(found, str) or (type(found) is int and key == "id_at"):
        return str(found)
    raise _illegible(key, "text", found)


def _written(value: Any) -> str:
    """A value as a header line has it; other characters than a header's cannot be signed."""
    return str(value)


def _illegible(key: str, wanted: str, found: Any) -> Illegible:
    seen = found.reason if isinstance(found, Absent) else found if isinstance(found, str) else kind(found)
    step = f"correct {key} of [webhooks.pull], or see what the log answers"
    return Illegible(inconclusive("delivery-log-illegible", f"{key}: {wanted}", quote(seen, 120), next_step=step))
