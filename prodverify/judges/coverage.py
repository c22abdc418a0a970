"""
Every operation that the service describes is verified by somebody, and every endpoint that is verified is described.

OpenAPI 3.0, 3.1 and 3.2, and Swagger 2.0: Paths Object (concrete paths match before templated ones), Server Object,
basePath. OWASP API Security API9:2023 (inventory).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote, urlsplit

from prodverify.judges import document
from prodverify.judges.pointer import lookup
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive, info, warn
from prodverify.target.openapi import OpenApi
from prodverify.wire.exchange import Exchange

CLAUSE = "OpenAPI 3.1 section 4.8.8, API9:2023"

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_HOLE = re.compile(r"\{[^{}/]*\}")
_MOST_OPERATIONS = 5000


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document: its path as the document has it, and what may stand before it."""

    method: str
    path: str
    bases: tuple[str, ...]

    @property
    def name(self) -> str:
        """As a person writes it."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a target file: where it is declared, and whether roles are told apart there."""

    method: str
    path: str
    where: str
    by_roles: bool = False
    described: bool = False
    """Whether the document has to have it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Operations by what verifies them, and requests that no operation describes."""

    by_roles: Mapping[str, str]
    elsewhere: Mapping[str, str]
    excepted: Mapping[str, str]
    uncovered: tuple[str, ...]
    undocumented: tuple[str, ...]
    stale: tuple[str, ...]
    """Exceptions that match no operation that would need them."""

    @property
    def total(self) -> int:
        """Operations of the document."""
        return len(self.by_roles) + len(self.elsewhere) + len(self.excepted) + len(self.uncovered)


def read(exchange: Exchange) -> dict[str, Any] | list[Finding]:
    """The document in an answer, or why there is none."""
    wanted = "an OpenAPI document as JSON"
    observed = f"status {exchange.status}"
    if exchange.status == 429 or exchange.status in (401, 403) or 300 <= exchange.status < 400:
        advice = "Correct path and role in [openapi], or see what answers there."
        return [inconclusive("openapi-refused", wanted, observed, next_step=advice)]
    if not 200 <= exchange.status < 300:
        return [fail("openapi-missing", wanted, observed)]
    read = document.read(exchange)
    if isinstance(read, document.Unreadable):
        if "yaml" in exchange.media_type or re.match(r"\s*['\"]?(?:openapi|swagger)['\"]?\s*:", exchange.text[:200]):
            advice = "Give the document as JSON, at another path or as file in [openapi]."
            return [inconclusive("openapi-yaml", wanted, "a document in YAML", next_step=advice)]
        return [read.finding("openapi-unreadable")]
    return checked(read)


def checked(said: Any) -> dict[str, Any] | list[Finding]:
    """The document, where it is one."""
    version = said.get("openapi", said.get("swagger")) if isinstance(said, dict) else None
    if not isinstance(version, str) or not re.match(r"(?:2\.0|3\.[0-9]+)", version):
        wanted = "a member openapi with 3.x, or swagger with 2.0"
        return [fail("openapi-unreadable", wanted, quote(version if version is not None else "none", 40))]
    return dict(said)


def operations(said: Mapping[str, Any], base_path: str | None = None) -> list[Operation]:
    """Every operation of the document; what stands before its path is ``base_path``, else what its servers say."""
    found: list[Operation] = []
    paths = said.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        inner = _resolved(said, item)
        if not isinstance(path, str) or not path.startswith("/") or not isinstance(inner, dict):
            continue
        more = inner.get("additionalOperations")
        known = {method: inner[method] for method in _METHODS if method in inner}
        for method, operation in {**known, **(more if isinstance(more, dict) else {})}.items():
            bases = (base_path,) if base_path is not None else _bases(said, inner, operation)
            found.append(Operation(str(method).upper(), path, tuple(base.rstrip("/") for base in bases)))
            if len(found) >= _MOST_OPERATIONS:
                return found
    return found


def cover(described: Sequence[Operation], asked: Sequence[Asked], promised: OpenApi) -> Coverage:
    """Which operation is verified by which request."""
    by_roles: dict[str, str] = {}
    elsewhere: dict[str, str] = {}
    undocumented: list[str] = []
    for one in asked:
        operation = _match(described, one)
        if operation is None:
            undocumented += [f"{one.method} {one.path} ({one.where})"] if one.described else []
        else:
            (by_roles if one.by_roles else elsewhere).setdefault(operation.name, one.where)
    elsewhere = {name: where for name, where in elsewhere.items() if name not in by_roles}
    names = dict.fromkeys(operation.name for operation in described)
    left = [name for name in names if name not in by_roles and name not in elsewhere]
    excepted: dict[str, str] = {}
    stale: list[str] = []
    for exception in promised.exceptions:
        meant = [name for name in left if fnmatchcase(name, exception.operation)]
        excepted |= dict.fromkeys(meant, exception.reason)
        stale += [] if meant else [exception.operation]
    generated = (exception.operation for exception in promised.generated_exceptions)
    stale += [pattern for pattern in generated if not any(fnmatchcase(name, pattern) for name in names)]
    uncovered = tuple(name for name in left if name not in excepted)
    return Coverage(by_roles, elsewhere, excepted, uncovered, tuple(dict.fromkeys(undocumented)), tuple(stale))


