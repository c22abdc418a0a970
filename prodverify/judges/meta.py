"""
Policies that a page carries in its head instead of in header fields.

HTML standard, section "pragma directives": a meta element may state a content security policy and a referrer policy;
``frame-ancestors``, ``report-uri`` and ``sandbox`` count in header fields alone.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

LONGEST_HEAD = 65536
"""Of a page, what is read: browsers look for a charset in far less."""

_NOT_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|noscript|template)\b.*?(?:</\1|\Z)", re.DOTALL | re.IGNORECASE
)
_META = re.compile(r"<meta\b([^>]{0,8000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]{1,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meta:
    """``policies``: content security policies, in order; ``referrer``, ``charset``: the last, empty without one."""

    policies: tuple[str, ...] = ()
    referrer: str = ""
    charset: str = ""


NOTHING = Meta()
"""An answer that is no page, or a page that states nothing."""


def read(page: str) -> Meta:
    """What the head of ``page`` states, comments and scripts left out."""
    head = re.split(r"<body\b", page[:LONGEST_HEAD], maxsplit=1, flags=re.IGNORECASE)[0]
    policies: list[str] = []
    referrer = charset = ""
    for found in _META.finditer(_NOT_MARKUP.sub("", head)):
        said: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(found[1]):
            said.setdefault(name.lower(), html.unescape(double or single or bare).strip())
        pragma = said.get("http-equiv", "").lower()
        if pragma == "content-security-policy":
            policies.append(said.get("content", ""))
        elif pragma == "content-type":
            charset = said.get("content", "").lower().partition("charset=")[2].strip() or charset
        elif said.get("name", "").lower() == "referrer":
            referrer = said.get("content", "")
        else:
            charset = said.get("charset", charset)
    return Meta(tuple(policies), referrer, charset)
