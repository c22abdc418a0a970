"""
Every body says what it is, and text says in which characters it is written.

RFC 9110 section 8.3 (media-type) and ASVS 5.0 4.1.1, which asks for a charset on text and XML; JSON has none to state
(RFC 8259 section 11). Without one a browser guesses, and markup may hide in a guess.
"""

from __future__ import annotations

import re

from prodverify.judges import meta
from prodverify.judges.members import split, unquote
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "RFC 9110 section 8.3"
NAME = "content-type"

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,127}"
_MEDIA_TYPE = re.compile(rf"({_TOKEN})/({_TOKEN})", re.ASCII)
_UTF_8_ALWAYS = frozenset({"text/event-stream"})
"""Types of text that are UTF-8 whatever they state."""


def judge(headers: HeaderList, *, profile: str, body: bytes) -> list[Finding]:
    """Deviations of one answer; one without a body has nothing to name."""
    if not body:
        return []
    lines = headers.all(NAME)
    wanted = "Content-Type with the media type of the body"
    if not lines:
        return [warn("content-type-missing", wanted, f"{len(body)} bytes without {NAME}")]
    if len({line.strip().lower() for line in lines}) > 1:
        return [fail("content-type-lines-differ", f"{wanted}, once", quote(", ".join(lines), 120))]
    essence, *parameters = split(lines[0], ";")
    if not _MEDIA_TYPE.fullmatch(essence):
        return [fail("content-type-invalid", f"{wanted}, as text/html", f"no media type: {quote(lines[0], 120)}")]
    return _charset(essence.lower(), parameters, profile, body)


def _charset(essence: str, parameters: list[str], profile: str, body: bytes) -> list[Finding]:
    text = essence.startswith("text/") or essence.endswith(("/xml", "+xml"))
    if not text or essence in _UTF_8_ALWAYS:
        return []
    pairs = (parameter.partition("=") for parameter in parameters)
    named = [unquote(value.strip()) for name, _, value in pairs if name.strip().lower() == "charset"]
    wanted = f"{quote(essence, 80)}; charset=utf-8"
    if not named:
        if profile == "html" and meta.read(body[: meta.LONGEST_HEAD].decode("utf-8", "replace")).charset:
            return [info("content-type-charset-missing", wanted, "its page states one itself")]
        return [warn("content-type-charset-missing", wanted, quote(essence, 80), clause="ASVS 5.0 4.1.1")]
    return [] if _known(named[0]) else [warn("content-type-charset-unknown", wanted, quote(named[0], 80))]


def _known(charset: str) -> bool:
    try:
        b"a".decode(charset)
    except (LookupError, ValueError):  # ValueError for a name with NUL
        return False
    return True
