"""
Pages use only those features of the browser that they need.

W3C Permissions Policy section 5.2: a dictionary (RFC 9651) from a feature to its allowlist. A browser drops a field
that cannot be parsed, whole, and one that is empty says nothing; in an allowlist it knows ``*``, ``self`` and origins
in double quotes, and skips the rest. No list of features is demanded: browsers differ in them, and their defaults keep
other sites out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodverify.judges import structured
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "W3C Permissions Policy section 5.2, RFC 9651"
NAME = "permissions-policy"
SENSITIVE = ("camera", "microphone", "geolocation", "payment")
"""Features that let a page see, hear, find or charge its visitor."""

_WANTED = 'feature=() or feature=(self "https://a.example"), members separated by commas'


def judge(headers: HeaderList, *, profile: str) -> list[Finding]:
    """Deviations of one answer; only a page misses the field."""
    lines = headers.all(NAME)
    members = structured.dictionary(lines)
    if members is None:
        observed = f"browsers drop it whole: {quote(', '.join(lines), 120)}"
        step = "camera 'none' is the older Feature-Policy's form; write camera=()"
        return [fail("permissions-policy-invalid", _WANTED, observed, next_step=step)]
    if not members and profile == "html":
        return [info("permissions-policy-missing", _WANTED, f"an empty {NAME}" if lines else f"no {NAME}")]
    return [finding for name, member in members.items() for finding in _of_member(name, member[0])]


def _of_member(name: str, allowed: Any) -> Iterator[Finding]:
    entries = [entry[0] for entry in allowed] if isinstance(allowed, list) else [allowed]
    skipped = next((entry for entry in entries if not _known(entry)), None)
    if skipped is not None:
        observed = f"{quote(name, 60)} has {quote(skipped, 80)}, which browsers skip"
        yield warn("permissions-policy-member-ignored", "self, *, or an origin in double quotes", observed)
    if name in SENSITIVE and any(structured.as_token(entry) == "*" for entry in entries):
        yield warn("permissions-policy-broad", f"{name} for named origins", f"{name} is for every site that we embed")


def _known(entry: object) -> bool:
    return structured.as_token(entry) in ("*", "self", "src") or (
        structured.as_token(entry) is None and isinstance(entry, str)
    )
