"""The one HTTP client: a question in the words of a check, and its answer, or why there is none."""

from __future__ import annotations

import json as jsons
import math
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import prodverify
from prodverify.record.findings import inconclusive
from prodverify.target.load import Target
from prodverify.target.section import ANONYMOUS
from prodverify.wire import clock, redirect, retry_after
from prodverify.wire.address import visible
from prodverify.wire.bodies import ACCEPTED
from prodverify.wire.courier import Allowance, Courier
from prodverify.wire.exchange import Exchange
from prodverify.wire.guard import SAFE_METHODS
from prodverify.wire.identity import Identities, Lines
from prodverify.wire.login import Attempt
from prodverify.wire.question import Question, Text, has, lines
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run
from prodverify.wire.unjudged import Unanswered

RUN_HEADER = "X-Prodverify-Run"

_RETRIED_STATUSES = frozenset({502, 503, 504})
_RETRIED_FAILURES = frozenset({"dns", "connect", "closed"})
_MOST_ATTEMPTS = 3
# Waits before the second and third attempt where the answer does not say how long.
_WAITS_SECONDS = (0.1, 0.4)


class Client:
    """
    Asks one target on behalf of one run; threads may share it, each process has its own.

    ``on_exchange`` is given every answer as it comes, those of log-ins, retried attempts and redirects included.
    ``deadline`` is the monotonic moment after which nothing is asked.
    """

    def __init__(
        self,
        target: Target,
        run: Run,
        *,
        redactor: Redactor,
        on_exchange: Callable[[Exchange], None] | None = None,
        deadline: float = math.inf,
    ) -> None:
        self._courier = Courier(target, run, redactor=redactor, on_exchange=on_exchange, deadline=deadline)
        self._identities = Identities(target, run.folder, redactor, self._ask_for_ourselves)
        self._deadline_seconds = target.promises.asking.deadline_seconds
        self._refuses_new: set[tuple[str, str, bytes]] = set()
        ours = (
            ("Accept", "application/json"),
            ("Accept-Encoding", ACCEPTED),
            ("User-Agent", f"prodverify/{prodverify.__version__} (run {run.run_id})"),
            (RUN_HEADER, run.run_id),
        )
        self._lines = lines(ours, target.promises.asking.headers.items())

    def ask(
        self,
        method: str,
        path: str,
        *,
        role: str = ANONYMOUS,
        credential: int = 0,
        headers: Iterable[tuple[Text, Text]] = (),
        body: bytes | None = None,
        json: Any = None,
        writes: bool = False,
        retry: bool = True,
        follow: bool = False,
        fresh: bool = False,
        paced: bool = True,
        request_target: bytes | None = None,
        deadline_seconds: float | None = None,
    ) -> Exchange:
        """
        The answer to ``method`` on ``path`` of the target, or on an absolute address that it allows.

        ``credential`` chooses among the role's credentials. ``headers`` replace what would be sent by itself under
        the same name, and may repeat. ``json`` is sent as the body (None is no body). ``writes`` is declared by
        checks that send anything but GET, HEAD or OPTIONS. With ``retry`` a GET, HEAD or OPTIONS that met no
        connection, 502, 503 or 504 is asked up to twice more, seen in ``attempts``. ``follow`` follows redirects
        within the allowed hosts. ``fresh`` uses a new connection. ``paced`` is false for a burst, which does not keep
        to the run's pace. ``request_target`` is sent byte for byte in place of the path. ``deadline_seconds`` is for
        all attempts together, on the wire.

        Raises Refused where it is not asked, Unanswered where no readable answer came, and Unjudged where a log-in
        did not work.
        """
        address, target = self._place(path)
        trace_id = secrets.token_hex(16)
        given = list(headers)
        content = b"" if body is None else body
        kind: Lines = ()
        if json is not None:
            content, kind = jsons.dumps(json).encode(), (("Content-Type", "application/json"),)
        trace = (("traceparent", f"00-{trace_id}-{secrets.token_hex(8)}-01"),)
        identity = self._identities.lines(role, credential)
        if method not in SAFE_METHODS:
            kind = (*kind, *self._identities.site(role))
        question = Question(
            method=method,
            address=address,
            target=visible(target) if request_target is None else request_target,
            lines=lines((*self._lines, *trace, *kind), identity, given),
            body=content,
            role=role,
            trace_id=trace_id,
            writes=writes,
            fresh=fresh,
            paced=paced,
        )
        allowance = Allowance(self._deadline_seconds if deadline_seconds is None else deadline_seconds)
        answer = self._persistent(question, allowance, retry)
        if answer.status == 401 and identity and not has(lines(given), identity[0][0].lower().encode()):
            renewed = self._renewed(question, identity)
            if renewed is not None:
                question = renewed
                answer = self._courier.carry(question, allowance)
                if answer.status == 401:
                    self._refuses_new.add(question.kind)
        return self._followed(question, answer, allowance, retry) if follow else answer

    def presented(self, role: str) -> Lines:
        """The header lines by which ``role`` is known, after a log-in where it needs one. Raises Unjudged."""
        return self._identities.lines(role)

    def renewed(self, role: str, refused: Lines) -> Lines | None:
        """
        Header lines of ``role`` other than ``refused``, after another log-in; None where it holds no token.

        Raises Unjudged where the log-in does not work.
        """
        return self._identities.renewed(role, refused)

    def log_in(
        self,
        role: str,
        *,
        username: str | None = None,
        password: str | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> Attempt:
        """
        A log-in of its own, apart from the session that the run shares; ``cookies`` are in the browser before it.

        ``username`` and ``password`` stand in for those of ``role``. Cookies that it gave are not learned as secrets
        yet, a token is. Raises Unjudged where nothing answers.
        """
        return self._identities.attempt(role, username=username, password=password, cookies=cookies or {})

    def shown(self, version: str) -> str:
        """A version as it is told: on one line, no longer than a person reads, and without secrets."""
        return self._courier.shown(version)

    @property
    def asked_seconds(self) -> float:
        """Seconds that this process spent on the wire."""
        return self._courier.asked_seconds

    @property
    def requests(self) -> int:
        """Requests that this process sent."""
        return self._courier.requests

    @property
    def spent(self) -> int:
        """Requests that the whole run sent, all workers together."""
        return self._courier.budget.spent

    @property
    def versions(self) -> frozenset[str]:
        """Versions that answers named in the header that the target declares for it."""
        return frozenset(self._courier.versions)

    def close(self) -> None:
        """Closes every connection."""
        self._courier.close()

    def _place(self, path: str) -> tuple[Any, str]:
        if path.startswith("/"):
            return self._courier.guard.base, path
        return self._courier.guard.address(path)

    def _ask_for_ourselves(self, question: Question) -> Exchange:
        trace_id = secrets.token_hex(16)
        trace = (("traceparent", f"00-{trace_id}-{secrets.token_hex(8)}-01"),)
        question = replace(question, lines=lines((*self._lines, *trace), question.lines), trace_id=trace_id)
        return self._courier.carry(question, Allowance(self._deadline_seconds))

    def _persistent(self, question: Question, allowance: Allowance, retry: bool) -> Exchange:
        most = _MOST_ATTEMPTS if retry and question.method in SAFE_METHODS else 1
        while True:
            wait = _WAITS_SECONDS[min(question.attempt, len(_WAITS_SECONDS)) - 1]
            try:
                answer = self._courier.carry(question, allowance)
            except Unanswered as error:
                if question.attempt >= most or error.kind not in _RETRIED_FAILURES or wait >= allowance.seconds:
                    raise
            else:
                if question.attempt >= most or answer.status not in _RETRIED_STATUSES:
                    return answer
                asked_for = retry_after.seconds(answer.headers)
                wait = wait if asked_for is None else asked_for
                if wait >= allowance.seconds:
                    return answer
            # Retry-After is bounded by the deadline: the wait is taken out of it.
            clock.sleep(wait, "another attempt")
            allowance.seconds -= wait
            question = question.again()

    def _renewed(self, question: Question, refused: Lines) -> Question | None:
        """
        The question under a new token where the role holds one; None for a kind of question that a new token was
        refused for, too, because there it is not the token's age.
        """
        if question.kind in self._refuses_new:
            return None
        identity = self._identities.renewed(question.role, refused)
        if identity is None:
            return None
        return replace(question, lines=lines(question.lines, identity), attempt=question.attempt + 1)

    def _followed(self, question: Question, answer: Exchange, allowance: Allowance, retry: bool) -> Exchange:
        while redirect.leads_on(answer):
            if len(question.redirects) >= redirect.MOST_HOPS:
                raise Unanswered(
                    "protocol",
                    inconclusive(
                        "too-many-redirects",
                        f"an answer to {question.method} after at most {redirect.MOST_HOPS} redirects",
                        f"another redirect from {question.place}",
                        next_step="Look for a loop in the service's redirects.",
                    ),
                )
            question = redirect.onward(question, answer, self._courier.guard)
            answer = self._persistent(question, allowance, retry)
        return answer
