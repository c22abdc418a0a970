"""The newest backup's file: as large as usual, whole, encrypted as promised, and nobody else's to read."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prodverify.data.archives.facts import Facts
from prodverify.data.backups.stored import Stored
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn

FEWEST_BYTES = 200
"""A dump of an empty database has 350 or more in every format, packed by gzip or zstd too."""
Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Whole:
    """
    What reading all of a backup showed.

    ``facts`` is ``None`` where it is damaged, which ``damage`` says as a clause, or where it is encrypted with
    ``scheme`` and was not opened. ``sha256`` and ``size_bytes`` are of the file as it is stored, the first empty where
    it was not read to its end. ``recorded`` is the sha256 that its manifest or a file beside it says, and
    ``recorded_bytes`` the size that its manifest says.
    """

    name: str
    facts: Facts | None
    damage: str
    scheme: str
    sha256: str
    size_bytes: int
    recorded: str = ""
    recorded_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier(Generic[Seen]):
    """
    What is ``seen`` of the backups before the newest, by name: of as many of the ``listed`` as time allowed.

    ``refused`` says of others why they could not be looked at; what was removed meanwhile is in neither.
    """

    listed: int
    seen: Mapping[str, Seen]
    refused: Mapping[str, Finding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sizes:
    """
    Bytes of a backup as it is stored, and as its manifest records them: ``None`` without a manifest, or with one that
    cannot be used, which ``complaint`` says.
    """

    stored: int
    recorded: int | None
    complaint: str = ""


def judge_size(newest: Stored, before: Sequence[Stored], min_percent: float, last: int) -> list[Finding]:
    """
    The newest backup is no less than ``min_percent`` of the median of the ``last`` before it, and never next to empty.

    Growth is told and not judged. Where fewer are there, or of the same ending, their median says nothing yet.
    """
    expected = f"at least {min_percent:g} % of the median of the last {last}"
    step = "compare what both hold: a table, a schema or all rows may be gone from the database or from the dump"
    if newest.size_bytes < FEWEST_BYTES:
        observed = f"{newest.name} has {newest.size_bytes} bytes, which no dump has"
        return [fail("backup-empty", f"a dump, of {FEWEST_BYTES} bytes or more", observed, next_step=step)]
    sizes = [stored.size_bytes for stored in before][:last]
    if len(sizes) < last:
        observed = f"{newest.size_bytes} bytes, and {len(sizes)} of {last} before it to compare with: not judged"
        return [info("backup-size-not-judged", expected, observed)]
    median = statistics.median(sizes)
    percent = 100.0 * newest.size_bytes / median if median else 100.0
    observed = f"{newest.size_bytes} bytes, {percent:.1f} % of {median:g} bytes"
    if newest.size_bytes * 100.0 < min_percent * median:
        return [fail("backup-shrunk", expected, observed, next_step=step)]
    return [info("backup-size", expected, observed)]


def judge_integrity(whole: Whole) -> list[Finding]:
    """
    The newest backup is whole to its last byte, by its format, its codec and the sha256 that was recorded.

    Some formats would not notice a flipped bit; where nothing else was recorded, that is a warning.
    """
    expected = f"{quote(whole.name)} as it was written"
    step = "take another one now; then find out what damaged this one: the disk, the copy, a job that was killed"
    if whole.damage:
        return [fail("backup-damaged", expected, quote(whole.damage), next_step=step)]
    if whole.recorded_bytes is not None and whole.recorded_bytes != whole.size_bytes:
        observed = f"{whole.size_bytes} bytes, and its manifest records {whole.recorded_bytes}"
        return [fail("backup-damaged", expected, observed, next_step=step)]
    if whole.recorded and whole.recorded != whole.sha256:
        observed = f"sha256 {whole.sha256[:16]}, and {whole.recorded[:16]} was recorded when it was taken"
        return [fail("backup-damaged", expected, observed, next_step=step)]
    if whole.recorded:
        return [info("backup-whole", expected, f"{whole.size_bytes} bytes of the sha256 that was recorded")]
    if whole.facts is None:
        observed = f"it is encrypted with {whole.scheme}, and no sha256 was recorded"
    elif whole.facts.self_checking:
        return [
            info("backup-whole", expected, f"{whole.size_bytes} bytes, by the checksums of {_packing(whole.facts)}")
        ]
    else:
        observed = f"{_packing(whole.facts)} has no integrity check, and no sha256 was recorded"
    step = "record a sha256: take it by python -m prodverify backup, or keep NAME.sha256 beside it"
    return [warn("backup-unchecked", "a backup in which a flipped bit is noticed", observed, next_step=step)]


def judge_earlier_sizes(earlier: Earlier[Sizes]) -> list[Finding]:
    """
    Those before it have the sizes that their manifests record: nothing of what is kept was cut off.

    More is not read of them, which the evidence says. A manifest that cannot be used is a warning.
    """
    expected = "backups before it as large as their manifests record"
    if not earlier.listed or not earlier.seen:
        return _unseen(earlier, expected)
    recorded = {name: sizes for name, sizes in earlier.seen.items() if sizes.recorded is not None}
    wrong = [(name, sizes) for name, sizes in recorded.items() if sizes.stored != sizes.recorded]
    told = _unusable({name: sizes.complaint for name, sizes in earlier.seen.items() if sizes.complaint})
    if wrong:
        name, sizes = wrong[0]
        observed = (
            f"{len(wrong)} of {len(recorded)} that were looked at are not, such as {quote(name, 120)} of "
            f"{sizes.stored} bytes, where {sizes.recorded} are recorded"
        )
        step = "take it from a copy, or remove it, so that nobody relies on it; then find out what altered it"
        return [*told, fail("backup-damaged", expected, observed, next_step=step)]
    observed = (
        f"{len(recorded)} of {earlier.listed} have a manifest, were looked at, and are; their content was not read"
    )
    return [*told, info("backups-before-not-read", expected, observed + _refused(earlier))]


def judge_encryption(name: str, promised: str, scheme: str, by_storage: str) -> list[Finding]:
    """
    The newest backup is encrypted as promised before it is stored: by its content, whatever its name says.

    What the storage encrypts by itself it decrypts for whoever may read it, and does not count. ``promised`` is a
    scheme, ``any`` or ``none``; ``scheme`` is empty for a plain file.
    """
    wanted = _wanted(promised)
    observed = f"{quote(name)} is {_encrypted(scheme)}"
    told = []
    if by_storage:
        observed_there = f"the storage encrypts by itself ({quote(by_storage, 40)}), which does not count"
        told = [info("backup-encrypted-by-storage", f"a backup that is {wanted}", observed_there)]
    if _is_as_promised(scheme, promised):
        return [*told, info("backup-encryption", f"a backup that is {wanted}", observed)]
    step = (
        "find out who encrypted it, and whether we have the key" if scheme else "encrypt it before it leaves the host"
    )
    return [*told, fail("backup-encryption-differs", f"a backup that is {wanted}", observed, next_step=step)]


def judge_earlier_encryption(earlier: Earlier[str], promised: str) -> list[Finding]:
    """Those before it are encrypted as promised, too: whoever gets one of them has the database of that day."""
    expected = f"backups before it that are {_wanted(promised)}"
    if not earlier.listed or not earlier.seen:
        return _unseen(earlier, expected)
    wrong = [(name, scheme) for name, scheme in earlier.seen.items() if not _is_as_promised(scheme, promised)]
    if wrong:
        name, scheme = wrong[0]
        observed = (
            f"{len(wrong)} of {len(earlier.seen)} that were looked at are not, such as {quote(name, 120)}, "
            f"which is {_encrypted(scheme)}"
        )
        step = "remove them, or encrypt them where they lie; then find out what stored them so"
        return [fail("backup-encryption-differs", expected, observed, next_step=step)]
    observed = f"{len(earlier.seen)} of {earlier.listed} were looked at, and all are"
    return [info("backup-encryption", expected, observed + _refused(earlier))]


def judge_privacy(name: str, open_to: Sequence[str], private: bool, protection: Mapping[str, str]) -> list[Finding]:
    """
    Nobody but its owner and their group can read or replace the newest backup. ``open_to`` says in words who can.

    A warning, unless ``private`` promises it. How storage protects what is there is told by ``protection``.
    """
    expected = f"{quote(name)} for its owner and their group alone"
    if not open_to:
        held = [f"{what.replace('_', ' ')} {value}" for what, value in sorted(protection.items())]
        return [info("backup-private", expected, listed(["nobody else", *held]))]
    judged = fail if private else warn
    step = "take the rights of others away from its folder: all that was ever in the database is in it"
    return [judged("backup-open-to-all", expected, listed(list(open_to)), next_step=step)]


def _unseen(earlier: Earlier[Seen], expected: str) -> list[Finding]:
    """Nothing was looked at, which proves nothing where there is something."""
    if not earlier.listed:
        return []
    if not earlier.refused:
        observed, step = f"none of {earlier.listed} is there any longer", "repeat the run"
    else:
        observed = f"none of {earlier.listed} was looked at{_refused(earlier)}"
        step = next(iter(earlier.refused.values())).next_step
    return [inconclusive("backups-before-unreadable", expected, observed, next_step=step)]


def _refused(earlier: Earlier[Seen]) -> str:
    """How many could not be looked at, and one of them, as the end of a sentence; empty where there is none."""
    if not earlier.refused:
        return ""
    name, why = next(iter(earlier.refused.items()))
    said = why.observed.removeprefix(f"{name}: ")
    return f"; {len(earlier.refused)} could not be, such as {quote(name, 120)}: {quote(said)}"


def _unusable(complaints: Mapping[str, str]) -> list[Finding]:
    """Manifests that cannot be used, by the name of their backup."""
    if not complaints:
        return []
    name, complaint = next(iter(complaints.items()))
    expected = "manifests that belong to the backups before it"
    observed = f"{len(complaints)} cannot be used, such as that of {quote(name, 120)}: {quote(complaint)}"
    step = "find out what altered it; without it nothing tells whether that backup is whole"
    return [warn("backup-manifest-damaged", expected, observed, next_step=step)]


def _is_as_promised(scheme: str, promised: str) -> bool:
    return scheme != "" if promised == "any" else scheme == ("" if promised == "none" else promised)


def _wanted(promised: str) -> str:
    return {"any": "encrypted", "none": "not encrypted"}.get(promised, f"encrypted with {promised}")


def _encrypted(scheme: str) -> str:
    return f"encrypted with {scheme}" if scheme else "not encrypted"


def _packing(facts: Facts) -> str:
    packed = facts.codec or facts.compression
    return f"{facts.format} format" + (f" with {packed}" if packed and packed != "none" else "")
