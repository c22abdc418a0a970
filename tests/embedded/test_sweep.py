"""A sweep ends what nobody owns any more, and nothing else."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodverify.data.cache import Cache
from prodverify.data.ledger import Ledger
from prodverify.data.process import Process, identify
from prodverify.data.sweep import Swept, sweep


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until it is ended."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def folder(cache_home: Path) -> Path:
    """A folder of ours with a file in it."""
    folder = cache_home / "left"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("18\n")
    return folder


def left_behind(cache: Cache, *, folder: Path | None = None, process: Process | None = None) -> Path:
    """The ledger of an owner that was killed."""
    ledger = Ledger.create(cache.ledgers)
    if folder:
        ledger.note_folder(folder)
    if process:
        ledger.note_process(process)
    ledger.close()
    return ledger.path


def test_what_was_left_is_ended_and_removed(cache: Cache, folder: Path, sleeper: subprocess.Popen[bytes]) -> None:
    ledger = left_behind(cache, folder=folder, process=identify(sleeper.pid))

    assert sweep(cache.ledgers) == Swept(runs=1, processes=1, folders=1)
    assert (sleeper.wait(), folder.exists(), ledger.exists()) == (-9, False, False)


def test_a_process_that_has_the_number_of_one_that_is_gone_lives_on(
    cache: Cache, sleeper: subprocess.Popen[bytes]
) -> None:
    left_behind(cache, process=Process(sleeper.pid, "long ago"))

    assert sweep(cache.ledgers) == Swept(runs=1)
    assert sleeper.poll() is None


def test_what_has_an_owner_is_left_alone(cache: Cache, folder: Path) -> None:
    ledger = Ledger.create(cache.ledgers)
    ledger.note_folder(folder)

    assert sweep(cache.ledgers) == Swept()
    assert folder.exists()
    ledger.settle()


def test_a_link_is_not_followed(cache: Cache, folder: Path, cache_home: Path) -> None:
    link = cache_home / "link"
    link.symlink_to(folder)
    left_behind(cache, folder=link)

    assert sweep(cache.ledgers) == Swept(runs=1)
    assert (folder / "data" / "PG_VERSION").exists()


@pytest.mark.parametrize("line", [b'{"folder": "/', b"\0\0\0\0\n", b"\xff\n", b"17\n"])
def test_a_line_that_is_no_fact_is_passed_over(cache: Cache, folder: Path, line: bytes) -> None:
    path = left_behind(cache, folder=folder)
    path.write_bytes(path.read_bytes() + line)

    assert sweep(cache.ledgers) == Swept(runs=1, folders=1)


def test_a_draft_is_forgotten_once_it_is_old(cache: Cache) -> None:
    old, new = cache.ledgers / "old.draft", cache.ledgers / "new.draft"
    for draft in (old, new):
        draft.touch()
    os.utime(old, (0, 0))

    sweep(cache.ledgers)

    assert [path.name for path in cache.ledgers.iterdir()] == ["new.draft"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that is somebody else's")
def test_a_folder_of_somebody_else_is_not_removed(cache: Cache) -> None:
    with tempfile.TemporaryDirectory() as foreign:
        os.chown(foreign, 12345, 12345)
        left_behind(cache, folder=Path(foreign))

        assert sweep(cache.ledgers) == Swept(runs=1)
        assert Path(foreign).exists()


def test_a_process_is_known_by_its_number_and_its_start(sleeper: subprocess.Popen[bytes]) -> None:
    process = identify(sleeper.pid)

    assert process.alive()
    assert not Process(process.pid, "long ago").alive()
    assert process.end(5.0)
    assert not process.alive()
    assert not process.end(5.0)
