"""
The corruption matrix: each damaged backup through the whole drill and its judges, as users have them.

Each is tried twice. *Sealed* has the manifest that is true of what was written: its sha256 has to tell. *Resealed* has
a manifest whose sha256 is that of the damaged file, as if it had been damaged before it was described: then only
codecs, formats, PostgreSQL itself, checksums and structure can tell. Whatever passes is dumped again by pg_dump and
compared with the dump of the source, which knows nothing of our checksums.
"""

from __future__ import annotations

import difflib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from prodverify.data.backups.manifest import BackupFile
from prodverify.data.drill.drill import drill
from prodverify.data.drill.wishes import Wishes
from prodverify.judges import restore, restored_content, restored_structure
from prodverify.record.findings import Finding, Severity, Unjudged
from tests.data.archives.damaging import cuts, flips
from tests.data.proof.sources import Lending, Source, about, sealed
from tests.data.proof.touched import Touched, touched

FLIPS, CUTS = range(60), range(1000, 1020)
"""Seeds of the whole matrix."""
CAUGHT = ("damaged", "refused", "differs")
OUTCOMES = (*CAUGHT, "unjudged", "harmless", "silent")
"""
``damaged``: the file; ``refused``: by PostgreSQL; ``differs``: restored, and a judge fails; ``unjudged``: nobody can
tell, and says so; ``harmless``: passes, and all of it is as it was; ``silent``: passes, and something is not.
"""
_LINES = 12


@dataclass(frozen=True)
class Trial:
    """One damaged backup: the seed, where it was damaged, what became of it sealed and resealed, and what was said."""

    seed: int
    place: Touched
    sealed: str
    resealed: str
    said: str

    @property
    def silent(self) -> bool:
        """Whether it passed with other content."""
        return "silent" in (self.sealed, self.resealed)

    def __str__(self) -> str:
        also = "" if self.sealed in CAUGHT else f", and sealed {self.sealed}"
        return f"seed {self.seed}: {self.resealed}{also}: {self.place}{': ' if self.said else ''}{self.said}"


@dataclass
class Row:
    """One format of one source."""

    name: str
    source: str
    size_bytes: int
    intact: str
    flips: list[Trial] = field(default_factory=list)
    cuts: list[Trial] = field(default_factory=list)

    @property
    def trials(self) -> list[Trial]:
        """All of them."""
        return [*self.flips, *self.cuts]

    def counts(self, trials: Iterable[Trial]) -> str:
        """How many resealed ones ended in which way, in words."""
        counted = Counter(trial.resealed for trial in trials)
        return ", ".join(f"{each} {counted[each]}" for each in OUTCOMES if counted[each])

    def told(self) -> str:
        """A line of counts, and one for each damage that changed nothing, that nobody noticed or could tell."""
        counted = Counter(trial.sealed for trial in self.trials)
        words = ", ".join(f"{each} {counted[each]}" for each in OUTCOMES if counted[each])
        lines = [
            f"{self.source} {self.name}, {self.size_bytes} bytes: intact {self.intact}; sealed: {words};"
            f" resealed: flips: {self.counts(self.flips)}; cuts: {self.counts(self.cuts)}"
        ]
        lines += [f"  {each}" for each in self.trials if each.resealed not in CAUGHT or each.sealed not in CAUGHT]
        return "\n".join(lines)


def tried(source: Source, name: str, lent: Lending, flip_seeds: range = FLIPS, cut_seeds: range = CUTS) -> Row:
    """The format ``name`` of ``source``, intact and with each of these damages."""
    backup = source.backups[name]
    version = f"PostgreSQL {source.programs.version}"
    row = Row(name, version, sealed(backup.path)[1], outcome(backup, name, source, lent)[0])
    with tempfile.TemporaryDirectory() as folder:
        row.flips += _trials(source, name, flips(backup.path, Path(folder), flip_seeds), flip_seeds, lent)
        row.cuts += _trials(source, name, cuts(backup.path, Path(folder), cut_seeds), cut_seeds, lent)
    return row


def _trials(source: Source, name: str, damaged: Iterator[Path], seeds: range, lent: Lending) -> Iterator[Trial]:
    backup = source.backups[name]
    assert backup.manifest is not None
    for seed, path in zip(seeds, damaged, strict=True):
        first, _ = outcome(replace(backup, path=path), name, source, lent)
        described = about(backup.manifest, path)
        second, said = outcome(replace(backup, path=path, manifest=described), name, source, lent)
        yield Trial(seed, touched(backup.path, path), first, second, said)


def outcome(backup: BackupFile, name: str, source: Source, lent: Lending) -> tuple[str, str]:
    """What becomes of ``backup``, one of ``OUTCOMES``, and what is said of it."""
    try:
        report = drill(backup, Wishes(jobs=2))
        if report.damage or report.refusal:
            return ("damaged", report.damage) if report.damage else ("refused", report.refusal)
        findings = [
            *restore.judge_restorability(report),
            *restored_content.judge(report, "automatic"),
            *restored_structure.judge(report),
            *restore.judge_integrity(report),
        ]
        if said := _said(findings, Severity.FAIL):
            return "differs", said
        if said := _said(findings, Severity.INCONCLUSIVE):
            return "unjudged", said
        used = lent.used()
        assert used is not None  # or nothing could have been restored
        text, expected = used.text(), source.text
        if used.binaries.version != source.programs.version:  # what was damaged is the version that it names
            expected = used.text_of_intact(source.backups[name].path)
        return ("harmless", "") if text == expected else ("silent", _difference(expected, text))
    except Unjudged as unjudged:
        return "unjudged", str(unjudged)
    finally:
        lent.taken_back()


def _said(findings: Iterable[Finding], severity: Severity) -> str:
    return "; ".join(f"{each.rule}: {each.observed}" for each in findings if each.severity is severity)


def _difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return " | ".join(line[:200] for line in list(lines)[2 : 2 + _LINES])
