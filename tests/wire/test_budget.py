"""All workers of a run spend from one account, at one pace."""

import multiprocessing
import time

import pytest

from prodverify.wire import clock
from prodverify.wire.budget import Budget
from prodverify.wire.unjudged import Refused


def _spender(folder, requests, rate, go, answers):
    budget = Budget(folder, requests=requests, rate_per_second=rate)
    go.wait(10)
    sent = []
    try:
        while True:
            budget.spend()
            sent.append(time.monotonic())
    except Refused:
        answers.put(sent)


@pytest.mark.parametrize(("requests", "rate"), [(500, 1e6), (60, 100.0)])
def test_four_processes_never_spend_one_too_many_nor_too_fast(run, requests, rate):
    context = multiprocessing.get_context("fork")
    go, answers = context.Event(), context.Queue()
    workers = [context.Process(target=_spender, args=(run.folder, requests, rate, go, answers)) for _ in range(4)]
    for worker in workers:
        worker.start()
    started = time.monotonic()
    go.set()
    sent = sorted(moment for _ in workers for moment in answers.get(timeout=20))
    for worker in workers:
        worker.join(10)
    assert requests == len(sent) == Budget(run.folder, requests=requests, rate_per_second=rate).spent
    # The n-th request is never before its moment.
    assert all(moment - started >= (number - 1) / rate - 0.005 for number, moment in enumerate(sent))


def test_a_spent_budget_says_what_to_do(run):
    budget = Budget(run.folder, requests=1, rate_per_second=1000.0)
    budget.spend()
    with pytest.raises(Refused, match=r"at most 1 requests in one run; .*Raise requests in \[asking\]"):
        budget.spend()
    assert budget.spent == 1


def test_waiting_for_the_pace_is_declared(run):
    budget = Budget(run.folder, requests=9, rate_per_second=20.0)
    before = clock.waited_seconds()
    for _ in range(3):
        budget.spend()
    assert 0.09 < clock.waited_seconds() - before < 0.3


def test_idle_time_is_not_saved_up(run):
    budget = Budget(run.folder, requests=9, rate_per_second=20.0)
    budget.spend()
    clock.sleep(0.2, "an idle worker")
    started = time.monotonic()
    for _ in range(3):
        budget.spend()
    assert time.monotonic() - started > 0.09


def test_a_request_costs_little(run):
    budget = Budget(run.folder, requests=10**9, rate_per_second=1e9)
    started = time.perf_counter()
    for _ in range(2000):
        budget.spend()
    assert (time.perf_counter() - started) / 2000 < 200e-6  # 7 us on an idle machine


def test_a_burst_counts_and_does_not_wait_for_the_pace(run):
    budget = Budget(run.folder, requests=21, rate_per_second=2.0)
    started = time.monotonic()
    budget.spend()
    for _ in range(20):
        budget.spend(paced=False)
    assert time.monotonic() - started < 0.4
    with pytest.raises(Refused, match="21 requests were sent"):
        budget.spend(paced=False)
