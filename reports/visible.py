"""Characters that a reader cannot see, or that XML forbids, made visible."""

from __future__ import annotations

import re

# Controls but tab and line feed; half surrogate pairs; marks that reorder or hide text (a finding must not be able to
# look like another one); noncharacters, which XML 1.0 section 2.2 forbids in part.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]"
)


def visible(text: str) -> str:
    r"""``text`` with every such character as its escape, such as ``\x1b``. CR LF is one line end."""
    return _UNSEEN.sub(_escape, text.replace("\r\n", "\n"))


def line(text: str) -> str:
    """The same on one line, runs of white space as one space."""
    return visible(" ".join(text.split()))


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, and how much is missing in words."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[cut {limit:,} of {len(text):,} characters; more in record.json]"


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
