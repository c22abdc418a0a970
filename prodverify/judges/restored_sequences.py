"""
Where a sequence is after a restore decides what number comes next: behind it hands out numbers twice, ahead it has
handed out some that nobody has.

The structure's judge tells one that is behind the column that it feeds; here it is where it was backed up, or not.
"""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.data.catalog.contents import Position, Span
from prodverify.data.drill.observed import ComparedSequence, Comparison
from prodverify.data.drill.report import DrillReport
from prodverify.judges.quotation import listed
from prodverify.record.findings import Finding, fail, inconclusive, info

_LOGGED = 32
"""Steps that PostgreSQL writes of a sequence in advance: as many may a standby show it ahead of its primary."""
_STEP = "find out what sets it in the backup or after a restore; until then set it by hand to what was backed up"


def judge_manifest(report: DrillReport, archived: Iterable[ComparedSequence] = ()) -> list[Finding]:
    """
    Every sequence is where it was while it was dumped; of a span where it went on meanwhile.

    A sequence that was lost is for the judge of the structure; one that is told of because it is not where ``archived``
    has it, the same place as the manifest's, is not told of again.
    """
    if report.restored is None or report.content is None:
        return []
    expected, restored = report.content.sequences, report.restored.sequences or {}
    if expected is None:
        return _unwritten(len(restored)) if restored else []
    both = {name: (span, restored[name].last) for name, span in expected.items() if name in restored}
    off = {each.name.removeprefix("public."): each.theirs for each in archived if _is_off(each)}
    findings = [
        _differs(name, span, found, "was when it was backed up")
        for name, (span, found) in both.items()
        if name not in off or span.off(off[name].last)
    ]
    set_back = [name for name, (span, _) in both.items() if not (span.told or span.cycles)]
    if set_back:
        findings.append(
            inconclusive(
                "restore-sequences-not-comparable",
                "sequences that nobody sets back while a backup is taken",
                f"set back meanwhile: {listed(set_back)}",
                next_step="take another backup while nothing sets them back: python -m prodverify backup",
            )
        )
    return [finding for finding in findings if finding is not None]


def judge_comparison(comparison: Comparison) -> list[Finding]:
    """Every sequence is where the backup itself sets it; none is ahead of the live one, which went on since."""
    findings = []
    for each in comparison.sequences:
        if comparison.mode == "archive":
            findings.append(_differs(each.name, each.theirs, each.restored, "is in the backup itself"))
        elif each.restored is not None and not each.theirs.cycles and each.theirs.off(each.restored) == "ahead":
            findings.append(_ahead(each.name, each.theirs, each.restored))
    if comparison.unread:
        findings.append(
            info(
                "restore-live-sequences-unread",
                "sequences that the role of [database] may read",
                f"it may not read {listed(comparison.unread)}: GRANT SELECT ON SEQUENCE to it",
            )
        )
    return [finding for finding in findings if finding is not None]


def _is_off(compared: ComparedSequence) -> bool:
    return compared.restored is None or bool(compared.theirs.off(compared.restored))


def _ahead(name: str, live: Span, found: Position) -> Finding:
    expected = f"sequence {name} as it is in the live database by now, at {_said(live)}, or behind it"
    if abs(found.last_value - live.last.last_value) <= _LOGGED * abs(live.increment):
        words = f"ahead of that, at {_at(found)}, where {_LOGGED} steps may be: a backup of a standby has them"
        return info("restore-live-tolerated", expected, words)
    step = f"if nobody set it back in the live database since the backup: {_STEP}"
    return fail("restore-sequence-differs", expected, f"ahead of that, at {_at(found)}", next_step=step)


def _differs(name: str, span: Span, found: Position | None, where: str) -> Finding | None:
    expected = f"sequence {name} as it {where}, at {_said(span)}"
    if found is None:
        return fail("restore-sequence-differs", expected, "there is no such sequence", next_step=_STEP)
    way = span.off(found)
    if not way:
        return None
    return fail("restore-sequence-differs", expected, f"{way} of that, at {_at(found)}", next_step=_STEP)


def _unwritten(count: int) -> list[Finding]:
    return [
        inconclusive(
            "restore-sequences-not-comparable",
            f"a manifest that says where each of {count} sequences was",
            "one that an older version of this program wrote",
            next_step="take a backup with this version: python -m prodverify backup",
        )
    ]


def _said(span: Span) -> str:
    return f"{_at(span.first)} to {_at(span.last)}" if span.moved else _at(span.first)


def _at(position: Position) -> str:
    return f"{position.last_value}" if position.is_called else f"{position.last_value} to come"