def judge(coverage: Coverage, promised: OpenApi) -> list[Finding]:
    """Deviations of what is verified from what is described, and the other way round."""
    if not coverage.total:
        return [fail("openapi-empty", "a document that describes operations", "none")]
    found: list[Finding] = []
    if coverage.uncovered:
        severity = Severity.FAIL if promised.covered else Severity.WARN
        observed = f"{len(coverage.uncovered)} of {coverage.total}: {listed(coverage.uncovered, 160)}"
        advice = "Declare them under [[endpoints]] with the status that each role gets."
        wanted = "every operation of the document is in the target file"
        found.append(Finding(severity, "operation-uncovered", wanted, observed, next_step=advice))
    if coverage.elsewhere:
        observed = f"{len(coverage.elsewhere)} of {coverage.total}: {listed(tuple(coverage.elsewhere), 160)}"
        found.append(info("operation-without-roles", "[[endpoints]] says what each role gets", observed))
    if coverage.undocumented:
        severity = Severity.FAIL if promised.documented else Severity.INFO
        observed = f"{len(coverage.undocumented)}: {listed(coverage.undocumented, 160)}"
        wanted = "every endpoint of profile api is in the document"
        advice = "Describe the operation, or correct base_path in [openapi]."
        found.append(Finding(severity, "operation-undocumented", wanted, observed, next_step=advice))
    if coverage.stale:
        advice = "Remove or correct them in [openapi]."
        wanted = "exceptions for operations that there are"
        found.append(warn("operation-exception-stale", wanted, listed(coverage.stale, 160), next_step=advice))
    return found


def _resolved(said: Mapping[str, Any], item: Any) -> Any:
    """A Path Item, through one ``$ref`` inside the document; what lies outside is not fetched."""
    reference = item.get("$ref") if isinstance(item, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#"):
        return item
    found = lookup(said, unquote(reference[1:]))
    return {**found, **item} if isinstance(found, dict) and isinstance(item, dict) else item


def _bases(said: Mapping[str, Any], item: Mapping[str, Any], operation: Any) -> tuple[str, ...]:
    """The paths before an operation's own: of the innermost list of servers, or Swagger's basePath."""
    if "swagger" in said:
        base = said.get("basePath")
        return (base if isinstance(base, str) and base.startswith("/") else "",)
    for holder in (operation, item, said):
        servers = holder.get("servers") if isinstance(holder, dict) else None
        if isinstance(servers, list) and servers:
            return tuple(dict.fromkeys(_path(server) for server in servers)) or ("",)
    return ("",)


def _path(server: Any) -> str:
    url = server.get("url") if isinstance(server, dict) else None
    if not isinstance(url, str):
        return ""
    variables = server.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        default = variable.get("default") if isinstance(variable, dict) else None
        url = url.replace(f"{{{name}}}", str(default))
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    # A relative address leads on from the document's own, which stands at the root more often than not.
    return path if path.startswith("/") else f"/{path.removeprefix('./')}"


def _match(described: Sequence[Operation], asked: Asked) -> Operation | None:
    """The operation that a request belongs to: the most concrete, whose parameters stand for one segment each."""
    path = asked.path.partition("?")[0]
    fitting = [
        (_generality(operation.path), index, operation)
        for index, operation in enumerate(described)
        if operation.method == asked.method and any(_fits(f"{base}{operation.path}", path) for base in operation.bases)
    ]
    if fitting:
        return min(fitting)[2]
    # Some frameworks write a parameter that holds slashes like any other.
    wide = (o for o in described if o.method == asked.method and o.path.endswith("}"))
    return next((o for o in wide if any(_fits(f"{base}{o.path}", path, wide=True) for base in o.bases)), None)


def _generality(path: str) -> tuple[bool, ...]:
    return tuple("{" in segment for segment in path.split("/"))


def _fits(template: str, path: str, *, wide: bool = False) -> bool:
    pieces = [re.escape(piece) for piece in _HOLE.split(template)]
    last = r".+" if wide else r"[^/]+"
    pattern = r"[^/]+".join(pieces[:-1]) + (last if len(pieces) > 1 else "") + pieces[-1]
    return re.fullmatch(pattern, path) is not None


def told(coverage: Coverage) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every operation that no role is verified on, and what is known of it."""
    for name in coverage.uncovered:
        yield name, {"verified": "nowhere"}
    for name, where in coverage.elsewhere.items():
        yield name, {"verified": f"without roles, by {where}"}
    for name, reason in coverage.excepted.items():
        yield name, {"verified": f"excepted: {reason}"}
