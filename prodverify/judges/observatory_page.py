"""
The scripts of a page as the HTTP Observatory reads them: for its grade alone (tests/subresource-integrity.js).

It compares registrable domains by the public suffix list; here two hosts are of one site where one is the other's end,
or where they share their last two labels.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from prodverify.wire.exchange import Exchange

LONGEST_PAGE = 1_000_000
_TYPES = ("text/html", "application/xhtml+xml", "")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SCRIPT = re.compile(r"<script\b([^>]{0,8000})>.*?(?:</script|\Z)", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]{1,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_WORST_LAST = (
    "sri-implemented-and-all-scripts-loaded-securely",
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)


@dataclass(frozen=True, slots=True)
class Script:
    """One script element: its address, empty where it is inline, and whether its integrity is stated."""

    source: str
    integrity: bool


def result(answer: Exchange, *, https: bool) -> str:
    """The result of the test subresource-integrity, by its published name."""
    if answer.media_type not in _TYPES:
        return "sri-not-implemented-response-not-html"
    scripts = list(_scripts(answer.text[:LONGEST_PAGE]))
    if not scripts:
        return "sri-not-implemented-but-no-scripts-loaded"
    ours = host(answer.url)
    found = ""
    foreign = False
    for script in scripts:
        if not script.source:
            continue
        elsewhere = script.source.startswith("//") or (_absolute(script.source) and not _alike(script.source, ours))
        foreign = foreign or elsewhere
        judged = _elsewhere(script) if elsewhere else _here(script, https, found)
        found = max(found, judged, key=lambda name: _WORST_LAST.index(name) if name else -1)
    if found:
        return found
    if foreign:
        return "sri-implemented-and-external-scripts-loaded-securely"
    return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"


def _scripts(page: str) -> Iterator[Script]:
    for found in _SCRIPT.finditer(_COMMENT.sub("", page)):
        said: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(found[1]):
            said.setdefault(name.lower(), html.unescape(double or single or bare).strip())
        yield Script(said.get("src", ""), bool(said.get("integrity")))


def _elsewhere(script: Script) -> str:
    if script.source.lower().startswith("https:"):
        return "" if script.integrity else _WORST_LAST[2]
    return _WORST_LAST[1] if script.integrity else _WORST_LAST[3]


def _here(script: Script, https: bool, found: str) -> str:
    secure = script.source.lower().startswith("https:") or (https and not _absolute(script.source))
    return _WORST_LAST[0] if script.integrity and secure and not found else ""


def _absolute(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _alike(source: str, ours: str) -> bool:
    other = host(source)
    if other == ours:
        return True
    if not other or not ours:
        return False
    return f".{other}".endswith(f".{ours}") or f".{ours}".endswith(f".{other}") or _end(other) == _end(ours)


def _end(name: str) -> list[str] | str:
    labels = name.split(".")
    return name if labels[-1].isdigit() else labels[-2:]


def host(address: str) -> str:
    """The host of an address, in lower case; empty where there is none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
