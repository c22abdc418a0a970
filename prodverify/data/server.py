"""PostgreSQL on one data folder: initdb or clone, start, stop; on a unix socket in a private folder."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from prodverify.data.account import Account
from prodverify.data.binaries import Binaries
from prodverify.data.supervisor import Supervisor, SupervisorError

USER = "postgres"
INITDB = (
    f"--username={USER}",
    "--auth=trust",  # whoever can enter the folder, which has mode 0700, may connect
    "--encoding=UTF8",
    "--locale=C",  # the one locale that every machine has
    "--data-checksums",
    "--wal-segsize=1",  # MB; 16 MB, the default, is what a clone would spend a third of its time on
    "--no-sync",
    "--no-instructions",
)
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "archive_mode": "off",
    "wal_level": "minimal",
    "dynamic_shared_memory_type": "mmap",  # files in the data folder, so that a kill leaves nothing in /dev/shm
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "shared_preload_libraries": "",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 103 if sys.platform == "darwin" else 107  # bytes of sun_path in sys/un.h, less the final zero
_INITDB_SECONDS = 120.0  # 0.3 s when idle
_COPY_SECONDS = 120.0
_START_SECONDS = 60.0  # 20 ms when idle
_STOP_SECONDS = 30.0
_MEMORY = Path("/dev/shm")
_ROOMY_BYTES = 1 << 30  # a container's 64 MB are not enough
_FULL_BYTES = 1 << 16  # a log cannot be relied upon where less is free
_READY_LINE = 7  # of postmaster.pid, where the server says "ready"; src/include/utils/pidfile.h


class ClusterError(Exception):
    """PostgreSQL could not be set up or started; the message quotes the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    PostgreSQL on one data folder, under somebody's supervisor.

    ``place`` is a private folder of the account that the server runs as; it holds the socket, the log and, unless
    ``data`` says otherwise, the data folder. ``user`` is the superuser's role in it.
    """

    supervisor: Supervisor
    binaries: Binaries
    account: Account
    place: Path
    data: Path
    user: str = USER

    @property
    def log(self) -> Path:
        """What PostgreSQL's programs said."""
        return self.place / "server.log"

    def dsn(self, dbname: str = "postgres") -> str:
        """How to connect as superuser, as a URI. It holds no password."""
        return dsn_at(self.place, dbname, self.user)

    def make(self) -> None:
        """Make the data folder from nothing by initdb, in about 0.3 s. Raises ClusterError."""
        # SIGKILL would leave the shared memory of the servers that initdb runs, which lies outside our folders.
        command: list[str | Path] = [self.binaries.tool("initdb"), *INITDB, f"--pgdata={self.data}"]
        self._run("initdb", command, _INITDB_SECONDS, signal.SIGTERM)

    def clone(self, template: Path) -> None:
        """Make the data folder as a copy of a stopped one, in about 50 ms. Raises ClusterError."""
        self._run("cp", ["cp", "-R", template, self.data], _COPY_SECONDS)

    def copy_to(self, template: Path) -> None:
        """Fill the empty folder ``template`` from the data folder, whose server has shut down. Raises ClusterError."""
        self._run("cp", ["cp", "-R", f"{self.data}/.", template], _COPY_SECONDS)

    def start(self, more: Mapping[str, str] | None = None, seconds: float = _START_SECONDS) -> int:
        """
        Start the server; its process number once it accepts connections.

        ``more`` are settings beside or in place of ours; a recovery may need more ``seconds`` than a start. Raises
        ClusterError.
        """
        command: list[str | Path] = [self.binaries.tool("postgres"), "-D", self.data, "-k", self.place]
        command += [f"--{name}={value}" for name, value in {**_SETTINGS, **(more or {})}.items()]
        try:
            pid = self._spawn("postgres", command, signal.SIGQUIT)  # immediate shutdown: nothing here is worth saving
            status = self.supervisor.wait_for_line(
                "postgres", self.data / "postmaster.pid", _READY_LINE, "ready", seconds
            )
        except SupervisorError as problem:
            raise self._failure(f"PostgreSQL did not start: {problem}") from problem
        if status is not None:
            raise self._failure(f"PostgreSQL {self.binaries.version} ended with status {status} as it started")
        return pid

    def shut_down(self) -> None:
        """Stop the server so that its data folder is complete and can be a template. Raises ClusterError."""
        try:
            status = self.supervisor.end("postgres", signal.SIGINT, _STOP_SECONDS)  # "fast": a checkpoint, no waiting
        except SupervisorError as problem:
            raise self._failure(f"PostgreSQL did not stop: {problem}") from problem
        if status != 0:
            raise self._failure(f"PostgreSQL ended with status {status} as it stopped")

    def _run(
        self,
        name: str,
        command: Sequence[str | Path],
        seconds: float,
        quit_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        try:
            self._spawn(name, command, quit_signal)
            status = self.supervisor.wait(name, seconds)
        except SupervisorError as problem:
            raise self._failure(f"{name} did not do its work: {problem}") from problem
        if status != 0:
            raise self._failure(f"{name} ended with status {status} and did not do its work")

    def _spawn(self, name: str, command: Sequence[str | Path], quit_signal: signal.Signals) -> int:
        return self.supervisor.spawn(
            name,
            command,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            cwd=self.place,
            log=self.log,
            account=self.account,
            quit_signal=quit_signal,
        )

    def _failure(self, what: str) -> ClusterError:
        words = last_words(self.log)
        if not words and shutil.disk_usage(self.place.parent).free < _FULL_BYTES:
            words = f"; there is no room left in {self.place.parent}, free some or name another TMPDIR"
        return ClusterError(f"{what.rstrip('.')}{words}.")


def prepare(supervisor: Supervisor, binaries: Binaries, account: Account, place: Path) -> Server:
    """A server whose private folder exists and whose data folder is to be made. Raises ClusterError."""
    try:
        supervisor.make_folder(place, account)
    except SupervisorError as problem:
        raise ClusterError(f"PostgreSQL's folder {place} could not be made: {problem}.") from problem
    return Server(supervisor, binaries, account, place, place / "data")


_NOWHERE_ELSE = "hostaddr=&port=5432&options=&gssencmode=disable&channel_binding=disable&target_session_attrs=any"


def dsn_at(place: Path, dbname: str, user: str = USER) -> str:
    """
    How to connect as superuser to the server whose socket is in ``place``, and to no other, as a URI.

    libpq fills in from the environment (PGHOSTADDR, PGOPTIONS) what it leaves out, and that may mean a live server.
    """
    names = f"{quote(user, safe='')}@/{quote(dbname, safe='')}"
    return f"postgresql://{names}?host={quote(str(place), safe='/')}&{_NOWHERE_ELSE}"


def choose_place(account: Account, parent: Path | None = None, name: str = "pv", *, small: bool = False) -> Path:
    """
    A path for a private folder that is not there yet, short enough for a socket in it and reachable by ``account``.

    Without ``parent`` it is in the system's folder for temporary files, or in /tmp where that is too deep or closed to
    the account. ``small`` says that the cluster stays below 100 MB or so and prefers memory where there is plenty: a
    cluster is 1,300 files, and ext4, which puts off using again what was just deleted, may take 0.5 ms for each. Raises
    ClusterError where no place will do.
    """
    tried = []
    candidates = [parent] if parent else [Path(tempfile.gettempdir()), Path("/tmp")]
    if small and not parent and _is_roomy(_MEMORY):
        candidates.insert(0, _MEMORY)
    for folder in candidates:
        place = folder.resolve() / f"{name}-{os.urandom(8).hex()}"
        length = len(os.fsencode(place / _SOCKET))
        if length > _LONGEST_SOCKET:
            tried.append(f"{folder} makes a socket's path of {length} bytes where {_LONGEST_SOCKET} is the most")
        elif not account.can_pass(folder):
            tried.append(f"{folder} cannot be entered by {account.name}, as whom the server runs")
        else:
            return place
    raise ClusterError(f"No folder for PostgreSQL's socket: {'; '.join(tried)}. Name another one, such as /tmp.")


def _is_roomy(folder: Path) -> bool:
    try:
        space = os.statvfs(folder)
    except OSError:
        return False
    return space.f_bavail * space.f_frsize >= _ROOMY_BYTES and os.access(folder, os.W_OK | os.X_OK)


def last_words(log: Path, lines: int = 3) -> str:
    """The end of a log, to be added to a sentence; empty where it says nothing."""
    try:
        said = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    return f"; its log ends: {' | '.join(said[-lines:])}" if said else ""
