"""
A private server on a physical copy, which replays WAL as far as it is told to and is then a database again.

Nothing of the copy's own configuration is used: it may name libraries, archives and addresses of production. What
recovery needs beyond that is in the copy's control file; ``hot_standby = off`` keeps PostgreSQL from asking for the
primary's other settings (CheckRequiredParameterValues in xlogrecovery.c).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache, CacheError
from prodverify.data.cluster import Cluster
from prodverify.data.drill.refusing import unjudged
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.source import PARTS
from prodverify.data.recovery.wal import runs
from prodverify.data.server import ClusterError, Server, choose_place, prepare
from prodverify.data.supervisor import Supervisor, SupervisorError
from prodverify.data.sweep import sweep

Left = Callable[[], float]
"""Says how many seconds of a recovery's deadline are left; raises ``Unjudged`` once none is."""
WAL_FOLDER = "archive"
_ENVIRON = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
_NOT_OURS = ("postmaster.pid", "postmaster.opts", "recovery.signal", "standby.signal", "recovery.conf")
_CONFIGURATION = {
    "postgresql.conf": "",
    "postgresql.auto.conf": "",
    "pg_hba.conf": "local all all trust\n",  # whoever can enter the folder, which has mode 0700, may connect
    "pg_ident.conf": "",
}
_REPLAYED = re.compile(
    r"last completed transaction was at log time (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d|)"
)
_GRAVE = re.compile(r"(?:FATAL|PANIC|ERROR): +(.*)")
_OF_THIS_MACHINE = re.compile(
    r"database files are incompatible with server|could not load library|could not access file"
    r"|not compatible with this|could not create shared memory|locale|collation provider"
    r"|resource manager with ID"  # of an extension that writes WAL of its own
)
_SHORT_OF = re.compile(
    r"No space left on device|Disk quota exceeded|Too many open files|Input/output error|Cannot allocate memory"
    r"|out of memory"
)
_SAID = re.compile(r"^.*?(?:error|fatal): ")  # PostgreSQL before 15 says the latter, too
_PREPARED = re.compile(r"^max_prepared_xacts setting: +(\d+)$", re.MULTILINE)
_PREPARED_SECONDS = 60.0  # 10 ms when idle
_NEW_TABLESPACE = "desc: CREATE "


class RecoveryRefused(Exception):  # noqa: N818 - what PostgreSQL said to the copy
    """PostgreSQL could not recover the copy; the text is its message."""


