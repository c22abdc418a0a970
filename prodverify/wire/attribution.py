"""Who answered: the application itself, its limiter, a proxy before it, or a firewall. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from prodverify.wire.exchange import Exchange

Who = Literal["application", "limiter", "proxy", "firewall", "unknown"]

TOO_MANY_REQUESTS = 429  # RFC 6585 section 4
# RFC 9110 section 15.6: what a gateway says of the server behind it, or while there is none; and section 15.5.8,
# what our own proxy says where it wants a credential of ours.
_GATEWAY_STATUSES = frozenset({407, 502, 503, 504})

# Headers that an edge adds only to what it answered in place of the application.
_FIREWALL_HEADERS = ("cf-mitigated", "x-amzn-waf-action", "x-datadome", "x-sucuri-block", "x-iinfo")
# Names in Server of networks that stand before other people's applications.
_EDGES = re.compile(
    r"cloudflare|akamaighost|sucuri|imperva|incapsula|ddos-guard|awselb|cloudfront|big-?ip|barracuda", re.I
)
_CHALLENGE = re.compile(
    r"captcha|cf-chl|challenge-platform|just a moment|attention required|access denied|request blocked|"
    r"incident id|support id|reference&#32;&#35;|verify you are (?:a )?human|checking your browser|ddos protection",
    re.IGNORECASE,
)
_REMAINING = ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining")
_NONE_LEFT = re.compile(r"r=0(?:\D|$)|remaining=0(?:\D|$)")
_READ_CHARACTERS = 16 * 1024
_QUOTED_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Attribution:
    """``who`` answered, and ``why`` that is known, in a sentence for a person."""

    who: Who
    why: str

    @property
    def judgeable(self) -> bool:
        """Whether the answer says something about the application's headers, schemas and roles."""
        return self.who == "application"


def attribute(
    exchange: Exchange,
    *,
    application_header: str = "",
    limiter_statuses: Collection[int] = (TOO_MANY_REQUESTS,),
) -> Attribution:
    """
    Who answered ``exchange``.

    A 429 is evidence about rate limits and nothing else; another of ``limiter_statuses`` is the limiter's where the
    answer says so itself (Retry-After, or nothing remaining), because 403 and 503 mean other things, too. The
    header that only the application sends, where one is declared, then decides for it.
    """
    headers, status = exchange.headers, exchange.status
    if status == TOO_MANY_REQUESTS:
        return Attribution("limiter", "status 429")
    if status in limiter_statuses and _limited(exchange):
        return Attribution("limiter", f"status {status} with what is left of a limit")
    if application_header and application_header in headers:
        return Attribution("application", f"it carries {application_header}")
    if why := _firewall(exchange):
        return Attribution("firewall", why)
    if status in _GATEWAY_STATUSES:
        if not application_header and exchange.media_type == "application/problem+json":
            return Attribution("application", f"status {status} as a problem document")
        missing = f" without {application_header}" if application_header else ", and no header tells the application"
        return Attribution("proxy", f"status {status}{missing}")
    if application_header:
        edge = _edge(exchange)
        return Attribution("proxy" if edge else "unknown", f"{application_header} is missing{edge and f', {edge}'}")
    return Attribution("application", "nothing says otherwise")


def _limited(exchange: Exchange) -> bool:
    headers = exchange.headers
    return (
        "retry-after" in headers
        or any(value.strip() == "0" for name in _REMAINING for value in headers.all(name))
        or _NONE_LEFT.search(headers.first("ratelimit").replace(" ", "")) is not None
    )


def _firewall(exchange: Exchange) -> str:
    for name in _FIREWALL_HEADERS:
        # Incapsula adds x-iinfo to everything; like the others it means a refusal only on one.
        if name in exchange.headers and (exchange.status >= 400 or name == "cf-mitigated"):
            return f"{name}: {_cut(exchange.headers.first(name))}"
    if exchange.media_type != "text/html" or not _json_expected(exchange):
        return ""
    challenge = _CHALLENGE.search(exchange.text[:_READ_CHARACTERS])
    edge = _edge(exchange)
    if challenge and (edge or exchange.status in (200, 202, 403, 405, 503)):
        return f"HTML where JSON was asked for, and it says {challenge[0]!r}"
    if edge and exchange.status in (401, 403, 405, 406, 503):
        return f"HTML where JSON was asked for, {edge}"
    return ""


def _edge(exchange: Exchange) -> str:
    server = exchange.headers.first("server")
    if _EDGES.search(server):
        return f"server: {_cut(server)}"
    return "with cf-ray" if "cf-ray" in exchange.headers else ""


def _json_expected(exchange: Exchange) -> bool:
    accepted = exchange.request_headers.first("accept").lower()
    return "json" in accepted and "html" not in accepted


def _cut(value: str) -> str:
    # The ellipsis is how whoever masks secrets knows that one may have been cut in two.
    return value if len(value) <= _QUOTED_CHARACTERS else f"{value[:_QUOTED_CHARACTERS]}…"
