"""A database has the schema that it must have: every object is there, in the form that is expected, and no other."""

from __future__ import annotations

import re

from prodverify.data.catalog.difference import Difference
from prodverify.data.catalog.lines import about, kind_of
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Unjudged, fail, info, warn

SHOWN = 10
"""Objects that findings tell of each sort; all of them are among what was measured."""
_LONGEST = 240
_VERSION = re.compile(r" version \S+")
_RIGHTS = frozenset({"grants on", "default grants of", "owner of"})
"""Kinds of lines of which PostgreSQL gives others by itself from one major version to another."""


def judge_difference(
    differing: Difference, *, expected_in: str, found_in: str, same_major: bool = True, next_step: str = ""
) -> list[Finding]:
    """
    The lines found are the lines expected, as ``catalog.snapshot`` writes them; ``differing`` is what tells them apart.

    ``expected_in`` and ``found_in`` are words for where each comes from (``schema.txt``, ``the live database``).
    Another version of an extension is a warning. Without ``same_major`` the two were described by different major
    versions of PostgreSQL, which write the same definition in different words: another form is a warning then, and so
    are other rights; an object that is missing or unknown fails nevertheless.
    """
    step = next_step or f"change {found_in}, or {expected_in} if this is meant"
    absent = f"- missing in {found_in}"
    failed: list[Finding] = []
    warned: list[Finding] = []
    for line in differing.missing:
        if same_major or kind_of(line) not in _RIGHTS:
            failed.append(fail("drift-object-missing", _of(line, expected_in), absent, next_step=step))
        else:
            warned.append(warn("drift-between-versions", _of(line, expected_in), absent))
    for line in differing.unknown:
        nothing = f"no {quote(about(line), _LONGEST)} in {expected_in}"
        if same_major or kind_of(line) not in _RIGHTS:
            failed.append(fail("drift-object-unknown", nothing, f"+ {quote(line, _LONGEST)}", next_step=step))
        else:
            warned.append(warn("drift-between-versions", nothing, f"+ {quote(line, _LONGEST)}"))
    for before, after in differing.changed:
        came = f"~ {quote(after, _LONGEST)}"
        if kind_of(before) == "extension" and _VERSION.sub("", before) == _VERSION.sub("", after):
            warned.append(warn("drift-extension-version", _of(before, expected_in), came))
        elif same_major:
            failed.append(fail("drift-object-changed", _of(before, expected_in), came, next_step=step))
        else:
            warned.append(warn("drift-between-versions", _of(before, expected_in), came))
    return [*_first(failed), *_first(warned)]


def judge_backup(
    differing: Difference,
    *,
    restored_heads: tuple[str, ...] | None,
    live_heads: tuple[str, ...] | Unjudged | None,
    same_major: bool = True,
) -> list[Finding]:
    """
    The newest backup, once restored, has the schema of the live database, which is the expected one here.

    Where a migration ran since it was taken it has an older one, rightly: that is a remark, and nothing is judged. So
    a difference says nothing where the live heads are an ``Unjudged``. Where one of them records no migration at all,
    none is older: it may be another database, or an empty one.
    """
    if isinstance(live_heads, Unjudged):
        return [live_heads.finding] if differing else []
    if restored_heads is not None and live_heads is not None and restored_heads != live_heads:
        expected = f"a backup of the live migration, {_heads(live_heads)}"
        observed = f"it is of {_heads(restored_heads)}; the next one can be compared"
        return [info("drift-migrated-since", expected, observed)]
    return judge_difference(
        differing,
        expected_in="the live database",
        found_in="the restored backup",
        same_major=same_major,
        next_step="find out what the backup leaves out; if the live schema was changed since, take another",
    )


def _of(line: str, where: str) -> str:
    return f"{quote(line, _LONGEST)}, as in {where}"


def _heads(heads: tuple[str, ...]) -> str:
    return quote(", ".join(heads) or "none")


def _first(findings: list[Finding]) -> list[Finding]:
    more = len(findings) - SHOWN
    if more <= 0:
        return findings
    told = info("drift-more", f"at most {SHOWN} differences here", f"{more} more; the evidence lists them")
    return [*findings[:SHOWN], told]
