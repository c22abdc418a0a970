"""`python -m prodverify snapshot` writes the schema of a target's database to the file that the team commits."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from prodverify.record.findings import Unjudged
from prodverify.target.files import resolved
from prodverify.target.load import SecretUnavailable, Target, load

FAILED = 1
_ROOT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which target, and where to; what is not said is in the target file."""
    parser.add_argument("--target", required=True, metavar="NAME|PATH", help="the target whose [database] is described")
    parser.add_argument(
        "--output", metavar="FILE", help="file to write; by default that of [schema], and - prints it instead"
    )
    parser.epilog = (
        "Reads the catalog of the database, never writes to it. Exit status: 0 written, 1 not written and the file as "
        "it was, 4 wrong target."
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the snapshot, and says what it holds."""
    target = load(arguments.target, root=_ROOT, environ=os.environ)
    declared = target.promises.database_schema
    output = arguments.output or (str(resolved(declared.snapshot, target.folder)) if declared else "")
    if target.promises.embedded:
        return _refuse(target, "the embedded service has no database of its own yet; name a target of your own.")
    if target.promises.database is None:
        return _refuse(target, "it has no [database], so there is nothing to describe; add one with its dsn.")
    if not output or (declared and not declared.snapshot and not arguments.output):
        return _refuse(target, "it does not say where its snapshot is; add snapshot to [schema] or pass --output.")
    from prodverify.data.catalog.snapshot import read_snapshot  # psycopg costs 0.1 s
    from prodverify.data.connection import read_only

    try:
        timeout = target.promises.database.statement_timeout_ms
        with read_only(target.dsn, statement_timeout_ms=timeout, purpose="snapshot") as connection:
            snapshot = read_snapshot(connection)
    except (Unjudged, SecretUnavailable) as problem:
        print(problem, file=sys.stderr)
        return FAILED
    if output == "-":
        print(snapshot.as_text(), end="")
        return 0
    try:
        written(Path(output), snapshot.as_text())
    except OSError as error:
        print(f"the snapshot cannot be written to {output}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    print(output)
    print(f"{len(snapshot.lines)} objects, as PostgreSQL {snapshot.server_major} describes them", file=sys.stderr)
    return 0


def written(path: Path, text: str) -> None:
    """Put ``text`` at ``path``, whole or not at all. Raises ``OSError``."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(draft, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def _refuse(target: Target, why: str) -> int:
    print(f"{target.path}: {why}", file=sys.stderr)
    return FAILED
