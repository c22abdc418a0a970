"""
A repository of pgBackRest as the source of a drill.

Its own ``verify`` compares files with its manifests. Seen with 2.45: it says that one is invalid in a line of its log
at level info and ends with status 0, so that line is what is read. Whether a restore works is for the drill to tell.

Its own configuration may say things that are meant for production's machine: links and tablespaces outside the data
folder, files to be deleted there (delta), folders for locks and for WAL that a standby is waiting for. A restore that
followed them would change production where both share a machine, so each is overruled.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prodverify.data.drill.wishes import DEADLINE_SECONDS
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.source import Progress
from prodverify.data.recovery.wal import Staged, branches, following
from prodverify.record.findings import Unjudged, fail, inconclusive

PROGRAM = "pgbackrest"
_QUICK_SECONDS = 120.0
_WITHIN_DEADLINE = {"restore", "verify"}  # the others have ``_QUICK_SECONDS``
_ERROR = re.compile(r"ERROR: (?:\[\d+\]: )?(.*)")
_INVALID = re.compile(
    r"(invalid checksum '[^']*'|missing file '[^']*'|status: (?:error|invalid)[^\n]*|[a-z ]+ invalid: [1-9]\d*)"
)
_NOT_FOUND = 1  # the status of archive-get where the segment is not there
_DAMAGE = {26, 28, 29, 55}  # checksum, file-invalid, format, file-missing: src/build/error/error.yaml
_NONE_THERE = {1, 2, 3}  # of info: no stanza, no valid backup, no stanza data: src/command/info/info.c
_SEGMENT_BYTES = 16 << 20  # unless initdb was told otherwise, which info does not say
_SPARE = 1.2


class NoRepositoryCopy(Exception):  # noqa: N818 - a state of the place
    """The repository answers and holds no backup that ended well: the promise is broken. ``finding`` says so."""

    def __init__(self, said: str, before: datetime | None = None) -> None:
        super().__init__(said)
        ended = f" and before {before:%Y-%m-%d %H:%M:%S} UTC" if before else ""
        self.finding = fail(
            "recovery-copy-missing",
            f"a backup in the repository that ended without error{ended}",
            said,
            next_step="look at pgbackrest info, and take one with pgbackrest backup",
        )


@dataclass(frozen=True, slots=True)
class Repository:
    """
    One stanza of a repository; ``config`` is pgBackRest's own file, empty for its default; a restore and a
    verify take ``deadline_seconds`` each at most.
    """

    stanza: str
    config: str = ""
    program: str = PROGRAM
    deadline_seconds: float = DEADLINE_SECONDS

    def newest(self, before: datetime | None = None) -> RepositoryCopy:
        """
        The newest backup, with ``before`` the newest that had ended by then.

        Raises ``NoRepositoryCopy``, and ``Unjudged`` where the repository cannot be asked or read.
        """
        done = self._run(["info", "--output=json"], _QUICK_SECONDS)
        if done.returncode != 0:
            raise self._unjudged("info", done)
        try:
            stanzas = json.loads(done.stdout)
            stanza: dict[str, Any] = next((each for each in stanzas if each["name"] == self.stanza), {})
            found = [self._copy(backup, stanza) for backup in stanza.get("backup", ()) if not backup.get("error")]
            status = stanza.get("status", {"code": 1, "message": "it is not there"})
            code, words = int(status["code"]), str(status["message"])
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
            raise self._unjudged("info", done) from None
        eligible = [copy for copy in found if before is None or copy.taken_at <= before]
        if eligible:
            return max(eligible, key=lambda copy: copy.taken_at)
        if not found and code not in {0, *_NONE_THERE}:  # no access, or another key than it is encrypted with
            raise self._unjudged("info", done, f"status {code}, {words}")
        raise NoRepositoryCopy(f"stanza {self.stanza}: {words if not found else 'none so old'}", before)

    def verify(self) -> str:
        """What its own verify calls invalid; empty where it finds nothing. Raises ``Unjudged``."""
        done = self._run(["verify", "--log-level-console=info"], self.deadline_seconds)
        found = _INVALID.findall(done.stdout + done.stderr)
        if found:
            return "; ".join(dict.fromkeys(part.strip() for part in found))[:300]
        if done.returncode != 0:
            raise self._unjudged("verify", done)
        return ""

    def _copy(self, backup: dict[str, Any], stanza: dict[str, Any]) -> RepositoryCopy:
        database = next(each for each in stanza["db"] if each["id"] == backup["database"]["id"])
        first = str(backup["archive"]["start"])
        last = max((_number(str(each["max"])) for each in stanza["archive"] if each.get("max")), default=0)
        wal = max(last - _number(first) + 1, 1) * _SEGMENT_BYTES
        return RepositoryCopy(
            repository=self,
            name=str(backup["label"]),
            taken_at=datetime.fromtimestamp(int(backup["timestamp"]["stop"]), UTC),
            first_segment=first,
            major=int(str(database["version"]).partition(".")[0]),
            needed_bytes=int(int(backup["info"]["size"]) * _SPARE) + wal,
        )

    def restore(self, name: str, data: Path) -> None:
        """Restore the backup ``name`` into ``data`` and folders beside it. Raises ``DamagedCopy`` and ``Unjudged``."""
        options = [
            f"--set={name}",
            "--type=none",
            "--archive-mode=off",
            "--no-delta",
            "--no-link-all",
            "--reset-link-map",
            "--reset-tablespace-map",
            f"--tablespace-map-all={data.parent / 'tablespaces'}",
            "--reset-db-include",
            "--job-retry-interval=1",
        ]
        done = self._run([*_ours(data), *options, "restore"], self.deadline_seconds)
        if done.returncode in _DAMAGE:
            raise DamagedCopy(f"restoring backup {name} failed: {_said(done)}")
        if done.returncode != 0:
            raise self._unjudged("restore", done)

    def get(self, segment: str, target: Path, data: Path) -> bool:
        """Fetch one file of WAL; False where the archive has none of that name. Raises the same."""
        options = [*_ours(data), "--no-archive-async"]
        done = self._run([*options, "archive-get", segment, str(target)], _QUICK_SECONDS)
        if done.returncode in _DAMAGE:
            raise DamagedCopy(f"archived WAL {segment}: {_said(done)}")
        if done.returncode not in (0, _NOT_FOUND):
            raise self._unjudged("archive-get", done)
        return done.returncode == 0

    def _run(self, arguments: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
        program = shutil.which(self.program)
        if program is None:
            raise Unjudged(
                inconclusive(
                    "recovery-not-verified",
                    "the program pgbackrest",
                    "it is not installed",
                    next_step="install it on the machine that drills, with read access to the repository",
                )
            )
        options = [
            f"--stanza={self.stanza}",
            "--log-level-file=off",
            *([f"--config={self.config}"] if self.config else []),
        ]
        try:
            return subprocess.run(
                [program, *options, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                cwd="/",
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            what = next(each for each in arguments if not each.startswith("-"))
            more = ", or allow more deadline_seconds in [recovery]" if what in _WITHIN_DEADLINE else ""
            raise Unjudged(
                inconclusive(
                    "recovery-not-verified",
                    f"{self.program} {what} to end within {seconds:g} s",
                    type(error).__name__,
                    next_step=f"look at its log and its repository{more}",
                )
            ) from None

    def _unjudged(self, what: str, done: subprocess.CompletedProcess[str], said: str = "") -> Unjudged:
        return Unjudged(
            inconclusive(
                "recovery-not-verified",
                f"{self.program} {what} of stanza {self.stanza}",
                said or _said(done),
                next_step="check stanza and config in [recovery.pgbackrest], the room, and who may read the repository",
            )
        )


def _ours(data: Path) -> list[str]:
    return [f"--pg1-path={data}", "--reset-pg1-host", f"--lock-path={data.parent / 'lock'}"]


def _said(done: subprocess.CompletedProcess[str]) -> str:
    said = _ERROR.search(done.stdout + done.stderr)
    return said[1][:200] if said else f"status {done.returncode} and nothing that can be read"


@dataclass(frozen=True, slots=True)
class RepositoryCopy:
    """One backup of a repository; see ``Source``."""

    repository: Repository = field(repr=False)
    name: str
    taken_at: datetime
    first_segment: str
    major: int
    needed_bytes: int
    manifest: bool = False  # pgBackRest keeps one of its own, which its verify looks at
    obstacle: str = ""
    lacking: str = ""

    def verify(self) -> str | None:
        """See ``Source``."""
        return self.repository.verify()

    def bring(self, data: Path, progress: Progress) -> int:
        """See ``Source``."""
        data.mkdir(mode=0o700)
        progress(f"backup {self.name}")
        self.repository.restore(self.name, data)
        return sum(path.stat().st_size for path in data.rglob("*") if path.is_file())

    def bring_wal(self, folder: Path, progress: Progress) -> Staged | None:
        """See ``Source``. Segments are fetched in order until the archive has no further one, on each timeline."""
        folder.mkdir(mode=0o700)
        sizes: dict[str, int] = {}

        def fetch(segment: str) -> None:
            while self._fetched(segment, folder):
                sizes[segment] = (folder / segment).stat().st_size
                progress(f"{len(sizes)} files of WAL")
                segment = following(segment, sizes[segment])

        fetch(self.first_segment)
        timeline = int(self.first_segment[:8], 16)
        newest = timeline
        while self._fetched(f"{newest + 1:08X}.history", folder):
            newest += 1
        if newest > timeline and sizes:
            for segment in branches(folder / f"{newest:08X}.history", timeline, newest, sizes[self.first_segment]):
                fetch(segment)
        return Staged(len(sizes), sum(sizes.values()), max(sizes, default=""))

    def _fetched(self, name: str, folder: Path) -> bool:
        return self.repository.get(name, folder / name, folder.parent / "data")


def _number(segment: str) -> int:
    return int(segment[8:16], 16) * 256 + int(segment[16:24], 16)
