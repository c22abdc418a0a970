"""Fields of a log-in page: what a browser would send back with its form."""

from __future__ import annotations

import html
import re
from itertools import islice

# What looks like a field in here is none. Each alternative runs to the end of the page where it is not closed.
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1|\Z)", re.IGNORECASE | re.DOTALL)
_INPUT = re.compile(r"<input(?=[\s/])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""[\s/]*(?P<name>[^\s"'<>/=]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'<>`]+)))?"""
)
# The page is the service's: html.parser needs half a minute for 64 KiB of tags that are never closed.
_MOST_INPUTS = 200
_LONGEST_INPUT = 16 * 1024


def field_value(page: str, name: str) -> str:
    """The value of the first input of that name in an HTML page; empty where there is none."""
    shown = _HIDDEN.sub("", page)
    for field in islice(_INPUT.finditer(shown), _MOST_INPUTS):
        said = _attributes(shown, field.end())
        if said.get("name") == name:
            return said.get("value", "")
    return ""


def _attributes(page: str, at: int) -> dict[str, str]:
    """Attributes of the tag whose name ends at ``at``; the first of a name counts."""
    end = at + _LONGEST_INPUT
    said: dict[str, str] = {}
    while attribute := _ATTRIBUTE.match(page, at, end):
        at = attribute.end()
        value = attribute["double"] or attribute["single"] or attribute["bare"] or ""
        said.setdefault(attribute["name"].lower(), html.unescape(value))
    return said
