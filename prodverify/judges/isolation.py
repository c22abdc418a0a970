"""
Other sites cannot reach into the service's windows, nor draw its resources into their pages.

HTML standard, sections "cross-origin opener policies" and "cross-origin embedder policies": each field is an item whose
value is a token (RFC 9651); a string in quotes, a list, or a word that nobody knows has no effect. Fetch standard,
"Cross-Origin-Resource-Policy": no structured field but one of three words, compared with regard to case.
"""

from __future__ import annotations

from collections.abc import Iterator

from prodverify.judges import structured
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "HTML standard, cross-origin opener policies"
OPENER = "cross-origin-opener-policy"
EMBEDDER = "cross-origin-embedder-policy"
RESOURCE = "cross-origin-resource-policy"

OPENER_WORDS = ("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
EMBEDDER_WORDS = ("require-corp", "credentialless", "unsafe-none")
RESOURCE_WORDS = ("same-origin", "same-site", "cross-origin")

_LOADED = frozenset({"html", "api", "static"})
"""What another site may draw into its pages."""


def judge(headers: HeaderList, *, profile: str) -> list[Finding]:
    """Deviations of one answer. A missing field is a remark, an embedder's not even on what is no page."""
    page = profile == "html"
    return [
        *_item(headers, OPENER, OPENER_WORDS, "opener-policy-invalid", "opener-policy-missing" if page else ""),
        *_open(headers),
        *_item(headers, EMBEDDER, EMBEDDER_WORDS, "embedder-policy-invalid", "embedder-policy-missing" if page else ""),
        *_resource(headers, "resource-policy-missing" if profile in _LOADED else ""),
    ]


def _item(headers: HeaderList, name: str, words: tuple[str, ...], invalid: str, missing: str) -> Iterator[Finding]:
    lines, wanted = headers.all(name), f"one of {', '.join(words)}, without quotes"
    if not lines and missing:
        yield info(missing, wanted, f"no {name}")
    if lines and structured.token(lines) not in words:
        yield fail(invalid, wanted, f"has no effect: {quote(', '.join(lines), 120)}")


def _open(headers: HeaderList) -> Iterator[Finding]:
    if structured.token(headers.all(OPENER)) == "unsafe-none":
        yield info(
            "opener-policy-open", "same-origin or same-origin-allow-popups", "unsafe-none, which protects nothing"
        )


def _resource(headers: HeaderList, missing: str) -> Iterator[Finding]:
    lines, wanted = headers.all(RESOURCE), f"one of {', '.join(RESOURCE_WORDS)}, once, in lower case"
    value = ", ".join(line.strip(" \t") for line in lines)
    if not lines and missing:
        yield info(missing, wanted, f"no {RESOURCE}")
    elif lines and value not in RESOURCE_WORDS:
        observed = f"has no effect: {quote(value, 120)}"
        if value.lower() in RESOURCE_WORDS:
            yield warn("resource-policy-miscased", wanted, observed)
        else:
            yield fail("resource-policy-invalid", wanted, observed)
