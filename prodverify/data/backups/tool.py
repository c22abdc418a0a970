"""pg_dump while it runs: what it is told, where its output goes, and how it ended."""

from __future__ import annotations

import importlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.backups import refusals
from prodverify.data.backups.refusals import BackupFailed
from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache, CacheError
from prodverify.data.connection import SECRET_OPTIONS
from prodverify.data.supervisor import Supervisor, SupervisorError
from prodverify.data.sweep import sweep
from prodverify.target.taking import Taking

_CHUNK = 1 << 20
# level 1 of zlib makes a dump 6 % larger than its default and takes a third of the time, in which the snapshot is held
_GZIP_LEVEL = "1"
_ZSTD_LEVEL = 3
_ZSTD_MAJOR = 16  # the first pg_dump that packs archives with anything but zlib
_TOOL = "pg_dump"
_QUIT_SECONDS = 2.0
_LOCK_WAIT_MS = 1000  # what it waits for waits for us, as we have the same locks: see ``dumping.dump``
_LONGEST_SECONDS = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Running:
    """pg_dump, which was started. ``ended`` has no result but that the dump is there, or why it is not."""

    ended: Future[None]

    def failed(self) -> bool:
        """Whether it has ended, and not well."""
        return self.ended.done() and self.ended.exception() is not None

    def finish(self) -> None:
        """Wait for its end. Raises ``BackupFailed`` and ``OSError`` where the dump is not there."""
        self.ended.result()


@contextmanager
def keeping(work: Path) -> Iterator[tuple[Supervisor, Path]]:
    """
    A child that ends what is started and removes the private folder in ``work`` that comes with it, also when we are
    killed: no plain dump is left behind. Raises ``BackupFailed``.
    """
    try:
        ledgers = Cache.locate(unprivileged()).ledgers
        sweep(ledgers)  # of backups whose child was killed, too
        with Supervisor.start(ledgers) as supervisor:
            yield supervisor, supervisor.make_folder(work / f"pv-backup-{secrets.token_hex(8)}")
    except (NoAccount, CacheError, SupervisorError) as problem:
        raise BackupFailed(f"a backup cannot be begun: {str(problem).rstrip('.')}") from None


def running(
    dsn: str, tools: Binaries, draft: Path, taking: Taking, supervisor: Supervisor, *, snapshot: str, encoding: str
) -> AbstractContextManager[Running]:
    """
    pg_dump, writing ``draft`` from ``snapshot``; it is gone when this ends, and when this process ends in any way.

    Raises ``BackupFailed`` where it cannot do what ``taking`` says.
    """
    if taking.format != "plain" and taking.compression == "zstd" and tools.major < _ZSTD_MAJOR:
        raise BackupFailed(
            f'pg_dump {tools.version} packs archives with gzip alone: say compression = "gzip" in [backups.taking]'
        )
    values = conninfo_to_dict(dsn)
    # not in the command line, which every user of the machine can read
    password = values.pop("password", None)
    if seen := SECRET_OPTIONS & values.keys():
        raise BackupFailed(
            f"{' and '.join(sorted(seen))} of the DSN would be in the command line of {_TOOL}, which every user of "
            "this machine can read: put it into a service file, and name that by service= in the DSN"
        )
    environ = os.environ if password is None else {**os.environ, "PGPASSWORD": str(password)}
    command = [
        str(tools.tool(_TOOL)),
        f"--dbname={make_conninfo(**values)}",  # type: ignore[arg-type]
        f"--format={taking.format}",
        f"--compress={_compression(taking)}",
        # the database's own: the drill's takes it over, so that a value has the same bytes and the same hash there
        f"--encoding={encoding}",
        f"--snapshot={snapshot}",
        f"--lock-wait-timeout={_LOCK_WAIT_MS}",
        "--no-password",
    ]
    environ = {**environ, "LC_ALL": "C"}
    if taking.format == "plain":
        return _piped(command, environ, draft, taking, dsn)
    jobs = [f"--jobs={taking.jobs}"] if taking.format == "directory" else []
    return _supervised([*command, *jobs, f"--file={draft}"], environ, draft, dsn, supervisor)


def _compression(taking: Taking) -> str:
    if taking.format == "plain" and taking.compression == "zstd":
        return "0"  # by us: what pg_dump writes has no checksum, and a flipped bit in it is not noticed
    return {"gzip": _GZIP_LEVEL, "zstd": "zstd", "none": "0"}[taking.compression]


@contextmanager
def _piped(command: list[str], environ: Mapping[str, str], draft: Path, taking: Taking, dsn: str) -> Iterator[Running]:
    """Through a pipe of ours: it ends by itself when we are killed, and a full disk is our own error."""
    packer = _zstd() if taking.compression == "zstd" else None
    with tempfile.TemporaryFile() as complaints, ThreadPoolExecutor(1) as beside:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environ
        )
        source = process.stdout
        assert source is not None

        def see_through() -> None:
            _write(source, draft, packer)
            if status := process.wait():
                complaints.seek(0)
                raise _refused(status, complaints.read().decode("utf-8", "replace"), dsn)

        try:
            yield Running(beside.submit(see_through))
        finally:
            process.terminate()  # it cancels what the server does for it
            try:
                process.wait(_QUIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _write(source: IO[bytes], path: Path, packer: Any) -> None:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if packer is None:
                shutil.copyfileobj(source, file, _CHUNK)
            else:
                while piece := source.read(_CHUNK):
                    file.write(packer.compress(piece))
                file.write(packer.flush())
            file.flush()
            os.fsync(file.fileno())
    finally:
        source.close()


def _zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        parameter = module.CompressionParameter
        return module.ZstdCompressor(options={parameter.checksum_flag: 1, parameter.compression_level: _ZSTD_LEVEL})
    raise BackupFailed(
        "compression = \"zstd\" needs the Python package backports-zstd: pip install 'prodverify[backups]'"
    )


@contextmanager
def _supervised(
    command: list[str], environ: Mapping[str, str], draft: Path, dsn: str, supervisor: Supervisor
) -> Iterator[Running]:
    """
    Into a file or folder that it opens itself, as it notes there where each table begins, for a parallel restore.

    It would not notice our end, so that the supervisor's child ends it.
    """
    # not beside the draft: on a full disk there would be no room to say so
    folder = supervisor.make_folder(Path(tempfile.gettempdir(), f"pv-dump-{secrets.token_hex(8)}"))
    log = folder / "log"
    supervisor.spawn(_TOOL, command, env=environ, cwd=draft.parent, log=log, quit_signal=signal.SIGTERM)

    def see_through() -> None:
        if status := supervisor.wait(_TOOL, _LONGEST_SECONDS):
            raise _refused(status, log.read_text("utf-8", "replace"), dsn)
        draft.chmod(0o700 if draft.is_dir() else 0o600)

    with ThreadPoolExecutor(1) as beside:
        process = Running(beside.submit(see_through))
        try:
            yield process
        finally:
            if not process.ended.done():
                supervisor.stop()  # ends it; nothing else can be asked of the supervisor while see_through waits


def _refused(status: int, said: str, dsn: str) -> Exception:
    if not said.strip() and status < 0:
        said = f"{_TOOL}: error: it was ended by {signal.Signals(-status).name}"
    return refusals.refused(said, dsn, _TOOL)
