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
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache, CacheError
from prodverify.data.cluster import Cluster
from prodverify.data.server import ClusterError, Server, choose_place, prepare
from prodverify.data.supervisor import Supervisor, SupervisorError
from prodverify.data.sweep import sweep

WAL_FOLDER = "archive"
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
    r"database files are incompatible with server|could not load library|could not access file|No space left on device"
    r"|not compatible with this|out of memory|could not create shared memory|locale|collation provider"
)
_VERIFY_SECONDS = 3600.0


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

    def verify(self) -> str:
        """What pg_verifybackup finds wrong with the copy, before anything of it was changed; empty where nothing is."""
        self.hand_over()
        command: list[str | Path] = [
            self.server.binaries.tool("pg_verifybackup"),
            "--exit-on-error",
            "--quiet",
            self.data,
        ]
        if not any(self.data.joinpath("pg_wal").glob("0*")):
            command.insert(1, "--no-parse-wal")  # the copy was taken without; its archive has it
        log = self.server.place / "verify.log"
        try:
            self.server.supervisor.spawn(
                "pg_verifybackup",
                command,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                cwd=self.server.place,
                log=log,
                account=self.server.account,
            )
            status = self.server.supervisor.wait("pg_verifybackup", _VERIFY_SECONDS)
        except SupervisorError as problem:
            raise ClusterError(f"pg_verifybackup did not do its work: {problem}") from problem
        said = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        if status == 0:
            return ""
        return re.sub(r"^.*?error: ", "", said[0]).replace(f"{self.data}/", "") if said else f"status {status}"

    def run(self, until: datetime | None, seconds: float) -> Cluster:
        """
        Replay what was archived, to ``until`` or to its end, and be a server.

        Raises ``RecoveryRefused`` where the copy or its WAL is to blame, ``ClusterError`` where this machine is.
        """
        for name in _NOT_OURS:
            (self.data / name).unlink(missing_ok=True)
        for name, text in _CONFIGURATION.items():
            (self.data / name).write_text(text, encoding="ascii")
        settings = {"hot_standby": "off"}
        if self.wal.is_dir():
            (self.data / "recovery.signal").touch()
            settings["restore_command"] = f'cp "{self.wal}/%f" "%p"'
            settings["recovery_target_action"] = "promote"
            if until is not None:
                settings["recovery_target_time"] = until.astimezone(UTC).isoformat(sep=" ")
        self.hand_over()
        try:
            self.server.start(settings, seconds)
        except ClusterError as problem:
            grave = [line for line in _GRAVE.findall(self._log()) if "the database system is" not in line]
            if not grave or _OF_THIS_MACHINE.search(grave[0]):
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
                if account.ours:
                    os.chmod(path, 0o700 if path == folder else 0o600, follow_symlinks=True)
                else:
                    os.chown(path, account.uid, account.gid, follow_symlinks=False)
                    os.chmod(path, 0o700 if path == folder else 0o600)

    def stop(self) -> None:
        """End everything and remove it; may be called again."""
        self.server.supervisor.stop()

    def free_bytes(self) -> int:
        """How much room is left here."""
        return shutil.disk_usage(self.server.place).free

    def _log(self) -> str:
        return self.server.log.read_text("utf-8", "replace")
