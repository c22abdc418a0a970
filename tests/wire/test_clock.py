"""Waiting has a reason, an end and an account."""

import time

import pytest

from prodverify.wire import clock
from prodverify.wire.run import Run


def test_a_poll_gives_the_first_answer():
    answers = iter([None, None, 7])
    assert clock.poll(lambda: next(answers), within_seconds=5, what="seven came", every_seconds=0.001) == 7


def test_falsehood_is_an_answer():
    assert clock.poll(lambda: 0, within_seconds=0, what="anything came") == 0


def test_a_poll_ends_in_time_and_says_what_did_not_happen():
    before, started = clock.waited_seconds(), time.monotonic()
    with pytest.raises(clock.NotInTime, match=r"the delivery arrived did not happen within 0.1 s") as caught:
        clock.poll(lambda: None, within_seconds=0.1, what="the delivery arrived")
    assert (caught.value.what, caught.value.within_seconds) == ("the delivery arrived", 0.1)
    assert 0.1 <= time.monotonic() - started < 0.4
    assert 0.08 < clock.waited_seconds() - before < 0.4


def test_waiting_inside_waiting_counts_once():
    before = clock.waited_seconds()
    with clock.waiting("the outer reason"):
        clock.sleep(0.05, "the inner reason")
    assert 0.05 <= clock.waited_seconds() - before < 0.09


def test_no_wait_is_no_wait():
    before = clock.waited_seconds()
    clock.sleep(0, "nothing")
    clock.sleep(-1, "nothing")
    assert before == clock.waited_seconds()


def test_a_run_is_private_sortable_and_crosses_processes(tmp_path):
    run = Run.begin(tmp_path / "new")
    assert run == Run.from_dict(run.as_dict())
    assert run.folder.stat().st_mode & 0o777 == 0o700
    assert tmp_path / "new" == run.folder.parent
    later = Run("20991231T000000Z-00000000", run.folder, run.started_at + 1)
    assert [run.run_id, later.run_id] == sorted([later.run_id, run.run_id])
    assert run.run_id != Run.begin(tmp_path).run_id
    assert 99 < run.remaining_seconds(100) <= 100
    run.remove()
    assert not run.folder.exists()
