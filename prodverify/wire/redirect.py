"""Where a redirect leads, and what is taken along."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from prodverify.wire import sensitive
from prodverify.wire.address import visible
from prodverify.wire.exchange import Exchange
from prodverify.wire.guard import Guard
from prodverify.wire.question import Question

STATUSES = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 5
_ABOUT_THE_BODY = frozenset({b"content-type", b"content-encoding", b"content-language", b"content-location"})


def leads_on(answer: Exchange) -> bool:
    """Whether the answer sends us somewhere else."""
    return answer.status in STATUSES and bool(answer.headers.first("location"))


def onward(question: Question, answer: Exchange, guard: Guard) -> Question:
    """
    The next question. Raises Refused where it leads to a host that the target does not name.

    303, and 301 and 302 after POST, turn into GET without body (RFC 9110 section 15.4). To another origin go
    neither credentials, by the names of their headers, nor Host.
    """
    location = answer.headers.first("location")
    try:
        leads = urljoin(answer.url, location)
    except ValueError:
        leads = location  # what cannot be joined is no address either; the guard says so without repeating it
    address, target = guard.address(leads)
    method, lines, body = question.method, question.lines, question.body
    if method != "HEAD" and (answer.status == 303 or (answer.status in (301, 302) and method == "POST")):
        method, body = "GET", b""
        lines = tuple(line for line in lines if line[0].lower() not in _ABOUT_THE_BODY)
    if address != question.address:
        kept = (line for line in lines if line[0].lower() != b"host")
        lines = tuple(line for line in kept if not _credential(line[0]))
    return replace(
        question,
        method=method,
        address=address,
        target=visible(target),
        lines=lines,
        body=body,
        attempt=1,
        redirects=(*question.redirects, answer.url),
    )


def _credential(name: bytes) -> bool:
    return sensitive.name(name.decode("latin-1"))
