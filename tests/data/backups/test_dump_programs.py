"""A server is dumped by the pg_dump of its own major version, or else by the nearest newer one."""

import shutil

import pytest

from prodverify.data import binaries
from prodverify.data.binaries import BinariesMissing, find_dumping


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Only these versions are installed, with nothing but pg_dump."""

    def install(*versions):
        folders = []
        for version in versions:
            folder = tmp_path / version / "bin"
            folder.mkdir(parents=True)
            (folder / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version} (of nobody)'\n")
            (folder / "pg_dump").chmod(0o755)
            folders.append(folder)
        monkeypatch.setattr(binaries, "_system", lambda: iter(folders))
        monkeypatch.setattr(binaries, "_package", lambda: iter(()))

    return install


@pytest.mark.parametrize(
    ("server", "expected"), [(13, "14.1"), (14, "14.1"), (15, "15.10"), (16, "17.2"), (17, "17.2"), (18, "18.0")]
)
def test_the_servers_own_major_comes_first_and_then_the_nearest_newer_one(installed, server, expected):
    installed("18.0", "14.1", "15.9", "15.10", "17.2")

    assert expected == find_dumping(server).version


def test_one_that_is_older_than_the_server_is_no_use_and_the_sentence_says_what_to_install(installed):
    installed("14.1", "15.9")

    with pytest.raises(
        BinariesMissing, match=r"version 17 or newer, and what was found is 14\.1 in .*, 15\.9 in .*"
    ) as told:
        find_dumping(17)
    assert "install your system's client programs of PostgreSQL 17, or name their folder as binaries" in str(told.value)


def test_none_at_all_is_told(installed, tmp_path):
    installed()

    with pytest.raises(BinariesMissing, match="what was found is none: install"):
        find_dumping(17)
    with pytest.raises(BinariesMissing, match=f"what was found is none in {tmp_path}: install"):
        find_dumping(17, str(tmp_path))


def test_a_named_folder_is_used_alone(installed, tmp_path):
    installed("16.1", "17.2")

    assert find_dumping(16, str(tmp_path / "17.2" / "bin")).version == "17.2"
    with pytest.raises(BinariesMissing, match=r"17 or newer, and what was found is 16\.1"):
        find_dumping(17, str(tmp_path / "16.1" / "bin"))


def test_programs_of_this_machine_are_told_apart_by_major(programs):
    own, newer = find_dumping(programs.major), find_dumping(18)

    assert programs.folder == own.folder
    assert newer.major == 18


def test_a_pg_dump_on_the_path_is_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "_SYSTEM", ())
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 99.1'\n")
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{shutil.which('sh').removesuffix('/sh')}")

    assert (tmp_path, "99.1") == (find_dumping(99).folder, find_dumping(99).version)
