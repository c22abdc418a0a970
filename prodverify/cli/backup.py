"""`python -m prodverify backup` takes a backup of a target's database, with the manifest that a drill compares with."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from prodverify.target.load import Target, load
from prodverify.target.taking import MOST_JOBS, Taking

if TYPE_CHECKING:
    from prodverify.data.backups.places import Place
    from prodverify.data.backups.taking import BackupTaken

FAILED = 1
_ROOT = Path(__file__).resolve().parents[2]
_SKEW_SECONDS = 60.0  # two clocks that are kept differ by less than a second

_EPILOG = """\
It reads the database and never writes to it: one snapshot is dumped by pg_dump of the server's own major version,
and counted and hashed meanwhile. Everything is made in a folder that is no backup, read back, encrypted where
encrypt_to in [backups.taking] names public keys (the plain dump is in that folder until then, for our eyes only),
and gets its name last. Put it on a schedule; a long snapshot holds back VACUUM on a primary, so take it from a replica
where the database is large. A replica cancels what is in its way: raise max_standby_streaming_delay there.

Where [backups] says retention_days, older backups of the same name are removed after the new one is stored; each is
told on stderr. The last good one is never removed, nor are those that keep_at_least leaves.

The path of the backup is all that is written to stdout.

Exit status: 0 taken, 1 not taken and nothing left, 2 asked wrongly, 4 wrong target, 130 ended by Ctrl-C or SIGTERM
and nothing left that is not whole."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, and where to; what is not said is in the target file."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose [database] is backed up")
    parser.add_argument(
        "--directory", type=Path, metavar="DIR", help="folder to put YYYY-MM-DD/ in; by default the place of [backups]"
    )
    parser.add_argument("--name", help="first part of the file's name; by default name of [backups], or the target's")
    parser.add_argument(
        "--format",
        choices=("plain", "custom", "directory"),
        help="format of pg_dump; by default that of [backups.taking]",
    )
    parser.add_argument(
        "--jobs", type=_jobs, metavar="N", help="tables dumped at the same time, in the directory format"
    )
    parser.add_argument(
        "--encrypt-to", action="append", metavar="KEY",
        help="public key of age or SSH of somebody who may read the backup; may be said several times",
    )  # fmt: skip
    parser.add_argument("--keep-all", action="store_true", help="remove no older backup, whatever retention_days says")
    parser.epilog = _EPILOG


def run(arguments: argparse.Namespace) -> int:
    """Takes the backup, prints its path, and removes what is no longer to be kept."""
    target = load(arguments.target, root=_ROOT, environ=os.environ)
    taking = _taking(arguments, target)
    if why := _lacking(arguments, target, taking):
        print(f"{target.path}: {why}", file=sys.stderr)
        return FAILED

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was begun is cancelled and removed
    from prodverify.cli.progress import Progress  # psycopg costs 0.1 s, which a wrong target file need not wait for
    from prodverify.data.backups.taking import BackupFailed, take
    from prodverify.record.findings import Unjudged

    backups = target.promises.backups
    name = arguments.name if arguments.name is not None else (backups.name if backups else "") or target.name
    try:
        place = _place(arguments, target)
        with Progress() as progress:
            taken = take(target.dsn, place, name=name, taking=taking, progress=progress)
    except (BackupFailed, Unjudged) as failed:
        print(str(failed).rstrip("."), file=sys.stderr)
        return FAILED
    untold = None
    try:
        _tell(taken)
    except OSError as problem:  # of stdout; what is stored is stored
        untold = problem
    if backups and backups.retention_days and not (arguments.keep_all or arguments.directory):
        _remove_expired(place, name, taken, backups.retention_days, taking.keep_at_least)
    if untold is not None:
        raise untold
    return 0


def _taking(arguments: argparse.Namespace, target: Target) -> Taking:
    backups = target.promises.backups
    declared = (backups.taking if backups else None) or Taking()
    binaries = declared.binaries or (backups.binaries if backups else "")
    said = {"format": arguments.format, "jobs": arguments.jobs, "encrypt_to": tuple(arguments.encrypt_to or ()) or None}
    return declared.model_copy(
        update={
            "binaries": str(target.folder / binaries) if binaries else "",
            **{key: value for key, value in said.items() if value is not None},
        }
    )


def _lacking(arguments: argparse.Namespace, target: Target, taking: Taking) -> str:
    backups = target.promises.backups
    if target.promises.embedded:
        return "the embedded service backs itself up while it is verified; name a target of your own."
    if target.promises.database is None:
        return "it has no [database], so there is nothing to back up; add one with its dsn."
    if arguments.directory is not None:
        return ""
    if backups is None or not (backups.directory or backups.s3):
        return "it does not say where backups go; add directory to [backups] or pass --directory."
    if backups.pattern:
        return "pattern in [backups] names backups that another program takes; leave it out, or pass --directory."
    if backups.name and arguments.name not in (None, backups.name):
        return f'the checks look for name = "{backups.name}" of [backups]; leave --name out, or pass --directory.'
    if backups.encryption not in (None, "none") and not taking.encrypt_to:
        return "it promises encrypted backups; name public keys as encrypt_to in [backups.taking] or by --encrypt-to."
    return ""


def _place(arguments: argparse.Namespace, target: Target) -> Place:
    from prodverify.data.backups.folder import Folder
    from prodverify.data.backups.places import open_place

    if arguments.directory is not None or target.promises.backups is None:
        return Folder(arguments.directory)
    return open_place(target.promises.backups, target)


def _tell(taken: BackupTaken) -> None:
    manifest = taken.manifest
    tables = manifest.contents.tables
    _say(
        f"{sum(table.rows for table in tables.values())} rows of {len(tables)} tables in "
        f"{manifest.size_bytes} bytes, {taken.seconds:.1f} s, manifest {taken.manifest_path.name}"
    )
    if abs(manifest.skew_seconds) > _SKEW_SECONDS:
        ahead = "ahead of" if manifest.skew_seconds > 0 else "behind"
        _say(
            f"the clock of the server is {abs(manifest.skew_seconds):.0f} s {ahead} that of this machine: "
            "let both keep the time, or ages and names of backups are wrong"
        )
    print(taken.address, flush=True)


def _remove_expired(place: Place, name: str, taken: BackupTaken, days: int, keep_at_least: int) -> None:
    from prodverify.data.backups.retention import NothingRemoved, remove_expired

    try:
        for stored in remove_expired(
            place, name, days=days, taken=taken.name, manifest=taken.manifest, keep_at_least=keep_at_least
        ):
            _say(f"removed {stored.name}, which is older than {days} days")
    except NothingRemoved as problem:
        _say(f"older backups were left where they are: {problem}")


def _say(text: str) -> None:
    with suppress(OSError):  # of stderr, on a full disk for instance: no reason to leave anything undone
        print(text, file=sys.stderr)


def _jobs(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MOST_JOBS:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number from 1 to {MOST_JOBS}, came {text!r}")
