"""
The spans of a trace, read from what a store of traces answers.

OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding) as Tempo, collectors and Jaeger's newer
API give it, with ids in hexadecimal or in base64; and the JSON of Jaeger's older API. Told apart by their shape.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodverify.judges.quotation import quote

_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
"""By their numbers in OTLP."""
_LISTS = ("resourceSpans", "batches", "resource_spans")
_MOST_SPANS = 5000


class NoTrace(ValueError):  # noqa: N818 - it says what a document is not
    """The document is no trace in a form that is known; the message says why."""


@dataclass(frozen=True, slots=True)
class Span:
    """
    One span. Ids are lower-case hexadecimal, ``parent_id`` empty where there is none; times are seconds since 1970.

    ``texts`` are everything that it tells beside its ids: a place in it, and the text there.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    started: float
    ended: float
    service: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    texts: tuple[tuple[str, str], ...] = ()


def parse(document: Any) -> tuple[Span, ...]:
    """The spans in what a store answered; none where it has none yet. Raises NoTrace, and nothing else."""
    try:
        spans = tuple(_spans(document))
    except NoTrace:
        raise
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as wrong:
        raise NoTrace(f"it begins like a trace and is none ({type(wrong).__name__})") from None
    return spans[:_MOST_SPANS]


def _spans(document: Any) -> Iterator[Span]:
    whole = document
    for member in ("trace", "result"):  # Tempo's second API, and Jaeger's third
        if isinstance(whole, Mapping) and isinstance(whole.get(member), Mapping):
            whole = whole[member]
    if isinstance(whole, Mapping):
        for name in _LISTS:
            if isinstance(whole.get(name), list):
                yield from _otlp(whole[name])
                return
        if isinstance(whole.get("data"), list):
            yield from _jaeger(whole["data"])
            return
        if whole.get("data", 0) is None or not whole:
            return
        raise NoTrace(f"an object with {quote(', '.join(map(str, whole)), 80)}")
    raise NoTrace("no object")


def _otlp(groups: list[Any]) -> Iterator[Span]:
    for group in groups:
        resource = _attributes(group.get("resource", {}).get("attributes", []))
        told = tuple((f"resource attribute {name}", str(value)) for name, value in resource.items())
        scopes = group.get("scopeSpans", group.get("instrumentationLibrarySpans", group.get("scope_spans", [])))
        for span in (span for scope in scopes for span in scope.get("spans", [])):
            attributes = _attributes(span.get("attributes", []))
            name = str(span.get("name", ""))
            texts = [(f"name of {name}", name), *told]
            texts += [(f"attribute {key} of {name}", str(value)) for key, value in attributes.items()]
            texts += [(f"status of {name}", str(span.get("status", {}).get("message", "")))]
            for event in span.get("events", []):
                texts.append((f"event of {name}", str(event.get("name", ""))))
                said = _attributes(event.get("attributes", []))
                texts += [(f"event attribute {key} of {name}", str(value)) for key, value in said.items()]
            yield Span(
                trace_id=_id(span["traceId"], 16),
                span_id=_id(span["spanId"], 8),
                parent_id=_id(span.get("parentSpanId") or "", 8),
                name=name,
                kind=_kind(span.get("kind", 0)),
                started=int(span["startTimeUnixNano"]) / 1e9,
                ended=int(span["endTimeUnixNano"]) / 1e9,
                service=str(resource.get("service.name", "")),
                attributes=attributes,
                texts=tuple(texts),
            )


def _jaeger(traces: list[Any]) -> Iterator[Span]:
    for trace in traces:
        processes = trace.get("processes") or {}
        for span in trace.get("spans") or []:
            process = span.get("process") or processes.get(span.get("processID", ""), {})
            tags = {str(tag["key"]): tag.get("value") for tag in span.get("tags") or []}
            name = str(span.get("operationName", ""))
            told = {str(tag["key"]): tag.get("value") for tag in process.get("tags") or []}
            texts = [(f"name of {name}", name)]
            texts += [(f"resource attribute {key}", str(value)) for key, value in told.items()]
            texts += [(f"attribute {key} of {name}", str(value)) for key, value in tags.items()]
            for log in span.get("logs") or []:
                texts += [
                    (f"event attribute {one['key']} of {name}", str(one.get("value")))
                    for one in log.get("fields") or []
                ]
            parents = [one for one in span.get("references") or [] if one.get("refType") == "CHILD_OF"]
            started = int(span["startTime"]) / 1e6
            yield Span(
                trace_id=_id(span["traceID"], 16),
                span_id=_id(span["spanID"], 8),
                parent_id=_id(parents[0]["spanID"] if parents else span.get("parentSpanID") or "", 8),
                name=name,
                kind=str(tags.get("span.kind", "internal")).lower(),
                started=started,
                ended=started + int(span["duration"]) / 1e6,
                service=str(process.get("serviceName", "")),
                attributes=tags,
                texts=tuple(texts),
            )


def _attributes(pairs: list[Any]) -> dict[str, Any]:
    return {str(pair["key"]): _value(pair.get("value", {})) for pair in pairs}


def _value(stated: Mapping[str, Any]) -> Any:
    """The value in OTLP's union of kinds; lists and tables as they stand, to be searched."""
    for name, value in stated.items():
        return value if name in ("arrayValue", "kvlistValue") else str(value)
    return ""


def _id(said: Any, size: int) -> str:
    """
    An id of ``size`` bytes in lower-case hexadecimal; empty where it is missing, or all zeros.

    Jaeger leaves out leading zeros. Protobuf's JSON writes base64, whose padding is no hexadecimal digit.
    """
    text = str(said)
    if not text.strip("0"):
        return ""
    if _HEXADECIMAL.fullmatch(text) and len(text) <= 2 * size:
        return text.lower().zfill(2 * size)
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != size:
        raise NoTrace(f"an id that is neither hexadecimal nor base64: {quote(text, 40)}")
    return raw.hex() if any(raw) else ""


def _kind(said: Any) -> str:
    if isinstance(said, int) and not isinstance(said, bool):
        return _KINDS[said] if 0 <= said < len(_KINDS) else "unspecified"
    return str(said).removeprefix("SPAN_KIND_").lower()
