"""Where plain HTTP leads, hop by hop: no further than may be asked, and never with a credential."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from prodverify.wire import redirect
from prodverify.wire.exchange import Exchange
from prodverify.wire.hops import End, Hops
from prodverify.wire.unjudged import Refused, Unanswered

MOST_FOLLOWED = 6
"""Redirects after which nobody goes on; browsers give up later, and their preload list sooner."""

_NOT_ASKED: dict[str, End] = {"host-not-allowed": "elsewhere", "address-not-askable": "nowhere"}
_NOT_ANSWERED: dict[str, End] = {
    "connect": "nothing",
    "closed": "nothing",
    "dns": "nothing",
    "timeout": "silent",
    "tls": "untrusted",
}


def follow(asked: str, ask: Callable[[str], Exchange], *, most: int = MOST_FOLLOWED) -> Hops:
    """
    What is answered on the way from ``asked``; after ``most`` answers no redirect is followed. ``ask`` asks
    for one address and follows nothing by itself.

    Raises Unjudged where our own network, budget or deadline ended it.
    """
    answers: list[Exchange] = []
    leads = asked

    def ended(end: End, said: str = "") -> Hops:
        return Hops(asked, tuple(answers), end, leads, said)

    while True:
        try:
            answer = ask(leads)
        except Refused as refused:
            if refused.finding.rule not in _NOT_ASKED:
                raise
            return ended(_NOT_ASKED[refused.finding.rule], refused.finding.observed)
        except Unanswered as unanswered:
            if unanswered.ours:
                raise
            return ended(_NOT_ANSWERED.get(unanswered.kind, "unclear"), unanswered.finding.observed)
        answers.append(answer)
        if answer.status not in redirect.STATUSES:
            return ended("answered")
        if not redirect.leads_on(answer):
            return ended("nowhere")
        if len(answers) >= most:
            return ended("endless")
        try:
            leads = urljoin(answer.url, answer.headers.first("location").strip())
        except ValueError:
            return ended("nowhere")
