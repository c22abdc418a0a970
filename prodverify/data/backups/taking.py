"""Taking a backup: one snapshot, dumped, counted and checked before it gets the name of a backup."""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prodverify.data.archives.archive import DamagedDump, Facts, examine
from prodverify.data.backups.dumping import Dumped, dump
from prodverify.data.backups.encryption import SUFFIXES, WrongKey, encrypt, recipient_complaint, scheme_of
from prodverify.data.backups.files import file_name, folder_name, manifest_path
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.places import NameTaken, Place
from prodverify.data.backups.refusals import BackupFailed
from prodverify.data.backups.tool import keeping
from prodverify.data.binaries import Binaries, BinariesMissing
from prodverify.record.findings import Unjudged
from prodverify.target.taking import Taking

__all__ = ["BackupFailed", "BackupTaken", "Progress", "ending", "take"]

Progress = Callable[[str, Path], None]
"""Is told what begins now, in words, and the file or folder that grows meanwhile."""

PLAIN = Taking()
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_FORMATS = {"plain": ".sql", "custom": ".dump", "directory": ".dir"}
_CODECS = {"gzip": ".gz", "zstd": ".zst", "none": ""}


@dataclass(frozen=True, slots=True)
class BackupTaken:
    """
    A backup that is complete, checked and stored.

    ``name`` is relative to the place, and ``address`` is where it is, for people.
    """

    address: str
    name: str
    manifest: Manifest
    seconds: float

    @property
    def path(self) -> Path:
        """Where it is, in a place that is a folder."""
        return Path(self.address)

    @property
    def manifest_path(self) -> Path:
        """Where its manifest is, in a place that is a folder."""
        return manifest_path(self.path)


def ending(taking: Taking) -> str:
    """How the name of such a backup ends, such as ``.sql.gz`` or ``.dump.age``."""
    packed = _CODECS[taking.compression] if taking.format == "plain" else ""
    return _FORMATS[taking.format] + packed + (SUFFIXES["age"] if taking.encrypt_to else "")


def take(
    dsn: str,
    place: Place | Path,
    *,
    name: str,
    taking: Taking = PLAIN,
    binaries: Binaries | None = None,
    now: datetime | None = None,
    progress: Progress = lambda _, __: None,
) -> BackupTaken:
    """
    Back up the database of ``dsn`` to ``YYYY-MM-DD/<name>_backup_YYYYMMDD_HHMMSS`` and its ending in ``place``, in UTC.

    Rows are counted and hashed in the snapshot that pg_dump writes, so the manifest is exact however much is written
    meanwhile. Everything is made in a folder that no one takes for a backup; the manifest gets its name before the dump
    does, so whatever is named like a backup is whole. Raises ``BackupFailed``.
    """
    started = time.monotonic()
    place = Folder(place) if isinstance(place, Path) else place
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    file = file_name(name, moment, ending(taking))
    stored_as = f"{folder_name(moment)}/{file}"
    try:
        _refuse(name, taking)
        if not isinstance(place, Folder):
            place.backups()  # storage that does not answer is told now, not after a dump of hours
        with place.workspace() as work, keeping(work) as (supervisor, folder):
            plain = folder / file.removesuffix(SUFFIXES["age"])
            progress("dumping", plain)
            dumped = dump(dsn, plain, taking, supervisor, binaries)
            progress("checking", plain)
            facts = _examined(plain, taking)
            draft, sha256, size_bytes = plain, facts.sha256, facts.size_bytes
            if taking.encrypt_to:
                draft = folder / file
                progress("encrypting", draft)
                sha256, size_bytes = _encrypted(plain, draft, taking)
            manifest = _manifest(moment, file, dumped, facts, sha256, size_bytes, taking)
            if isinstance(place, Folder):  # which notes there what the next backup has to clean up
                draft = draft.rename(work / file)
            progress("storing", draft)
            place.publish(draft, stored_as, manifest.as_text())
    except (Unjudged, BinariesMissing, NameTaken, WrongKey) as problem:
        raise BackupFailed(str(problem).rstrip(".")) from None
    except DamagedDump as problem:
        raise BackupFailed(f"the dump that was just written cannot be read back: {problem}") from None
    except OSError as error:
        why = error.strerror or error
        if isinstance(place, Folder):
            step = "make room there, or let this user write there, or name another folder"
            raise BackupFailed(f"a backup cannot be written to {place.describe()}: {why}; {step}") from None
        step = "set TMPDIR to a folder on a larger disk"
        raise BackupFailed(f"a backup cannot be made in {tempfile.gettempdir()}: {why}; {step}") from None
    return BackupTaken(place.address(stored_as), stored_as, manifest, time.monotonic() - started)


def _refuse(name: str, taking: Taking) -> None:
    if not _NAME.fullmatch(name):
        raise BackupFailed(f"a backup's name is made of letters, digits, '_', '.' and '-', and {name!r} is not")
    if taking.format == "directory" and taking.encrypt_to:
        raise BackupFailed("a folder is not encrypted: say another format than directory, such as custom")
    for recipient in taking.encrypt_to:
        if complaint := recipient_complaint(recipient):
            raise BackupFailed(complaint)


def _examined(draft: Path, taking: Taking) -> Facts:
    facts = examine(draft).facts
    if facts.unsupported:
        raise DamagedDump(f"{facts.unsupported}")
    packed = taking.compression if taking.format == "plain" else "none"
    if (facts.format, facts.codec or "none") != (taking.format, packed):
        raise DamagedDump(f"it is in the format {facts.format}, packed by {facts.codec or 'nothing'}")
    return facts


def _encrypted(plain: Path, draft: Path, taking: Taking) -> tuple[str, int]:
    encrypt(plain, draft, taking.encrypt_to)
    if scheme_of(draft) != "age":
        raise DamagedDump("it is not encrypted")
    plain.unlink()
    with draft.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), draft.stat().st_size


def _manifest(
    moment: datetime, file: str, dumped: Dumped, facts: Facts, sha256: str, size_bytes: int, taking: Taking
) -> Manifest:
    return Manifest(
        taken_at=moment,
        file=file,
        size_bytes=size_bytes,
        sha256=sha256,
        contents=dumped.contents,
        server_version=dumped.server_version,
        tool_version=dumped.tool_version,
        format=facts.format,
        codec=facts.codec,
        compression=facts.compression,
        encryption="age" if taking.encrypt_to else "",
        plain_size_bytes=facts.size_bytes,
        plain_sha256=facts.sha256,
        content_bytes=facts.content_bytes,
        server_at=dumped.snapshot.server_at,
        here_at=dumped.snapshot.here_at,
        database_bytes=dumped.database_bytes,
        table_bytes=dumped.table_bytes,
        locale=dumped.locale,
    )
