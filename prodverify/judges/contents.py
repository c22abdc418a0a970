"""A body holds the text that was promised, whatever its media type."""

from __future__ import annotations

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive
from prodverify.wire.exchange import Exchange


def judge(exchange: Exchange, text: str, *, rule: str = "body-text-missing") -> list[Finding]:
    """Deviations of a body from the promise that it holds ``text``; nothing where none is promised."""
    if not text or text in exchange.text:
        return []
    wanted = f"a body that holds {quote(text, 80)}"
    if not exchange.body_complete:
        observed = f"not in the first {len(exchange.body)} bytes"
        return [inconclusive(rule, wanted, observed, next_step="Raise asking.max_body_kilobytes.")]
    return [fail(rule, wanted, quote(exchange.body, 120) or "an empty body")]


def judge_answer(exchange: Exchange, text: str) -> list[Finding]:
    """Deviations of the body of a 2xx answer; another answer says nothing about the text."""
    if text and not 200 <= exchange.status < 300:
        wanted = "a 2xx answer, whose body is described"
        return [inconclusive("body-no-success", wanted, f"status {exchange.status}")]
    return judge(exchange, text)
