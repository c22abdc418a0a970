"""A measurement has the room alone."""

import multiprocessing
import os
import signal
import time

from prodverify.wire import clock, quiet


def _chatter(folder, entered, stop):
    while not stop.is_set():
        with quiet.asking(folder):
            entered.value += 1
            time.sleep(0.02)


def _hold(folder, inside, alone):
    with quiet.alone(folder) if alone else quiet.asking(folder):
        inside.set()
        time.sleep(60)


def start(target, *args):
    process = multiprocessing.get_context("fork").Process(target=target, args=args)
    process.start()
    return process


def test_a_measurement_is_neither_disturbed_nor_starved(run):
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    counts = [context.Value("i", 0, lock=False) for _ in range(8)]
    workers = [start(_chatter, run.folder, count, stop) for count in counts]
    try:
        clock.poll(lambda: all(count.value > 2 for count in counts) or None, within_seconds=10, what="they all talk")
        started = time.monotonic()
        with quiet.alone(run.folder):
            entered_after = time.monotonic() - started
            before = [count.value for count in counts]
            time.sleep(0.15)
            after = [count.value for count in counts]
            with quiet.asking(run.folder):  # a measurement asks, too
                pass
        assert before == after
        assert entered_after < 1.0
        clock.poll(
            lambda: all(now.value > then for now, then in zip(counts, after, strict=True)) or None,
            within_seconds=10,
            what="they talk on",
        )
    finally:
        stop.set()
        for worker in workers:
            worker.join(10)


def test_requests_share_the_room(run):
    context = multiprocessing.get_context("fork")
    inside = context.Event()
    other = start(_hold, run.folder, inside, False)
    try:
        assert inside.wait(10)
        started = time.monotonic()
        with quiet.asking(run.folder):
            assert time.monotonic() - started < 0.5
    finally:
        other.kill()
        other.join(10)


def test_a_killed_process_lets_go_and_the_wait_is_declared(run):
    context = multiprocessing.get_context("fork")
    inside = context.Event()
    other = start(_hold, run.folder, inside, True)
    assert inside.wait(10)
    killer = start(_kill_later, other.pid)
    before = clock.waited_seconds()
    with quiet.asking(run.folder):
        assert 0.1 < clock.waited_seconds() - before < 5
    for process in (other, killer):
        process.join(10)


def _kill_later(pid):
    time.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
