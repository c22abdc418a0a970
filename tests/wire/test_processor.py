"""Waiting for a processor is told apart from all other waiting."""

import os
import subprocess
import sys
import time

import pytest

from prodverify.wire.processor import Waits

BUSY = "while True: pass"

if not os.path.exists("/proc/thread-self/schedstat"):
    pytest.skip("this system does not tell", allow_module_level=True)


@pytest.fixture
def crowded():
    """Two processes that want the one processor that they may use."""
    one = {min(os.sched_getaffinity(0))}
    started = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    for each in started:
        os.sched_setaffinity(each.pid, one)
    yield [each.pid for each in started]
    for each in started:
        each.kill()
        each.wait()


def test_processes_that_share_a_processor_wait_for_it(crowded):
    waits, waited, until = Waits(crowded), 0.0, time.monotonic() + 20.0
    while waited < 20.0 and time.monotonic() < until:
        time.sleep(0.02)
        waited += waits.since_ms()
    assert waited >= 20.0


def test_children_count_with_their_parent(crowded):
    assert len(Waits([os.getpid()])._told) >= 1 + 1 + len(crowded)


def test_a_process_that_is_gone_waits_for_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert Waits([gone.pid]).since_ms() >= 0.0
