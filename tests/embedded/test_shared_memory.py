"""However PostgreSQL is ended, it gives back its shared memory, which lies outside every folder of ours."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache
from prodverify.data.server import ClusterError, choose_place, prepare
from prodverify.data.supervisor import Supervisor
from prodverify.wire import clock
from tests.embedded.owner import Owner

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what memory a process shares")


def held(pids: Iterable[int]) -> set[str]:
    """Numbers of System V segments and paths of POSIX ones that these processes have mapped."""
    found = set()
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                _, _, _, _, number, *path = line.split()
                if path and path[0].startswith("/SYSV"):
                    found.add(number)
                elif path and path[0].startswith("/dev/shm/PostgreSQL."):
                    found.add(path[0])
    return found


def left(segments: Iterable[str]) -> list[str]:
    """Those that are still there."""
    numbers = {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()}
    return sorted(each for each in segments if each in numbers or os.path.exists(each))


def test_an_initdb_that_is_ended_gives_back_what_its_servers_shared(found: Binaries, cache: Cache) -> None:
    supervisor = Supervisor.start(cache.ledgers)
    server = prepare(supervisor, cache.reachable(found), cache.account, choose_place(cache.account))

    def make() -> None:
        with suppress(ClusterError):
            server.make()

    def shared() -> set[str] | None:
        if not server.log.exists() or "running bootstrap" not in server.log.read_text():
            return None
        return held(child.pid for child in psutil.Process(supervisor.pid).children(recursive=True)) or None

    making = threading.Thread(target=make)
    making.start()
    try:
        segments = clock.poll(shared, within_seconds=30.0, every_seconds=0.005, what="initdb runs a server")
    finally:
        supervisor.stop()
        making.join()

    assert left(segments) == []
    assert not server.place.exists()


@pytest.mark.parametrize("name", ["owner", "supervisor"])
def test_a_server_whose_owner_or_supervisor_is_killed_gives_back_what_it_shared(
    start_owner: Callable[..., Owner], template: Path, name: str
) -> None:
    owner = start_owner("cluster", str(template))
    segments = held([owner.owned["postgres"].pid])

    owner.kill(name, signal.SIGKILL)
    owner.process.communicate()

    assert segments
    assert owner.has_gone()
    assert left(segments) == []
