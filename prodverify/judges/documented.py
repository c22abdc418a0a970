"""
What an operation answers is what its document says: no error of the service, a status, a type and a body that it names.

OpenAPI 3.1 section 4.8.16 (Responses Object). The comparison itself is schemathesis's; what it says is weighed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive, warn

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


def judge_uncompared(kind: str, operation: str, status: int) -> Finding:
    """An answer that the document describes in words that nothing can be compared with."""
    wanted = f"{quote(operation, 80)} is described so that an answer can be compared"
    observed = f"{quote(kind, 40)} over the answer with status {status}"
    advice = "Correct the responses of that operation in the document."
    return warn("documented-answer-uncompared", wanted, observed, next_step=advice)


def judge_asked(method: str, asked: int, unmade: Sequence[str] = ()) -> list[Finding]:
    """Nothing was compared where no request could be made; ``unmade`` are operations that none comes of."""
    found = []
    if unmade:
        wanted, advice = "a request can be made of every operation", "Correct its parameters and body in the document."
        observed = f"none of {len(unmade)}: {listed(tuple(unmade), 160)}"
        found.append(warn("documented-operation-unasked", wanted, observed, next_step=advice))
    if not asked:
        wanted, advice = f"at least one operation of the document with method {method}", "See [openapi], the document."
        found.append(inconclusive("documented-nothing-asked", wanted, "none was asked", next_step=advice))
    return found


def alone(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """
    The document without what it refers to elsewhere, and those references.

    Whoever reads a document should not let it say which addresses are asked, or which files are opened.
    """
    elsewhere: list[str] = []

    def kept(value: Any) -> Any:
        if isinstance(value, list):
            return [kept(item) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            elsewhere.append(reference)
            value = {name: inner for name, inner in value.items() if name != "$ref"}
        return {name: kept(inner) for name, inner in value.items()}

    return kept(dict(document)), elsewhere


def judge_references(elsewhere: Sequence[str]) -> list[Finding]:
    """References of a document that lead out of it: what stands there is not read."""
    if not elsewhere:
        return []
    observed = f"{len(elsewhere)} lead elsewhere: {listed(tuple(dict.fromkeys(elsewhere)), 160)}"
    advice = "Bundle the document into one; what it refers to elsewhere is not compared."
    return [warn("documented-reference-elsewhere", "references inside the document", observed, next_step=advice)]


def _head(message: str) -> str:
    """What is wrong, without the value that is: it may be anybody's."""
    head = re.split(r"\n\s*(?:Schema|Value|Validated|\[|`)", message, maxsplit=1)[0]
    if "required property" in head:
        return head
    wrong = _WRONG.search(head)
    return f"a value {wrong[0]}" if wrong else head.partition(":")[0]
