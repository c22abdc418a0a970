"""
A metrics page as Prometheus reads it: OpenMetrics or the text format 0.0.4, by its media type.

https://prometheus.io/docs/instrumenting/exposition_formats/ ; https://github.com/prometheus/OpenMetrics
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from prodverify.wire.exchange import Exchange

OPENMETRICS = "application/openmetrics-text"
TEXT = "text/plain"
ACCEPTED = f"{OPENMETRICS};version=1.0.0,{TEXT};version=0.0.4;q=0.5"
"""What is asked for, as a Prometheus asks that reads both."""
_RAW_NAME = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)", re.MULTILINE)
_RAW_SERIES = re.compile(
    r"""^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[^"}\n]|"(?:[^"\\\n]|\\.)*")*\})?) \S+(?: \#.*)?$""", re.MULTILINE
)
"""A series with its labels and a value, and without a moment: of those with one the parser keeps all."""
_INDENTED = re.compile(r"^[ \t]+[^ \t\n#].*", re.MULTILINE)
_SUFFIXES = ("_bucket", "_count", "_sum", "_total", "_info", "_gcount", "_gsum")
"""Not _created: in the text format Python's client library tells it as a gauge of that name, beside the histogram."""
_QUOTED = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One value of one series. ``type`` is that of its family: counter, gauge, histogram, summary, unknown ..."""

    name: str
    labels: Mapping[str, str]
    value: float
    type: str

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What tells it from every other series."""
        return self.name, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Page:
    """
    A page that can be read. ``families`` are the names with a type, those without any series included.

    ``repeated`` is a series that stands there twice, where the parser kept but one of the two.
    """

    lines: tuple[Line, ...]
    families: Mapping[str, str]
    size: int
    repeated: str = ""

    def named(self, family: str) -> tuple[Line, ...]:
        """Series of a family: of that name, or of that name with a suffix of its type."""
        names = {family, *(f"{family}{suffix}" for suffix in _SUFFIXES)}
        return tuple(line for line in self.lines if line.name in names)

    def knows(self, family: str) -> bool:
        """Whether there is a family of that name; one that has labels has no series before its first event."""
        return family in self.families or family.removesuffix("_total") in self.families or bool(self.named(family))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why Prometheus cannot read it: the rule, and what is wrong in words."""

    rule: str
    why: str
    ours: bool = False


def read(answer: Exchange) -> Page | Unreadable:
    """The page in ``answer``, or why it is none. ``ours``: a limit of ours kept us from reading it."""
    if answer.status != 200:
        return Unreadable("metrics-page-not-served", f"status {answer.status}")
    kind = answer.media_type
    if kind not in (OPENMETRICS, TEXT):
        return Unreadable("metrics-page-type", f"media type {kind or 'missing'}")
    if not answer.body_complete and not answer.body_broken:
        return Unreadable("metrics-page-too-large", answer.body_note, ours=True)
    if not answer.body_complete:
        return Unreadable("metrics-page-cut", answer.body_note)
    try:
        text = answer.body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return Unreadable("metrics-page-malformed", f"byte {wrong.start} is no UTF-8")
    return _read(text, openmetrics=kind == OPENMETRICS)


def _read(text: str, *, openmetrics: bool) -> Page | Unreadable:
    if openmetrics and not text.endswith("# EOF\n") and not text.endswith("# EOF"):
        return Unreadable("metrics-page-cut", "its last line is not # EOF")
    if not openmetrics and text and not text.endswith("\n"):
        return Unreadable("metrics-page-cut", f"its last line has no end: {_short(text.rpartition(chr(10))[2])}")
    # Prometheus' own parser forgives neither, the library's does.
    if "\r\n" in text:
        return Unreadable("metrics-page-malformed", "its lines end in CR LF")
    if not openmetrics and (indented := _INDENTED.search(text)):
        return Unreadable("metrics-page-malformed", f"a line begins with a space: {_short(indented[0])}")
    try:
        families = list(_parsed(text, openmetrics=openmetrics))
    except Exception as wrong:  # noqa: BLE001 - the parsers raise what their code happens to meet
        return Unreadable("metrics-page-malformed", _short(f"{wrong}"))
    raw = set(_RAW_NAME.findall(text))
    lines = tuple(
        Line(_name(sample.name, raw), sample.labels, float(sample.value), family.type)
        for family in families
        for sample in family.samples
        if sample.value is not None  # a native histogram has no line of its own for each bucket
    )
    if not lines:
        return Unreadable("metrics-page-empty", "it holds no series")
    repeated = _repeated(text) if openmetrics else ""
    return Page(lines, {family.name: family.type for family in families}, len(text), repeated)


def edge(le: str) -> Decimal | None:
    """The number in a label ``le``, however it is written; None where it is none."""
    if "_" in le:  # Python alone reads it
        return None
    try:
        return Decimal(le.replace("Inf", "Infinity") if le.endswith("Inf") else le)
    except InvalidOperation:
        return None


def _parsed(text: str, *, openmetrics: bool) -> Iterator[Any]:
    # Imported here: it takes 0.2 s.
    from prometheus_client.openmetrics import parser as strict
    from prometheus_client.parser import text_string_to_metric_families

    if openmetrics:
        yield from strict.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    else:
        yield from text_string_to_metric_families(text)


def _repeated(text: str) -> str:
    return next((_short(series) for series, number in Counter(_RAW_SERIES.findall(text)).items() if number > 1), "")


def _name(parsed: str, raw: set[str]) -> str:
    """The name as it stands on the page: the parser adds _total to a counter that has it not."""
    plain = parsed.removesuffix("_total")
    return plain if parsed not in raw and plain in raw else parsed


def _short(text: str) -> str:
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"
