"""Cases that need a decision, opened: claim, findings, exchange, and how to repeat it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodverify.record.findings import Finding
from prodverify.record.run import CaseRecord, RunRecord
from reports.allowance import Allowance, weight
from reports.visible import cut
from reports.wording import MARKS, WORDS, label_of, promise_of, repeat

_MAX_TEXT = 600
_MAX_BODY = 1_000
_MAX_CURL = 1_200
_MAX_HEADERS = 30
_ARTICLE_BYTES = 1_200
_FINDING_BYTES = 130
_MAX_FINDINGS = 12
_OPEN_EXCHANGES = 12
"""Cases whose exchange is unfolded; of the rest a reader opens what is wanted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An exchange, its heads as lines, its bodies cut."""

    line: str
    request: str
    answer: str
    curl: str


@dataclass(frozen=True, slots=True)
class Opened:
    """One case as the page shows it. ``earlier`` are the exchanges before the last one, a line each."""

    id: str
    state: str
    mark: str
    word: str
    promise: str
    label: str
    claim: str
    clause: str
    reason: str
    findings: tuple[Finding, ...]
    more_findings: int
    duration_ms: float
    worker: str
    retried: bool
    runbook: str
    runbook_link: str
    repeat: str
    last: Asked | None
    earlier: tuple[str, ...]
    unfolded: bool


@dataclass(frozen=True, slots=True)
class Brief:
    """A case that needs no decision and is worth a look."""

    promise: str
    label: str
    claim: str
    reason: str
    findings: tuple[Finding, ...]


def of(record: RunRecord, cases: Sequence[CaseRecord], allowance: Allowance) -> tuple[list[Opened], int]:
    """Those of ``cases`` that fit, and how many do not."""
    told = (_opened(record, case, number < _OPEN_EXCHANGES) for number, case in enumerate(cases))
    fitting = list(allowance.fitting(told, _size))
    return fitting, len(cases) - len(fitting)


def brief(cases: Sequence[CaseRecord], allowance: Allowance) -> tuple[list[Brief], int]:
    """Cases with their findings and reason alone, and how many do not fit."""
    told = (
        Brief(promise_of(case), label_of(case), case.claim, cut(case.reason, _MAX_TEXT), _findings(case)[:3])
        for case in cases
    )
    fitting = list(allowance.fitting(told, _size_of_brief))
    return fitting, len(cases) - len(fitting)


def _opened(record: RunRecord, case: CaseRecord, unfolded: bool) -> Opened:
    return Opened(
        id=case.id,
        state=case.state.value,
        mark=MARKS[case.state],
        word=WORDS[case.state],
        promise=promise_of(case),
        label=label_of(case),
        claim=cut(case.claim, _MAX_TEXT),
        clause=case.clause,
        reason=cut(case.reason, _MAX_BODY),
        findings=_findings(case),
        more_findings=max(0, len(case.findings) - _MAX_FINDINGS),
        duration_ms=case.duration_ms,
        worker=case.worker,
        retried=case.retried,
        runbook=case.runbook,
        runbook_link=_link(case.runbook),
        repeat=repeat(record, case),
        last=_asked(case.exchanges[-1]) if case.exchanges else None,
        earlier=tuple(_line(one) for one in case.exchanges[:-1]),
        unfolded=unfolded,
    )


def _findings(case: CaseRecord) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            one.severity,
            one.rule,
            cut(one.expected, _MAX_TEXT),
            cut(one.observed, _MAX_TEXT),
            one.clause if one.clause != case.clause else "",
            cut(one.next_step, _MAX_TEXT),
        )
        for one in case.findings[:_MAX_FINDINGS]
    )


def _asked(exchange: Mapping[str, Any]) -> Asked:
    protocol = exchange.get("http_version", "HTTP/1.1")
    return Asked(
        _line(exchange),
        _message(f"{exchange['method']} {exchange['url']}", exchange["request_headers"], exchange["request_body"]),
        _message(f"{protocol} {exchange['status']}", exchange["headers"], exchange["body"]),
        cut(exchange["curl"], _MAX_CURL),
    )


def _line(exchange: Mapping[str, Any]) -> str:
    attempts = f", attempt {exchange['attempts']}" if exchange["attempts"] > 1 else ""
    asked = f"{exchange['method']} {cut(exchange['url'], _MAX_TEXT)} as {exchange['role']}"
    return f"{asked} → {exchange['status']} in {exchange['elapsed_ms']:.0f} ms{attempts}"


def _message(first: str, headers: Sequence[Sequence[str]], body: str) -> str:
    lines = [cut(first, _MAX_TEXT), *(f"{name}: {cut(value, _MAX_TEXT)}" for name, value in headers[:_MAX_HEADERS])]
    if len(headers) > _MAX_HEADERS:
        lines.append(f"[{len(headers) - _MAX_HEADERS} further header lines; more in record.json]")
    return "\n".join([*lines, "", cut(_readable(body), _MAX_BODY)] if body else lines)


def _readable(body: str) -> str:
    """A JSON body on several lines, as a person reads it; anything else as it came."""
    if body[:1] not in ("{", "["):
        return body
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _link(runbook: str) -> str:
    """Where the page links to; nothing for what is neither on the web nor in this project."""
    if runbook.startswith(("https://", "http://")):
        return runbook
    return f"../../../{runbook}" if runbook.startswith("docs/") else ""


def _size(one: Opened) -> int:
    """Bytes of a case on the page, its markup included."""
    last = one.last or Asked("", "", "", "")
    told = (one.claim, one.reason, one.clause, one.repeat, one.runbook, one.promise, one.label, *one.earlier)
    return _ARTICLE_BYTES + _size_of(one.findings) + weight(*told, last.line, last.request, last.answer, last.curl)


def _size_of(findings: Iterable[Finding]) -> int:
    told = ((one.rule, one.expected, one.observed, one.clause, one.next_step) for one in findings)
    return sum(_FINDING_BYTES + weight(*texts) for texts in told)


def _size_of_brief(one: Brief) -> int:
    return _ARTICLE_BYTES // 3 + _size_of(one.findings) + weight(one.promise, one.label, one.claim, one.reason)
