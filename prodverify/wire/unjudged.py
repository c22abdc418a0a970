"""The two ways in which a question stays without a judgeable answer: not asked, and not answered."""

from __future__ import annotations

from typing import Literal

from prodverify.record.findings import Finding, Unjudged, inconclusive

Kind = Literal["dns", "connect", "tls", "timeout", "closed", "protocol", "too-large"]


class Refused(Unjudged):
    """The suite itself does not ask: not allowed, not permitted, or the budget is spent. Asking again is no use."""

    def __init__(self, rule: str, expected: str, observed: str, next_step: str) -> None:
        super().__init__(inconclusive(rule, expected, observed, next_step=next_step))


class Unanswered(Unjudged):
    """
    Asked, and no answer came that can be read.

    ``kind`` says where it ended; ``ours`` is true where our own network, name resolution, proxy or request is at
    fault and the service was not heard.
    """

    def __init__(self, kind: Kind, finding: Finding, *, ours: bool = False) -> None:
        super().__init__(finding)
        self.kind: Kind = kind
        self.ours = ours
