"""
Plain HTTP leads to HTTPS, or nowhere; it never serves anything.

RFC 9110 section 15.4, RFC 6797 section 7.2 (the first hop stays on the host, which has to be the one that then asks for
HTTPS for good), ASVS 5.0 12.2.1 and 4.1.2: only what people type is redirected, and for an API a refusal or a closed
port is better than a way on, as a redirected caller has sent its request in the clear already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.wire.exchange import Exchange
from prodverify.wire.hops import Hops

CLAUSE = "ASVS 5.0 12.2.1"
Profile = Literal["html", "api", "closed"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
MOST_HOPS = 3
"""Of the browsers' preload list."""

_REDIRECT = "Answer with 308 (or 301) to https:// on the same host, with the path and query that were asked."
_FORWARDED = "Find who leads there: often an application that is not told of HTTPS (X-Forwarded-Proto) by its proxy."


def judge(hops: Hops, profile: Profile, *, certified: str = "") -> list[Finding]:
    """
    Deviations of what plain HTTP answers to a request without credential.

    ``certified`` is the ``host:port`` whose certificate is judged by itself.
    """
    if not hops.answers:
        return _unanswered(hops, profile)
    first = hops.answers[0]
    if profile == "closed":
        observed = f"{quote(first.url, 100)}: status {first.status}"
        advice = "Close the port, or say in [tls] http_profile what it is for."
        return [fail("http-port-open", "nothing answers plain HTTP", observed, next_step=advice)]
    if first.status == 429 or first.status >= 500:
        return [inconclusive("http-undecided", "an answer of the service", f"status {first.status} over plain HTTP")]
    if first.status in REDIRECTS:
        return [*_first_hop(hops), *_further(hops, certified)]
    return _not_sent_on(first, profile)


def judge_post(hops: Hops) -> list[Finding]:
    """Deviations of what plain HTTP answers to POST for an API: it went in the clear, so nothing is done with it."""
    if not hops.answers:
        return _unanswered(hops, "api")
    wanted, answer = "POST over plain HTTP is refused", hops.answers[0]
    if 200 <= answer.status < 300:
        advice = "Refuse it (403 or 426) before it gets to the application."
        return [fail("http-served", wanted, f"status {answer.status}: it was taken", next_step=advice)]
    if answer.status in REDIRECTS:
        observed = f"status {answer.status} to {quote(answer.headers.first('location'), 100)}"
        advice = "Refuse it (403 or 426): callers that are led on never notice that they send credentials in the clear."
        return [warn("http-post-redirected", wanted, observed, clause="ASVS 5.0 4.1.2", next_step=advice)]
    if answer.status == 429 or answer.status >= 500:
        return [inconclusive("http-undecided", wanted, f"status {answer.status}")]
    return []


def _unanswered(hops: Hops, profile: Profile) -> list[Finding]:
    wanted = f"an answer from {quote(hops.asked, 100)}, or none at all"
    if hops.end == "nothing" or (profile == "closed" and hops.end == "silent"):
        return []
    advice = 'If nothing is meant to answer there, say http_profile = "closed" in [tls].'
    return [inconclusive("http-undecided", wanted, f"{hops.end}: {quote(hops.said, 120)}", next_step=advice)]


def _not_sent_on(answer: Exchange, profile: Profile) -> list[Finding]:
    observed = f"status {answer.status} over plain HTTP"
    if 200 <= answer.status < 300:
        return [fail("http-served", "nothing is served over plain HTTP", observed, next_step=_REDIRECT)]
    if answer.status == 401:
        wanted = "nobody is asked for a credential in the clear"
        return [warn("http-asks-for-credentials", wanted, observed, next_step=_REDIRECT)]
    if profile == "html" and 400 <= answer.status < 500:
        return [warn("http-not-redirected", "who types the address gets to HTTPS", observed, next_step=_REDIRECT)]
    if not 400 <= answer.status < 500:
        return [inconclusive("http-undecided", "a redirect or a refusal", observed)]
    return []


