"""The folder of backups while one is made: nothing in it looks like a backup before it is one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from prodverify.data.backups.names import MANIFEST, UNFINISHED

_LEFT_SECONDS = 60.0
_PUBLISHING = "publishing"
"""A file in such a folder: the paths of a manifest and of its dump, which are about to get or to lose their names."""


class NameTaken(Exception):  # noqa: N818 - the sentence of a refusal
    """A file of that name is there already."""

    def __init__(self, where: object) -> None:
        step = "take the backup again, a second later or under another name"
        super().__init__(f"{where} is there already, and nothing is overwritten: {step}")


@contextlib.contextmanager
def unfinished(directory: Path) -> Iterator[Path]:
    """
    A private folder in ``directory`` to make a backup in, removed at the end whatever happens.

    Folders that killed backups left are removed first: their lock ended with their process. Raises ``OSError``.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in directory.glob(f"{UNFINISHED}*"):
        # somebody else's, in use, or being removed by another backup right now: not ours to complain about
        with contextlib.suppress(OSError), _locked(left):
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:  # younger ones may be about to be locked
                _forget(directory, left)
                shutil.rmtree(left)
    work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=directory))
    try:
        with _locked(work):
            yield work
    finally:
        try:
            shutil.rmtree(work)
        except BaseException:  # a signal may come as well while this is done
            shutil.rmtree(work, ignore_errors=True)
            raise


def publish(dump: Path, final: Path, manifest: Path, text: str) -> None:
    """
    Give ``dump`` the name ``final`` with ``text`` beside it as ``manifest``, and see both onto the disk.

    The manifest comes first, so that no dump is ever seen without it; making it reserves the name, so that of two
    backups in one second one is refused. Where we are killed between the two, whoever removes the folder that ``dump``
    was made in removes the manifest, too: its name is noted there. Raises ``NameTaken`` and ``OSError``; then neither
    name was made.
    """
    final.parent.mkdir(mode=0o700, exist_ok=True)
    _note(dump.parent, manifest, final)
    for taken in (manifest, final):
        if taken.exists():
            raise NameTaken(taken)
    try:
        handle = os.open(manifest, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        dump.rename(final)
    except FileExistsError:
        raise NameTaken(manifest) from None
    except BaseException:  # a signal, too, at whatever moment
        if not dump.exists():  # it has its name, which is taken back before the manifest's
            final.rename(dump)
        manifest.unlink(missing_ok=True)
        raise
    for folder in (final.parent, final.parent.parent):
        with _opened(folder) as each:
            os.fsync(each)


def withdraw(final: Path, manifest: Path, work: Path) -> None:
    """
    Take the names of a backup away: it is moved into ``work``, then its manifest is removed.

    Where we are killed between the two, whoever removes ``work`` removes the manifest, too. Raises ``OSError``.
    """
    _note(work, manifest, final)
    final.rename(work / final.name)
    manifest.unlink(missing_ok=True)


def _note(work: Path, manifest: Path, final: Path) -> None:
    (work / _PUBLISHING).write_text(f"{manifest}\n{final}", encoding="utf-8")


def _forget(directory: Path, left: Path) -> None:
    """Remove the manifest of a backup whose owner was killed while one of the two had a name and the other had not."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        manifest, final = map(Path, (left / _PUBLISHING).read_text(encoding="utf-8").split("\n"))
        ours = manifest.name.endswith(MANIFEST) and manifest.resolve().is_relative_to(directory.resolve())
        if ours and not final.exists():
            manifest.unlink()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with _opened(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)