@dataclass(frozen=True, slots=True)
class Recovering:
    """A private folder with a supervisor, in which a copy becomes a server; ``cluster`` once it runs."""

    server: Server
    exposed: str

    @classmethod
    def begin(
        cls, binaries: Binaries, user: str, *, small: bool = False, environ: Mapping[str, str] = os.environ
    ) -> Self:
        """An empty private folder, cut off from the network where this machine allows it. Raises ClusterError."""
        try:
            account = unprivileged()
            cache = Cache.locate(account, environ)
            sweep(cache.ledgers)
            usable = cache.reachable(binaries)
            place = choose_place(account, name="recovery", small=small)
            supervisor = Supervisor.start(cache.ledgers)
        except (NoAccount, CacheError, SupervisorError) as problem:
            raise ClusterError(f"PostgreSQL could not be set up: {problem}") from problem
        try:
            exposed = supervisor.leave_network()
            return cls(replace(prepare(supervisor, usable, account, place), user=user), exposed)
        except SupervisorError as problem:
            supervisor.stop()
            raise ClusterError(f"PostgreSQL could not be set up: {problem}") from problem
        except BaseException:
            supervisor.stop()
            raise

    @property
    def data(self) -> Path:
        """Where the copy goes."""
        return self.server.data

    @property
    def wal(self) -> Path:
        """Where archived WAL goes."""
        return self.server.place / WAL_FOLDER

    def verify(self, left: Left) -> str:
        """What pg_verifybackup finds wrong with the copy, before anything of it was changed; empty where nothing is."""
        self.hand_over()
        return next(filter(None, (self._verified(folder, left) for folder in self._parts() or [self.data])), "")

    def combine(self, left: Left) -> None:
        """Make ``data`` of an incremental copy and those before it. Raises ``DamagedCopy`` and ClusterError."""
        if not (parts := self._parts()):
            return
        self.hand_over()
        program = self.server.binaries.tool("pg_combinebackup")
        status, said = self._said("pg_combinebackup", [program, "--no-sync", f"--output={self.data}", *parts], left)
        if status != 0:
            raise DamagedCopy(f"it and those before it are not one copy: {self._why('pg_combinebackup', status, said)}")
        for part in parts:
            shutil.rmtree(part)

    def _parts(self) -> list[Path]:
        return sorted((self.server.place / PARTS).glob("*"))

    def _verified(self, folder: Path, left: Left) -> str:
        command: list[str | Path] = [
            self.server.binaries.tool("pg_verifybackup"),
            "--exit-on-error",
            "--quiet",
            folder,
        ]
        if folder != self.data or not any(folder.joinpath("pg_wal").glob("0*")):
            # the copy was taken without, so that its archive has it; or it is one of several that become one first
            command.insert(1, "--no-parse-wal")
        status, said = self._said("pg_verifybackup", command, left)
        return "" if status == 0 else self._why("pg_verifybackup", status, said)

    def _why(self, name: str, status: int, said: list[str]) -> str:
        """What a program that failed says of the copy. Raises ClusterError where it is this machine's, or nothing."""
        grave = next((line for line in said if _SAID.search(line)), "")
        why = _SAID.sub("", grave).replace(f"{self.data}/", "").replace(f"{self.server.place}/", "")[:300]
        if not why or _SHORT_OF.search(why):
            raise ClusterError(f"{name}: {why or (said[0][:300] if said else f'status {status}')}")
        return why

    def run(self, until: datetime | None, left: Left) -> Cluster:
        """
        Replay what was archived, to ``until`` or to its end, and be a server.

        Raises ``RecoveryRefused`` where the copy or its WAL is to blame, ``ClusterError`` where this machine is, and
        ``Unjudged`` where recovery would write outside our folder.
        """
        for name in _NOT_OURS:
            (self.data / name).unlink(missing_ok=True)
        for name, text in _CONFIGURATION.items():
            (self.data / name).write_text(text, encoding="ascii")
        settings = {"hot_standby": "off", "max_prepared_transactions": self._prepared()}
        if self.wal.is_dir():
            (self.data / "recovery.signal").touch()
            settings["restore_command"] = f'cp "{self.wal}/%f" "%p"'
            settings["recovery_target_action"] = "promote"
            if until is not None:
                settings["recovery_target_time"] = until.astimezone(UTC).isoformat(sep=" ")
        self.hand_over()
        self._stay_at_home(left)
        try:
            self.server.start(settings, left())
        except ClusterError as problem:
            left()
            grave = [line for line in _GRAVE.findall(self._log()) if "the database system is" not in line]
            if not grave or _OF_THIS_MACHINE.search(grave[0]) or _SHORT_OF.search(grave[0]):
                raise
            raise RecoveryRefused(grave[0][:300]) from problem
        return Cluster(self.server, self.exposed)

    def reached(self) -> datetime | None:
        """When the last transaction that was replayed was committed, in UTC; None where none was."""
        found = _REPLAYED.findall(self._log())
        if not found:
            return None
        said, offset = found[-1]
        return datetime.fromisoformat(f"{said}{offset or '+00'}:00").astimezone(UTC)

    def hand_over(self) -> None:
        """Give everything that we put here to the account that the server runs as, and to nobody else."""
        account = self.server.account
        for folder, _, files in os.walk(self.server.place):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                if not account.ours:
                    os.chown(path, account.uid, account.gid, follow_symlinks=False)
                if not os.path.islink(path):
                    os.chmod(path, 0o700 if path == folder else 0o600)

    def stop(self) -> None:
        """End everything and remove it; may be called again."""
        self.server.supervisor.stop()

    def free_bytes(self) -> int:
        """How much room is left here."""
        return shutil.disk_usage(self.server.place).free

    def _stay_at_home(self, left: Left) -> None:
        """
        Refuse WAL that makes a tablespace.

        To replay it is to write to the place that it names: on a machine that it shares with production, into
        production's own files (create_tablespace_directories in tablespace.c).
        """
        for folder in (self.data / "pg_wal", self.wal):
            for first, last in runs(folder) if folder.is_dir() else ():
                program = self.server.binaries.tool("pg_waldump")
                command: list[str | Path] = [program, f"--path={folder}", "--rmgr=Tablespace", first, last]
                _, said = self._said("pg_waldump", command, left)  # where it fails, a recovery ends as well
                if any(_NEW_TABLESPACE in line for line in said):
                    raise unjudged(
                        "WAL that stays in the data folder",
                        "it makes a tablespace, which lies elsewhere",
                        "recover it by hand on another machine, or take a new physical copy",
                    )

    def _prepared(self) -> str:
        # a recovery needs as much room for prepared transactions as the server had, and nothing else of its settings
        command = [self.server.binaries.tool("pg_controldata"), self.data]
        with suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(command, capture_output=True, timeout=_PREPARED_SECONDS, check=False, env=_ENVIRON)
            if found := _PREPARED.search(done.stdout.decode("utf-8", "replace")):
                return found[1]
        return "0"

    def _said(self, name: str, command: list[str | Path], left: Left) -> tuple[int, list[str]]:
        """The exit status and the lines of a program that reads the copy. Raises ClusterError."""
        log = self.server.place / f"{name}.log"
        log.unlink(missing_ok=True)
        try:
            self.server.supervisor.spawn(
                name, command, env=_ENVIRON, cwd=self.server.place, log=log, account=self.server.account
            )
            status = self.server.supervisor.wait(name, left())
        except SupervisorError as problem:
            left()
            raise ClusterError(f"{name} did not do its work: {problem}") from problem
        if status < 0:  # as where the machine is out of memory
            raise ClusterError(f"{name} was ended by signal {-status}")
        return status, [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]

    def _log(self) -> str:
        return self.server.log.read_text("utf-8", "replace")
