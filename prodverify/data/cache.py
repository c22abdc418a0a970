"""A cache outside the tree: readable binaries, template data folders, and the ledgers of running supervisors."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prodverify.data import installation, seal
from prodverify.data.account import Account
from prodverify.data.binaries import Binaries
from prodverify.wire import clock

_KEPT = 6  # templates; each is about 40 MB, and a new one is made for every change of a migration
_DRAFT_SECONDS = 86400.0  # no template takes that long, so whoever made it was killed
_SYSTEM = Path("/var/cache")  # for root alone
_LOCK_SECONDS = 120.0  # the holder makes a template, which takes 2 s when idle


class CacheError(Exception):
    """No folder can be used as the cache, or something could not be put into it."""


@dataclass(frozen=True, slots=True)
class Cache:
    """
    A folder of ours that nobody else can write to and that ``account`` can pass, but not list.

    Everything in it can be made again: it may be deleted while nothing runs.
    """

    folder: Path
    account: Account

    @classmethod
    def locate(cls, account: Account, environ: Mapping[str, str] = os.environ) -> Cache:
        """
        The first of these that is ours, writable, and can be passed by ``account``: ``$XDG_CACHE_HOME/prodverify``,
        ``$HOME/.cache/prodverify``, for root ``/var/cache/prodverify``, and a folder of ours among the temporary ones.

        Root's home is usually closed to the account that the server runs as; nothing is opened up for it. Raises
        CacheError.
        """
        tried = []
        for home in _homes(environ):
            folder = home / "prodverify"
            reason = _unfit(home, folder, account)
            if not reason:
                return cls(folder, account)
            tried.append(f"{folder} {reason}")
        folder = Path(tempfile.gettempdir()).resolve() / f"prodverify-{os.geteuid()}"
        reason = _unfit(folder.parent, folder, account, shared=True)
        if not reason:
            return cls(folder, account)
        tried.append(f"{folder} {reason}")
        raise CacheError(f"No folder can be the cache: {'; '.join(tried)}. Set XDG_CACHE_HOME to a folder of yours.")

    @property
    def ledgers(self) -> Path:
        """Where supervisors write down what they own; for our eyes only."""
        return self._room("ledgers", 0o700)

    @property
    def templates(self) -> Path:
        """Where template data folders are, and are made."""
        return self._room("templates", 0o711)

    def reachable(self, binaries: Binaries) -> Binaries:
        """
        ``binaries`` themselves, or a copy that is made once where the account cannot read them; it costs about 60 ms.

        Raises CacheError.
        """
        if self.account.can_enter(binaries.folder):
            return binaries
        status = (binaries.folder / "postgres").stat()
        key = digest(str(binaries.folder), str(status.st_mtime_ns), str(status.st_size))
        place = self._room("binaries", 0o711) / f"{binaries.version}-{key}"
        with self._held(place.name, fcntl.LOCK_EX):
            if not place.is_dir():
                draft = place.with_name(f"{place.name}.draft")
                shutil.rmtree(draft, ignore_errors=True)
                try:
                    installation.copy(binaries, draft, self.account)
                except installation.CopyError as problem:
                    shutil.rmtree(draft, ignore_errors=True)
                    raise CacheError(str(problem)) from problem
                draft.rename(place)
        return installation.inside(binaries, place)

    @contextmanager
    def template(self, key: str, make: Callable[[Path], None]) -> Iterator[tuple[Path, bool]]:
        """
        A sound template data folder, and whether it was there already; it stays untouched inside the ``with`` block.

        ``make`` is given a path in ``templates`` at which it has to leave a stopped data folder. A template that is not
        bit by bit what was sealed is made again. Runs that want the same template at once wait for the one that makes
        it. Raises CacheError, and what ``make`` raises.
        """
        path = self.templates / key
        with self._held(key, fcntl.LOCK_SH):
            if seal.is_whole(path):
                _touch(path)
                yield path, True
                return
        with self._held(key, fcntl.LOCK_EX):
            warm = seal.is_whole(path)
            if not warm:
                self._discard(path)
                draft = path.with_name(f"{key}.{os.urandom(8).hex()}.draft")
                make(draft)
                seal.put_on(draft, path)
                draft.rename(path)
                self._prune()
            yield path, warm

    def drop(self, key: str) -> None:
        """Forget a template, because what was made from it does not work."""
        with self._held(key, fcntl.LOCK_EX):
            self._discard(self.templates / key)

    def _discard(self, path: Path) -> None:
        seal.break_off(path)
        if path.exists():
            grave = path.with_name(f"{path.name}.{os.urandom(8).hex()}.draft")
            path.rename(grave)  # at once, so that a kill in between leaves no half template under the name
            shutil.rmtree(grave, ignore_errors=True)

    def _prune(self) -> None:
        """Remove all but the templates used last, and old drafts; a template that somebody uses is left alone."""
        seals = sorted(self.templates.glob(f"*{seal.SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in seals[_KEPT:]:
            with suppress(BlockingIOError, FileNotFoundError), self._lock_file(old.stem) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._discard(old.with_suffix(""))
        for draft in self.templates.glob("*.draft"):
            with suppress(FileNotFoundError):
                if clock.now() - draft.stat().st_mtime > _DRAFT_SECONDS:
                    shutil.rmtree(draft, ignore_errors=True)

    def _room(self, name: str, mode: int) -> Path:
        room = self.folder / name
        if not room.is_dir():
            try:
                room.mkdir(exist_ok=True)
                room.chmod(mode)
            except OSError as problem:
                raise CacheError(f"The cache's folder {room} could not be made: {problem.strerror}.") from problem
        return room

    @contextmanager
    def _lock_file(self, key: str) -> Iterator[int]:
        path = self._room("locks", 0o700) / key
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _held(self, key: str, how: int) -> Iterator[None]:
        with self._lock_file(key) as descriptor:

            def take() -> bool | None:
                try:
                    fcntl.flock(descriptor, how | fcntl.LOCK_NB)
                except BlockingIOError:
                    return None
                return True

            try:
                clock.poll(take, within_seconds=_LOCK_SECONDS, what="another run's work on the cache ended")
            except clock.NotInTime as problem:
                raise CacheError(
                    f"The cache {self.folder} stayed locked, by another run that is stuck: {problem}"
                ) from None
            yield


def _homes(environ: Mapping[str, str]) -> Iterator[Path]:
    if (named := environ.get("XDG_CACHE_HOME", "")).startswith("/"):  # XDG says to ignore relative ones
        yield Path(named)
    if (home := environ.get("HOME", "")).startswith("/"):
        yield Path(home) / ".cache"
    if os.geteuid() == 0:
        yield _SYSTEM


def _unfit(home: Path, folder: Path, account: Account, *, shared: bool = False) -> str:
    """Why ``folder`` cannot be the cache, in words that follow its name; empty where it can, and then it is there."""
    try:
        if account.ours:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not shared and home.stat().st_uid != os.geteuid():
            return "is below a folder of somebody else"
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700 if account.ours else 0o711)
            folder.chmod(0o700 if account.ours else 0o711)  # whatever the umask
        status = folder.lstat()
    except OSError as problem:
        return f"cannot be made ({problem.strerror})"
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        return "is not a folder that only we can write to"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "cannot be written to"
    if not account.can_pass(folder):
        return f"cannot be passed by {account.name}, as whom the server runs"
    return ""


def _touch(path: Path) -> None:
    os.utime(seal.of(path))


def digest(*parts: str) -> str:
    """Sixteen hexadecimal digits that stand for ``parts``."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
