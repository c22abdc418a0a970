"""
A document has the shape that was promised.

JSON Schema 2020-12, or the draft that ``$schema`` names; RFC 6901 for the places. A remote ``$ref`` is never fetched.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from prodverify.judges.document import Unreadable, read
from prodverify.judges.pointer import build, kind
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive
from prodverify.wire.exchange import Exchange

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

CLAUSE = "JSON Schema 2020-12"

_SECRETIVE = re.compile(r"pass|secret|token|key|credential|authorization|cookie|signature", re.IGNORECASE)


def judge(document: Any, schema: Mapping[str, Any] | bool, *, limit: int = 5) -> list[Finding]:
    """At most ``limit`` deviations, by place; a schema that cannot be applied is inconclusive, not a failure."""
    # Imported here: jsonschema costs 60 ms, which collecting the checks does not need.
    import jsonschema  # type: ignore[import-untyped]
    import referencing
    import referencing.exceptions

    try:
        validator_class = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        validator_class.check_schema(schema)
        # A registry of our own holds nothing and retrieves nothing; the library's default would ask the network.
        validator = validator_class(schema, registry=referencing.Registry())
        errors = list(itertools.islice(validator.iter_errors(document), 200))
    except jsonschema.SchemaError as problem:
        return [_unusable(f"invalid at {build(problem.absolute_path) or 'the top'}: {quote(problem.message, 100)}")]
    except referencing.exceptions.Unresolvable as problem:
        return [_unusable(f"its reference {quote(problem.ref, 100)} leads nowhere; remote ones are not fetched")]
    except (re.error, RecursionError, ArithmeticError, AttributeError, TypeError, ValueError) as problem:
        return [_unusable(f"it cannot be applied: {type(problem).__name__}: {quote(problem, 80)}")]
    errors.sort(key=lambda error: (len(error.absolute_path), build(error.absolute_path)))
    found = [_finding(error) for error in errors[:limit]]
    if len(errors) > limit:
        found.append(fail("schema-more", f"no deviation, {limit} are shown", f"{len(errors) - limit} more"))
    return found


def judge_answer(exchange: Exchange, schema: Mapping[str, Any] | bool, *, limit: int = 5) -> list[Finding]:
    """Deviations of the body of a 2xx answer; another answer says nothing about the schema."""
    if not 200 <= exchange.status < 300:
        return [inconclusive("schema-no-success", "a 2xx answer, whose body is described", f"status {exchange.status}")]
    body = read(exchange)
    return [body.finding("schema-no-json")] if isinstance(body, Unreadable) else judge(body, schema, limit=limit)


def _unusable(observed: str) -> Finding:
    return inconclusive("schema-unusable", "a schema that can be applied", observed, next_step="Correct the schema.")


def _finding(error: ValidationError) -> Finding:
    place = quote(build(error.absolute_path) or "the top", 120)
    keyword, wanted = str(error.validator), error.validator_value
    if keyword == "required" and isinstance(error.instance, dict) and isinstance(wanted, list):
        missing = [str(name) for name in wanted if name not in error.instance]
        return fail("schema-required", f"{place}: {quote(', '.join(missing), 120)}", "not there")
    last = str(next(reversed(error.absolute_path), ""))
    return fail(
        f"schema-{quote(keyword, 40)}", f"{place}: {quote(keyword, 40)} {_rule(wanted)}", _seen(last, error.instance)
    )


def _rule(wanted: object) -> str:
    return quote(kind(wanted) if isinstance(wanted, dict) else wanted, 100)


def _seen(name: str, instance: object) -> str:
    """The value, where it is short and its name does not sound like a secret; otherwise what kind of value it is."""
    if isinstance(instance, dict):
        return f"an object with {quote(', '.join(map(str, itertools.islice(instance, 10))), 100)}"
    if isinstance(instance, list) or _SECRETIVE.search(name):
        return kind(instance)
    return f"{kind(instance)}: {quote(instance, 80)}" if isinstance(instance, str) else quote(instance, 80)
