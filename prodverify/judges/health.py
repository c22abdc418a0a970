"""
A health path says what it was declared to say: status, body, components, version, in time.

Every status on such a path is the service's own answer, a 429 or 503 too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from prodverify.judges import contents, document, pointer, schema
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info
from prodverify.target.asking import Health
from prodverify.wire.exchange import Exchange

CLAUSE = "the target file, [[health]]"

LONGEST_VERSION = 200
"""Characters; a longer text is something else than a version."""

_REVISION = re.compile(r"[0-9a-f]{7,64}", re.ASCII)


def judge(exchange: Exchange, promise: Health) -> list[Finding]:
    """Deviations of status and body. A body that nothing is declared about may be anything, or nothing."""
    found: list[Finding] = []
    if exchange.status != promise.status:
        said = f": {quote(exchange.body, 120)}" if exchange.body else ""
        found.append(fail("health-status", f"status {promise.status}", f"status {exchange.status}{said}"))
    found += contents.judge(exchange, promise.text, rule="health-text-missing")
    if promise.json_schema is None:
        return found
    body = document.read(exchange)
    if isinstance(body, document.Unreadable):
        return [*found, body.finding("health-body-unreadable")]
    return [*found, *schema.judge(body, promise.json_schema)]


def judge_components(exchange: Exchange, promise: Health) -> list[Finding]:
    """Deviations of the declared components, each of which reports the word that was declared."""
    if not promise.components:
        return []
    reported = _at(exchange, promise.components_at)
    if isinstance(reported, Finding):
        return [reported]
    by_place = all(name.startswith("/") for name in promise.components)
    if not isinstance(reported, dict | list if by_place else dict):
        wanted = f"an object at {quote(promise.components_at, 80)}"
        return [fail("health-components-missing", wanted, pointer.kind(reported))]
    return list(_components(reported, promise))


def judge_version(exchange: Exchange, promise: Health, expected: str | None = None) -> list[Finding]:
    """Deviations of the version from the one ``expected``, where the run was told; a revision may be abbreviated."""
    if promise.version_at is None:
        return []
    # A body that is no JSON may be the version itself; read as JSON, 3.10 would become a number.
    plain = promise.version_at == "" and not exchange.media_type.endswith("json")
    reported = exchange.text if plain else _at(exchange, promise.version_at)
    if isinstance(reported, Finding):
        return [reported]
    seen = "" if isinstance(reported, bool | dict | list) or reported is None else str(reported).strip()
    if not seen:
        wanted = f"a version at {quote(promise.version_at, 80)}"
        return [fail("health-version-missing", wanted, pointer.kind(reported))]
    if len(seen) > LONGEST_VERSION or not seen.isprintable():
        return [
            fail("health-version-odd", f"a version of at most {LONGEST_VERSION} printable characters", quote(seen, 80))
        ]
    if expected and not _same_version(seen, expected.strip()):
        return [fail("health-version-differs", f"version {quote(expected, 80)}", f"version {quote(seen, 80)}")]
    return []


def judge_time(exchange: Exchange, promise: Health) -> list[Finding]:
    """Deviations of the time to answer, in milliseconds from the first byte sent to the last received."""
    if promise.answers_within_ms is None or exchange.elapsed_ms <= promise.answers_within_ms:
        return []
    wanted = f"answered within {promise.answers_within_ms:g} ms"
    return [fail("health-slow", wanted, f"{exchange.elapsed_ms:.1f} ms, status {exchange.status}")]


def _at(exchange: Exchange, place: str) -> object:
    body = document.read(exchange)
    if isinstance(body, document.Unreadable):
        return body.finding("health-body-unreadable")
    found = pointer.lookup(body, place)
    if isinstance(found, pointer.Absent):
        return fail("health-member-missing", f"a value at {quote(place, 80)}", str(found))
    return found


def _components(reported: dict[str, object] | list[object], promise: Health) -> Iterator[Finding]:
    for name, word in promise.components.items():
        wanted = f"{quote(name, 60)}: {quote(word, 60)}"
        said = pointer.lookup(reported, name if name.startswith("/") else pointer.build((name,)))
        if isinstance(said, pointer.Absent):
            yield fail("health-component-missing", wanted, "not reported")
            continue
        # A component may be reported several times, once for each of what it consists of.
        for one in said if isinstance(said, list) and said else [said]:
            # Some services report an object a component, with its status among other facts.
            status = one.get("status", one) if isinstance(one, dict) else one
            if not _is(status, word):
                seen = quote(status, 60) if isinstance(status, str | int | float) else pointer.kind(status)
                yield fail("health-component-unwell", wanted, f"{quote(name, 60)}: {seen}")
    declared = {name.split("/")[1] if name.startswith("/") else name for name in promise.components}
    further = [name for name in reported if name not in declared] if isinstance(reported, dict) else []
    if further:
        yield info("health-component-undeclared", "every component is declared", quote(", ".join(further[:20]), 120))


def _is(status: object, word: str) -> bool:
    said = status if isinstance(status, str) else json.dumps(status)
    return said.strip().lower() == word.strip().lower()


def _same_version(seen: str, expected: str) -> bool:
    if seen == expected or seen.removeprefix("v") == expected.removeprefix("v"):
        return True
    one, other = seen.lower(), expected.lower()
    both = bool(_REVISION.fullmatch(one) and _REVISION.fullmatch(other))
    return both and (one.startswith(other) or other.startswith(one))
