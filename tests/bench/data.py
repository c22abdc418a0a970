"""What proving a backup costs beside the bare restore, and the whole corruption matrix."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from prodverify.data import binaries
from prodverify.data.backups.taking import take
from prodverify.data.catalog.checksums import pin, table_digests, table_names
from prodverify.data.cluster import Cluster
from prodverify.data.connection import read_only
from prodverify.data.empty import empty_cluster
from prodverify.target.taking import Taking
from tests.bench.filled import fill
from tests.data.proof.matrix import CUTS, FLIPS, Row, tried
from tests.data.proof.sources import Source, lending, source_in

ROOT = Path(__file__).resolve().parents[2]
LARGE_MIB, SMALL_MIB = 1024, 10
JOBS = 2
ROUNDS = 3
MEMORY_BYTES = 6 << 30
PATIENCE_SECONDS = 600.0


def large() -> dict[str, float]:
    """
    About 1 GiB: the whole drill beside ``pg_restore -j2``, and all checksums beside ``COPY | md5sum``, by turns.

    The drill's peak of memory is that of its own process, PostgreSQL's not among it.
    """
    with _in_memory(), tempfile.TemporaryDirectory() as folder:
        with backed_up(Path(folder), SMALL_MIB) as (_, path):
            few = _drilled(path)
        with backed_up(Path(folder), LARGE_MIB) as (dsn, path):
            sums, copies = _by_turns(lambda: _checksums(dsn), lambda: _copies(dsn))
            drills: list[dict[str, Any]] = []
            whole, bare = _by_turns(lambda: _noted(drills, path), lambda: _restored(path))
    peaks = [few["peak_mib"], max(each["peak_mib"] for each in drills)]
    _tell(f"checksums {_all(sums)} s, COPY | md5sum {_all(copies)} s")
    _tell(f"drill {_all(whole)} s, pg_restore -j{JOBS} {_all(bare)} s")
    for each in drills[1:]:
        _tell("  " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in each["stages"].items() if seconds >= 0.005))
    _tell(f"peak of memory {peaks[0]:.0f} MiB at {SMALL_MIB} MiB, {peaks[1]:.0f} MiB at {LARGE_MIB} MiB")
    return {
        "drill_ratio": statistics.median(whole) / statistics.median(bare),
        "checksum_ratio": statistics.median(sums) / statistics.median(copies),
        "drill_rss_mib": max(peaks),
    }


def small() -> dict[str, float]:
    """A few MiB, drilled by a process that begins with it."""
    with tempfile.TemporaryDirectory() as folder, backed_up(Path(folder), SMALL_MIB) as (_, path):
        seconds = []
        for _ in range(ROUNDS + 2):
            started = time.perf_counter()
            _drilled(path)
            seconds.append(time.perf_counter() - started)
    _tell(f"{SMALL_MIB} MiB drilled in {_all(seconds)} s, the start of Python included")
    return {"drill_small_s": statistics.median(seconds)}


def corruption() -> dict[str, float]:
    """Every format of each PostgreSQL that is installed, with each damage of the matrix; the table is told."""
    with ExitStack() as made:
        folder = Path(made.enter_context(tempfile.TemporaryDirectory()))
        sources = []
        for programs in _installed():
            (place := folder / programs.version).mkdir()
            server = made.enter_context(empty_cluster(programs, name="pv", small=True))
            sources.append(source_in(server, place))
        lent = made.enter_context(lending(*(source.server for source in sources)))

        def row(each: tuple[Source, str]) -> Row:
            return tried(*each, lent)

        with ThreadPoolExecutor(2) as pool:
            rows = list(pool.map(row, [(source, name) for source in sources for name in source.backups]))
    _tell(f"seeds of flips {FLIPS.start} to {FLIPS.stop - 1}, of cuts {CUTS.start} to {CUTS.stop - 1}")
    for source in sources:
        _tell(f"PostgreSQL {source.programs}: cannot write {', '.join(source.lacking) or 'nothing'}")
    for each in rows:
        _tell(each.told())
    damaged = sum(row.intact != "harmless" for row in rows)
    if damaged:
        sys.exit(f"{damaged} intact backups did not pass")
    trials = [trial for row in rows for trial in row.trials]
    return {"corrupt_tried": len(trials), "corrupt_silent": sum(trial.silent for trial in trials)}


@contextmanager
def _in_memory() -> Iterator[None]:
    """
    All files in memory where there is enough of it.

    For a minute after files were deleted ext4 searches long for others to use, which costs the drill that follows
    another one half a second, and would be measured instead of it.
    """
    memory, inherited = Path("/dev/shm"), dict(os.environ)
    if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)
    _tell(f"files are in {tempfile.gettempdir()}")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(inherited)
        tempfile.tempdir = None


@contextmanager
def backed_up(folder: Path, mib: int) -> Iterator[tuple[str, Path]]:
    """A database of about ``mib`` MiB in a server of its own, and its backup in the custom format, with manifest."""
    with empty_cluster(binaries.find(), name="pv", small=False) as server:
        started = time.perf_counter()
        dsn = _database(server)
        size = fill(dsn, mib)
        filled = time.perf_counter()
        taking = Taking(format="custom")
        taken = take(dsn, folder / f"{mib}", name="filled", taking=taking, binaries=server.binaries)
        made, packed = size / (1 << 20), taken.manifest.size_bytes / (1 << 20)
        _tell(
            f"{mib} MiB wanted, {made:.0f} MiB made in {filled - started:.1f} s, backed up in {taken.seconds:.1f} s"
            f" to {packed:.0f} MiB"
        )
        yield dsn, taken.path


def _installed() -> Iterator[binaries.Binaries]:
    found = binaries.find()
    yield found
    for folder in binaries._package():
        packaged = binaries.find(str(folder))
        if packaged.major != found.major:
            yield packaged


def _database(server: Cluster) -> str:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE filled TEMPLATE template0")
    return server.dsn("filled")


def _by_turns(*ways: Any) -> list[list[float]]:
    """Seconds of each of ``ways``, one after the other, as often as ``ROUNDS``; the first round is not counted."""
    seconds: list[list[float]] = [[way() for way in ways] for _ in range(ROUNDS + 1)]
    return [list(each) for each in zip(*seconds[1:], strict=True)]


def _checksums(dsn: str) -> float:
    """As the drill takes them: in one transaction, by as many workers as PostgreSQL wants."""
    started = time.perf_counter()
    with read_only(dsn, statement_timeout_ms=0, idle_timeout_ms=0) as connection:
        pin(connection, parallel=True)
        table_digests(connection, table_names(connection))
    return time.perf_counter() - started


def _copies(dsn: str) -> float:
    with read_only(dsn, statement_timeout_ms=0) as connection:
        names = table_names(connection)
    psql = binaries.find().tool("psql")
    started = time.perf_counter()
    for name in names:
        command = f"'{psql}' -X -q -d '{dsn}' -c 'COPY {name} TO STDOUT' | md5sum"
        subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, capture_output=True)
    return time.perf_counter() - started


def _restored(path: Path) -> float:
    """By the bare program, into an empty database of a server like the drill's, which is there already."""
    with empty_cluster(binaries.find(), name="pv", small=False) as server:
        dsn = _database(server)
        started = time.perf_counter()
        command = [str(server.binaries.tool("pg_restore")), f"--jobs={JOBS}", f"--dbname={dsn}", str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
        return time.perf_counter() - started


def _noted(drills: list[dict[str, Any]], path: Path) -> float:
    drills.append(_drilled(path))
    return float(drills[-1]["seconds"])


def _drilled(path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.drilled", str(path), str(JOBS)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS)
    told: dict[str, Any] = json.loads(done.stdout)
    if told["state"] != "pass":
        sys.exit(f"the drill of {path.name} ended as {told['state']}")
    return told


def _all(seconds: list[float]) -> str:
    return " ".join(f"{each:.2f}" for each in seconds)


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
