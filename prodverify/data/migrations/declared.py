"""Heads of migrations that somebody tells: a service, a file that the build left. Pure but for that file."""

from __future__ import annotations

import json
from pathlib import Path

from prodverify.data.migrations.history import Means, Recorded
from prodverify.data.migrations.manner import Manner
from prodverify.judges.pointer import Absent, lookup
from prodverify.record.findings import Unjudged, inconclusive

LARGEST_MANIFEST_BYTES = 16 * 1024 * 1024
_EXPECTED = "a head of migrations, or a list of heads"


def heads_of(value: object, source: str, key: str, *, base: bool = False) -> tuple[str, ...]:
    """
    The heads in a JSON value: a text or a whole number, or a list of them; null or an empty list for none.

    Raises ``Unjudged`` for everything else, and without ``base`` for none: no code has no migration, and what was not
    told must not look like it. ``key`` is the one of ``[[migrations]]`` that points at it.
    """
    values = value if isinstance(value, list) else [] if value is None else [value]
    if (values or base) and all((isinstance(each, str) and each) or type(each) is int for each in values):
        return tuple(str(each) for each in values)
    raise Unjudged(
        inconclusive(
            "migrations-report-unreadable",
            _EXPECTED,
            f"{_kind(value)} at {source}",
            next_step=f"let {key} in [[migrations]] point at the head or heads",
        )
    )


def _kind(value: object) -> str:
    if isinstance(value, Absent) or value is None or value == []:
        return "nothing"
    return type(value).__name__


def reported(value: object, source: str, manner: Manner) -> Recorded:
    """
    What a service says of its database's heads.

    One head is the newest migration also for a tool that records every one; several are all that it has.
    """
    heads = frozenset(map(manner.spelling, heads_of(value, source, "reported_at", base=True)))
    means: Means = "latest" if manner.means == "all" and len(heads) == 1 else manner.means
    return Recorded(heads, source, means=means)


def from_manifest(path: Path, pointer: str | None) -> tuple[str, ...]:
    """
    The heads in a file that the build left: where ``pointer`` says in JSON, or one a line without it.

    Empty lines and those that begin with ``#`` say nothing. Raises ``Unjudged``.
    """
    try:
        if path.stat().st_size > LARGEST_MANIFEST_BYTES:
            raise _unreadable(path, f"larger than {LARGEST_MANIFEST_BYTES // (1024 * 1024)} MiB")
        text = path.read_bytes().decode("utf-8-sig")
        if pointer is None:
            lines = [line.strip() for line in text.splitlines()]
            heads = tuple(line for line in lines if line and not line.startswith("#"))
            if heads and heads[0][0] in '{["':
                raise _unreadable(path, "JSON, of which manifest_at would have to say where the heads are")
        else:
            heads = heads_of(lookup(json.loads(text), pointer), f"{path.name}{pointer}", "manifest_at", base=True)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise _unreadable(path, "neither UTF-8 text nor JSON" if pointer is None else "no JSON") from None
    if not heads:
        raise _unreadable(path, "no head in it")
    return heads


def _unreadable(path: Path, observed: str) -> Unjudged:
    return Unjudged(
        inconclusive(
            "migrations-manifest-unreadable",
            f"{_EXPECTED} in {path}",
            observed,
            next_step="let manifest in [[migrations]] name the file that the build of the deployed code left",
        )
    )
