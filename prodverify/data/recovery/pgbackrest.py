"""
A repository of pgBackRest as the source of a drill.

Its own ``verify`` compares files with its manifests. Seen with 2.45: it says that one is invalid in a line of its log
at level info and ends with status 0, so that line is what is read. Whether a restore works is for the drill to tell.
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

from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.wal import Staged, following
from prodverify.record.findings import Unjudged, fail, inconclusive

PROGRAM = "pgbackrest"
_QUICK_SECONDS = 120.0
_LONG_SECONDS = 3600.0
_ERROR = re.compile(r"ERROR: (?:\[\d+\]: )?(.*)")
_INVALID = re.compile(
    r"(invalid checksum '[^']*'|missing file '[^']*'|status: (?:error|invalid)[^\n]*|[a-z ]+ invalid: \d+)"
)
_NOT_FOUND = 1  # the status of archive-get where the segment is not there
_MOST_SEGMENTS = 100_000


class NoRepositoryCopy(Exception):  # noqa: N818 - a state of the place
    """The repository answers and holds no backup that ended well: the promise is broken. ``finding`` says so."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.finding = fail(
            "recovery-copy-missing",
            "a backup in the repository that ended without error",
            said,
            next_step="look at pgbackrest info, and take one with pgbackrest backup",
        )


@dataclass(frozen=True, slots=True)
class Repository:
    """One stanza of a repository; ``config`` is pgBackRest's own file, empty for its default."""

    stanza: str
    config: str = ""
    program: str = PROGRAM

    def newest(self) -> RepositoryCopy:
        """The newest backup. Raises ``NoRepositoryCopy``, and ``Unjudged`` where the repository cannot be asked."""
        done = self._run(["info", "--output=json"], _QUICK_SECONDS)
        if done.returncode != 0:
            raise self._unjudged("info", done)
        try:
            stanzas = json.loads(done.stdout)
            found = [
                self._copy(backup, stanza)
                for stanza in stanzas
                if stanza.get("name") == self.stanza
                for backup in stanza.get("backup", ())
                if not backup.get("error")
            ]
            status = next((stanza["status"]["message"] for stanza in stanzas if stanza.get("name") == self.stanza), "")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._unjudged("info", done) from None
        if not found:
            raise NoRepositoryCopy(f"stanza {self.stanza}: {status or 'it is not there'}")
        return max(found, key=lambda copy: copy.taken_at)

    def verify(self) -> str:
        """What its own verify calls invalid; empty where it finds nothing. Raises ``Unjudged``."""
        done = self._run(["verify", "--log-level-console=info"], _LONG_SECONDS)
        found = _INVALID.findall(done.stdout + done.stderr)
        if found:
            return "; ".join(dict.fromkeys(part.strip() for part in found))[:300]
        if done.returncode != 0:
            raise self._unjudged("verify", done)
        return ""

    def _copy(self, backup: dict[str, Any], stanza: dict[str, Any]) -> RepositoryCopy:
        database = next(each for each in stanza["db"] if each["id"] == backup["database"]["id"])
        return RepositoryCopy(
            repository=self,
            name=str(backup["label"]),
            taken_at=datetime.fromtimestamp(int(backup["timestamp"]["stop"]), UTC),
            first_segment=str(backup["archive"]["start"]),
            major=int(str(database["version"]).partition(".")[0]),
            needed_bytes=int(int(backup["info"]["size"]) * 1.2),
        )

    def run(self, arguments: list[str], what: str, seconds: float = _LONG_SECONDS) -> None:
        """Run a command. Raises ``DamagedCopy`` with what it said where it fails, ``Unjudged`` where it cannot run."""
        done = self._run(arguments, seconds)
        if done.returncode != 0:
            said = _ERROR.search(done.stdout + done.stderr)
            raise DamagedCopy(f"{what} failed: {said[1][:200] if said else f'status {done.returncode}'}")

    def get(self, segment: str, target: Path, data: Path) -> bool:
        """Fetch one file of WAL; False where the archive has none of that name. Raises ``DamagedCopy``."""
        done = self._run([f"--pg1-path={data}", "archive-get", segment, str(target)], _QUICK_SECONDS)
        if done.returncode not in (0, _NOT_FOUND):
            said = _ERROR.search(done.stdout + done.stderr)
            raise DamagedCopy(f"archived WAL {segment}: {said[1][:200] if said else f'status {done.returncode}'}")
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
            raise Unjudged(
                inconclusive(
                    "recovery-not-verified",
                    f"{self.program} {arguments[0]} to end within {seconds:g} s",
                    type(error).__name__,
                    next_step="look at its log and its repository",
                )
            ) from None

    def _unjudged(self, what: str, done: subprocess.CompletedProcess[str]) -> Unjudged:
        said = _ERROR.search(done.stdout + done.stderr)
        return Unjudged(
            inconclusive(
                "recovery-not-verified",
                f"{self.program} {what} of stanza {self.stanza}",
                said[1][:200] if said else f"status {done.returncode} and nothing that can be read",
                next_step="check stanza and config in [recovery.pgbackrest], and who may read the repository",
            )
        )


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

    def verify(self) -> str | None:
        """See ``Source``."""
        return self.repository.verify()

    def bring(self, data: Path) -> int:
        """See ``Source``."""
        data.mkdir(mode=0o700)
        options = [f"--pg1-path={data}", f"--set={self.name}", "--type=none", "--archive-mode=off"]
        self.repository.run([*options, "restore"], f"restoring backup {self.name}")
        return sum(path.stat().st_size for path in data.rglob("*") if path.is_file())

    def bring_wal(self, folder: Path) -> Staged | None:
        """See ``Source``. Segments are fetched in order until the archive has no further one."""
        folder.mkdir(mode=0o700)
        segment, count, size, last = self.first_segment, 0, 0, ""
        while count < _MOST_SEGMENTS and self.repository.get(segment, folder / segment, folder.parent / "data"):
            count, last = count + 1, segment
            size += (folder / segment).stat().st_size
            segment = following(segment, (folder / segment).stat().st_size)
        return Staged(count, size, last)