def _first_hop(hops: Hops) -> Iterator[Finding]:
    first = hops.answers[0]
    asked, leads = _taken_apart(hops.asked), _led(first)
    seen = f"status {first.status} to {quote(first.headers.first('location'), 100) or 'nowhere'}"
    if asked is None or leads is None or not leads.hostname:
        yield fail("http-redirect-nowhere", "a redirect names where it leads", seen, next_step=_REDIRECT)
        return
    if leads.scheme != "https":
        yield fail("http-redirect-insecure", "the first hop leads to https", seen, next_step=_REDIRECT)
        return
    if leads.hostname != asked.hostname:
        wanted = f"the first hop stays on {quote(asked.hostname, 60)}"
        yield warn("http-redirect-elsewhere", wanted, seen, clause="RFC 6797 section 7.2")
    if first.status not in PERMANENT:
        yield warn("http-redirect-temporary", "status 301 or 308", seen)
    # More may be added: a final slash, a language.
    if not (leads.path or "/").startswith(asked.path or "/") or asked.query not in leads.query:
        wanted = f"the way on keeps {quote(asked.path or '/', 60)}?{quote(asked.query, 60)}"
        yield warn("http-redirect-path-lost", wanted, seen)


def _further(hops: Hops, certified: str) -> Iterator[Finding]:
    for answer in hops.answers[1:]:
        leads = _led(answer) if answer.status in REDIRECTS else None
        if answer.url.startswith("https:") and leads is not None and leads.scheme == "http":
            seen = f"{quote(answer.url, 80)} leads to {quote(answer.headers.first('location'), 80)}"
            yield fail("http-redirect-back", "nobody is led from https back to http", seen, next_step=_FORWARDED)
            break
    redirects = len(hops.answers) - (hops.end == "answered")
    if hops.end != "endless" and redirects > MOST_HOPS:
        yield warn("http-redirect-long", f"at most {MOST_HOPS} redirects", f"{redirects} redirects")
    yield from _end(hops, certified)


def _end(hops: Hops, certified: str) -> Iterator[Finding]:
    last, leads = hops.answers[-1], _led(hops.answers[-1])
    wanted, somewhere = "the way is followed to its end", "the way ends at something"
    stopped = f"{hops.end}: {quote(hops.leads, 80)}, {quote(hops.said, 120)}"
    match hops.end:
        case "endless":
            seen = f"{len(hops.answers)} redirects, and another one"
            yield fail("http-redirect-loop", "the way ends", seen, next_step=_FORWARDED)
        case "answered" if last.status == 404 or last.status >= 500:
            # Plain HTTP kept its promise; whether what is there is well is the promise of others.
            yield warn("http-redirect-dead-end", somewhere, f"{quote(last.url, 100)}: status {last.status}")
        case "nothing":
            yield warn("http-redirect-dead-end", somewhere, f"{quote(hops.leads, 80)}: {quote(hops.said, 80)}")
        case "nowhere" if leads is not None and leads.scheme == "https" and leads.hostname:
            # An address that we do not ask and do not repeat: one with a password in it, say.
            yield inconclusive("http-undecided", wanted, quote(hops.said, 120))
        case "nowhere" if len(hops.answers) > 1:
            seen = f"{quote(last.url, 100)} names nothing"
            yield fail("http-redirect-nowhere", "a redirect names where it leads", seen, next_step=_REDIRECT)
        case "elsewhere":
            seen, advice = (
                f"{quote(hops.leads, 100)} may not be asked",
                "Name it among hosts in [asking], if it is ours.",
            )
            yield info("http-redirect-not-followed", wanted, seen, next_step=advice)
        case "untrusted" if leads is not None and _place(leads) == certified:
            yield info("http-redirect-not-followed", wanted, stopped)
        case "untrusted":
            advice = "Correct that certificate; a private authority is ca_bundle in [asking]."
            yield warn("http-redirect-untrusted", somewhere, stopped, next_step=advice)
        case "silent" | "unclear":
            yield inconclusive("http-undecided", wanted, stopped)


def _led(answer: Exchange) -> SplitResult | None:
    """Where a redirect leads; None where it says nothing that can be read."""
    location = answer.headers.first("location").strip()
    try:
        return _taken_apart(urljoin(answer.url, location)) if location else None
    except ValueError:
        return None


def _place(url: SplitResult) -> str:
    host = url.hostname or ""
    return f"[{host}]:{url.port or 443}" if ":" in host else f"{host}:{url.port or 443}"


def _taken_apart(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts
