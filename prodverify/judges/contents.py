"""A body is what was promised: the text that it holds, whatever its media type, and its JSON Schema."""

from __future__ import annotations

from prodverify.judges import schema
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive
from prodverify.target.asking import Endpoint
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


def judge_answer(exchange: Exchange, promise: Endpoint) -> list[Finding]:
    """Deviations of the body of a 2xx answer from its text and schema; another answer says nothing about them."""
    if not 200 <= exchange.status < 300:
        wanted = "a 2xx answer, whose body is described"
        return [inconclusive("schema-no-success", wanted, f"status {exchange.status}")]
    found = judge(exchange, promise.text)
    if promise.json_schema is not None:
        found += schema.judge_answer(exchange, promise.json_schema)
    return found
