"""What a rule that looks after every event does with independent events: exactly, not by chance."""

from dataclasses import dataclass

import pytest

from prodverify.objectives.counts import Counts


@dataclass(frozen=True)
class Outcome:
    """Probabilities of a pass and of a fail within so many looks, and the mean number of events until a verdict."""

    passed: float
    failed: float
    mean_events: float


def _look_each(passes, fails, *, bad_share, most):
    """
    The outcome of a rule over ``most`` events, by the distribution of the number of bad ones that are still undecided.

    ``passes(counts)`` and ``fails(counts)`` must each hold for all smaller, or larger, numbers of bad events too.
    """
    undecided, passed, failed, mean = {0: 1.0}, 0.0, 0.0, 0.0
    for total in range(1, most + 1):
        following = {}
        for bad, chance in undecided.items():
            following[bad] = following.get(bad, 0.0) + chance * (1.0 - bad_share)
            following[bad + 1] = following.get(bad + 1, 0.0) + chance * bad_share
        order = sorted(following)
        while order and passes(Counts(total, order[0])):
            done = following.pop(order.pop(0))
            passed, mean = passed + done, mean + done * total
        while order and fails(Counts(total, order[-1])):
            done = following.pop(order.pop())
            failed, mean = failed + done, mean + done * total
        undecided = {bad: chance for bad, chance in following.items() if chance > 1e-12}
    return Outcome(passed, failed, mean + sum(undecided.values()) * most)


@pytest.fixture(scope="session")
def look_each():
    """Looks after every event; returns the Outcome."""
    return _look_each
