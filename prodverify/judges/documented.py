"""
What an operation answers is what its document says: no error of the service, a status, a type and a body that it names.

OpenAPI 3.1 section 4.8.16 (Responses Object). The comparison itself is schemathesis's; what it says is weighed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive

CLAUSE = "OpenAPI 3.1 section 4.8.16"

_WRONG = re.compile(r"(?:is not|is too|is less|is greater|is shorter|is longer|does not|has too|has non)\b[^{}\[\]]*")

_RULES: Mapping[str, str] = {
    "ServerError": "documented-operation-breaks",
    "UndefinedStatusCode": "documented-status-other",
    "JsonSchemaError": "documented-schema-broken",
    "MalformedJson": "documented-schema-broken",
    "UndefinedContentType": "documented-type-other",
    "MissingContentType": "documented-type-other",
    "MalformedMediaType": "documented-type-other",
}
"""Kinds of failure, by the names of their classes, and our rules."""


def judge(kind: str, message: str, operation: str, status: int) -> Finding:
    """One failure of the comparison. Only its first lines are quoted: what follows may be the body."""
    wanted = f"{quote(operation, 80)} answers as the document says"
    said = f"status {status}: {quote(_head(message), 120)}"
    rule = _RULES.get(kind, "documented-answer-other")
    if rule == "documented-operation-breaks" or status >= 500:
        return fail("documented-operation-breaks", wanted, f"status {status}")
    if rule == "documented-status-other" and 400 <= status < 500:
        # Few documents name every refusal, and a made-up id is refused more often than not.
        advice = "Name the refusal in the document, as 4XX at least."
        return Finding(Severity.WARN, "documented-refusal-missing", wanted, f"status {status}", next_step=advice)
    advice = "Correct the document, or the answer."
    return Finding(Severity.FAIL, rule, wanted, said, next_step=advice)


def judge_asked(asked: int) -> list[Finding]:
    """Nothing was compared where no request could be made."""
    if asked:
        return []
    wanted = "at least one operation of the document that is read by GET"
    return [inconclusive("documented-nothing-asked", wanted, "none", next_step="See [openapi] and the document.")]


def _head(message: str) -> str:
    """What is wrong, without the value that is: it may be anybody's."""
    head = re.split(r"\n\s*(?:Schema|Value|Validated|\[|`)", message, maxsplit=1)[0]
    if "required property" in head:
        return head
    wrong = _WRONG.search(head)
    return f"a value {wrong[0]}" if wrong else head.partition(":")[0]
