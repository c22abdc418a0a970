"""
Files of a data folder, copied as files.

A link in it would lead a server that runs on the copy to files that are not ours: to a live server's WAL, at worst. So
none is kept. Links to files at the top are configuration, which is not used; ``pg_wal`` may be a link, as
``pg_basebackup --waldir`` makes one, and what it leads to is copied.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

WAL_FOLDER = "pg_wal"


def files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Every file that belongs to the copy, relative to ``folder``, with its bytes. Raises ``OSError``."""
    yield from _files(folder, Path())


def links(folder: Path) -> list[str]:
    """Links that lead to files of the copy which lie elsewhere, sorted. Raises ``OSError``."""
    return sorted(str(path) for path in _links(folder, Path()))


def copy(folder: Path, target: Path, progress: Callable[[str], None]) -> int:
    """Copy all of ``folder`` to ``target``, which is not there yet; the bytes copied. Raises ``OSError``."""
    everything = list(files(folder))
    total, done = sum(size for _, size in everything), 0
    for at in ("", WAL_FOLDER, *_folders(folder, Path())):
        (target / at).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, size in everything:
        shutil.copyfile(folder / name, target / name)
        done += size
        progress(f"{done >> 20} of {total >> 20} MiB")
    return total


def _files(root: Path, at: Path) -> Iterator[tuple[Path, int]]:
    for entry in _entries(root / at):
        if _is_folder(entry, at):
            yield from _files(root, at / entry.name)
        elif entry.is_file(follow_symlinks=False):
            yield at / entry.name, entry.stat(follow_symlinks=False).st_size


def _folders(root: Path, at: Path) -> Iterator[str]:
    for entry in _entries(root / at):
        if _is_folder(entry, at):
            yield str(at / entry.name)
            yield from _folders(root, at / entry.name)


def _links(root: Path, at: Path) -> Iterator[Path]:
    for entry in _entries(root / at):
        if _is_folder(entry, at):
            yield from _links(root, at / entry.name)
        elif entry.is_symlink() and (at.parts or entry.is_dir()) and (at / entry.name) != Path(WAL_FOLDER):
            yield at / entry.name


def _is_folder(entry: os.DirEntry[str], at: Path) -> bool:
    return entry.is_dir(follow_symlinks=not at.parts and entry.name == WAL_FOLDER)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
