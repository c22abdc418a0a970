"""However a run ends, nothing of it is left."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from prodverify.data.cache import Cache
from prodverify.data.sweep import Swept, sweep
from prodverify.wire import clock
from tests.embedded.owner import Owner

Start = Callable[..., Owner]

kernel_signals = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's end")


def answers(owner: Owner) -> bool:
    with psycopg.connect(owner.facts["dsn"]) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_a_run_that_ends_leaves_nothing(start_owner: Start, template: Path, cache: Cache) -> None:
    owner = start_owner("cluster", str(template))
    assert answers(owner)

    owner.process.communicate()

    assert owner.process.returncode == 0
    assert owner.left() == []
    assert list(cache.ledgers.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_an_owner_that_is_killed_leaves_nothing(
    start_owner: Start, template: Path, cache: Cache, number: signal.Signals
) -> None:
    owner = start_owner("cluster", str(template))

    owner.kill("owner", number)

    assert owner.process.wait() == -number
    assert owner.has_gone()
    assert list(cache.ledgers.iterdir()) == []


def test_ctrl_c_reaches_the_owner_alone_and_then_nothing_is_left(start_owner: Start, template: Path) -> None:
    owner = start_owner("cluster", str(template))
    groups = {name: os.getpgid(process.pid) for name, process in owner.owned.items()}

    os.killpg(owner.process.pid, signal.SIGINT)

    assert owner.process.pid not in groups.values()
    assert owner.has_gone()


def test_an_owner_whose_child_holds_its_files_is_missed_all_the_same(start_owner: Start, template: Path) -> None:
    owner = start_owner("cluster", str(template), "fork")

    owner.kill("owner")

    assert owner.has_gone(but="bystander")
    assert owner.left() == ["bystander"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_supervisor_that_is_asked_to_end_leaves_nothing(
    start_owner: Start, template: Path, number: signal.Signals
) -> None:
    owner = start_owner("cluster", str(template))

    owner.kill("supervisor", number)

    assert owner.has_gone()


@kernel_signals
def test_a_supervisor_that_is_killed_takes_the_server_along_and_its_owner_sweeps(
    start_owner: Start, template: Path, cache: Cache
) -> None:
    owner = start_owner("cluster", str(template))

    owner.kill("supervisor")
    owner.process.communicate()

    assert owner.process.returncode == 0
    assert owner.has_gone()
    assert list(cache.ledgers.iterdir()) == []


@kernel_signals
def test_what_is_left_when_owner_and_supervisor_are_killed_is_swept_by_the_next_run(
    start_owner: Start, template: Path, cache: Cache
) -> None:
    owner = start_owner("cluster", str(template))
    os.kill(owner.process.pid, signal.SIGSTOP)
    owner.kill("supervisor")
    owner.kill("owner")
    owner.process.wait()

    def swept_something() -> Swept | None:
        found = sweep(cache.ledgers)
        return found if found.runs else None

    # The kernel takes a moment to end what it was told to kill; until then the run is not left over.
    swept = clock.poll(swept_something, within_seconds=10, what="the sweep finds what is left")

    assert (swept.runs, swept.folders) == (1, 1)
    assert owner.has_gone()
    assert list(cache.ledgers.iterdir()) == []
    assert Swept() == sweep(cache.ledgers)


def test_runs_side_by_side_do_not_disturb_each_other(start_owner: Start, template: Path, cache: Cache) -> None:
    one, other = start_owner("cluster", str(template)), start_owner("cluster", str(template))

    one.kill("owner")
    assert one.has_gone()

    assert Swept() == sweep(cache.ledgers)
    assert answers(other)
    assert other.left() != []
