"""`python -m prodverify backup` takes a backup of a target's database, with the manifest that a drill compares with."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from prodverify.data.migrations.history import VERSION_TABLE
from prodverify.target.load import Target, load

FAILED = 1
_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, and where to; what is not said is in the target file."""
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose [database] is backed up")
    parser.add_argument(
        "--directory", type=Path, metavar="DIR", help="folder to put YYYY-MM-DD/ in; by default that of [backups]"
    )
    parser.add_argument("--name", help="first part of the file's name; by default the target's")
    parser.epilog = (
        "Reads the database, never writes to it. Exit status: 0 taken, 1 not taken and nothing left, 4 wrong target, "
        "130 ended by Ctrl-C or SIGTERM and nothing left."
    )


def run(arguments: argparse.Namespace) -> int:
    """Takes the backup and prints its path."""
    target = load(arguments.target, root=_ROOT, environ=os.environ)
    database, backups, migrations = target.promises.database, target.promises.backups, target.promises.migrations
    directory = arguments.directory or (target.folder / backups.directory if backups and backups.directory else None)
    if target.promises.embedded:
        return _refuse(target, "the embedded service backs itself up while it is verified; name a target of your own.")
    if database is None:
        return _refuse(target, "it has no [database], so there is nothing to back up; add one with its dsn.")
    if directory is None:
        return _refuse(target, "it does not say where backups go; add directory to [backups] or pass --directory.")

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was begun is cancelled and removed
    from prodverify.data import binaries  # psycopg costs 0.1 s, which a wrong target file need not wait for
    from prodverify.data.backups.taking import BackupFailed, take

    try:
        taken = take(
            target.dsn,
            directory,
            name=arguments.name or target.name,
            binaries=binaries.find(str(target.folder / backups.binaries)) if backups and backups.binaries else None,
            version_table=migrations.version_table if migrations else VERSION_TABLE,
        )
    except (BackupFailed, binaries.BinariesMissing) as failed:
        print(failed, file=sys.stderr)
        return FAILED
    tables = taken.manifest.contents.tables
    print(taken.path)
    print(
        f"{sum(table.rows for table in tables.values())} rows of {len(tables)} tables in "
        f"{taken.manifest.size_bytes} bytes, {taken.seconds:.1f} s, manifest {taken.manifest_path.name}",
        file=sys.stderr,
    )
    return 0


def _refuse(target: Target, why: str) -> int:
    print(f"{target.path}: {why}", file=sys.stderr)
    return FAILED
