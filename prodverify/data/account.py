"""Who a server runs as: ourselves, or an unprivileged account that already exists when we are root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

_UNPRIVILEGED = ("postgres", "nobody")  # in this order; accounts are used as they are and never made


class NoAccount(Exception):  # noqa: N818 - the sentence says what the machine lacks
    """We are root, PostgreSQL refuses to run as root, and no unprivileged account exists."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine. ``ours`` means that it is who we are already."""

    uid: int
    gid: int
    name: str
    ours: bool

    def can_enter(self, folder: Path) -> bool:
        """
        Whether this account can read and pass ``folder`` and pass every folder above it.

        Judged by owner, group and mode alone, as POSIX does without access lists; root's own view says nothing here.
        """
        return self.can_pass(folder) and self._may(folder, read=True)

    def can_pass(self, folder: Path) -> bool:
        """Whether this account can reach what is in ``folder`` by name, which needs no right to list it."""
        try:
            inside = folder.resolve(strict=True)
            return all(self._may(each, read=False) for each in (inside, *inside.parents))
        except OSError:
            return False

    def _may(self, folder: Path, *, read: bool) -> bool:
        if self.ours:
            return os.access(folder, os.X_OK | (os.R_OK if read else 0))
        status = folder.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        wanted = stat.S_IXOTH | (stat.S_IROTH if read else 0)
        return (status.st_mode >> shift) & wanted == wanted


def unprivileged() -> Account:
    """Ourselves, or, when we are root, ``postgres`` or else ``nobody``. Raises NoAccount."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), _name(os.geteuid()), ours=True)
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name, ours=False)
    raise NoAccount(
        f"PostgreSQL does not run as root and none of the accounts {' and '.join(_UNPRIVILEGED)} exists: "
        "run as another user, or add one of them."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)  # containers run as numbers that no password file knows
