"""Removes what killed runs left behind: folders and processes of ledgers that nobody holds any more."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.ledger import DRAFT, SUFFIX, Ledger
from prodverify.data.process import Process

_QUIT_SECONDS = 2.0  # from a process's own signal to SIGKILL
_END_SECONDS = 5.0  # from SIGKILL until the kernel has taken a process apart
_DRAFT_SECONDS = 60.0  # a ledger gets its name within a millisecond


@dataclass(frozen=True, slots=True)
class Swept:
    """How much a sweep ended and removed."""

    runs: int = 0
    processes: int = 0
    folders: int = 0


def sweep(ledgers: Path) -> Swept:
    """
    End and remove what every run in ``ledgers`` left whose supervisor is gone.

    A run is recognised by its ledger's lock, a process by its number and the moment it started, never by name. What
    cannot be removed now stays in its ledger for the next sweep.
    """
    runs = processes = folders = 0
    for path in sorted(ledgers.glob(f"*{SUFFIX}")):
        if (ledger := Ledger.take_over(path)) is None:
            continue
        runs += 1
        ended, all_ended = _end(ledger.processes())
        removed, all_removed = _remove(ledger.folders())
        processes, folders = processes + ended, folders + removed
        if all_ended and all_removed:
            ledger.settle()
        else:
            ledger.close()
    _forget_drafts(ledgers)
    return Swept(runs, processes, folders)


def _end(processes: Iterable[tuple[Process, int]]) -> tuple[int, bool]:
    """How many processes were ended, and whether all are gone."""
    ended, all_gone = 0, True
    for process, quit_signal in processes:
        try:
            ended += _quit(process, quit_signal)
        except (PermissionError, TimeoutError):
            all_gone = False
    return ended, all_gone


def _quit(process: Process, quit_signal: int) -> bool:
    """Let a process end cleanly, as PostgreSQL has shared memory to give back; False where it was gone already."""
    with suppress(TimeoutError):
        return process.end(_QUIT_SECONDS, quit_signal)
    return process.end(_END_SECONDS)


def _remove(folders: Iterable[Path]) -> tuple[int, bool]:
    """How many folders were removed, and whether all are gone."""
    removed, all_gone = 0, True
    for folder in folders:
        if not _is_ours(folder):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            all_gone = False
        else:
            removed += 1
    return removed, all_gone


def _is_ours(folder: Path) -> bool:
    """Whether a real folder is there that belongs to us or to the account that our servers run as."""
    try:
        status = folder.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    owners = {os.geteuid()}
    try:
        owners.add(unprivileged().uid)
    except NoAccount:
        owners.add(os.geteuid())
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners


def _forget_drafts(ledgers: Path) -> None:
    """Remove ledgers whose writer was killed before they had a name; nothing was made for them."""
    for path in ledgers.glob(f"*{DRAFT}"):
        try:
            if time.time() - path.stat().st_mtime > _DRAFT_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue  # it has got its name, or another sweep was here
