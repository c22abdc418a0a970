"""Failures that come in bursts tell less than as many that come one by one; how much less is measured over blocks."""

import pytest

from prodverify.objectives import dispersion
from prodverify.objectives.counts import NOTHING, Counts


def blocks(*bad, total=10):
    return [Counts(total, each) for each in bad]


def test_the_inflation_is_that_of_the_formula():
    # 10 blocks of 10, all 10 bad ones in one: p = 0.1, sum (b - 1)^2 = 81 + 9 = 90 and 10 / 9 * 90 / (100 * 0.09) =
    # 100 / 9, times (t_9 / t_99)^2 = (1.833113 / 1.660391)^2.
    expected = 100 / 9 * (1.833113 / 1.660391) ** 2
    assert pytest.approx(expected, rel=1e-5) == dispersion.measured(blocks(10, *[0] * 9), 0.95)


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 6.313752), (9, 1.833113), (17, 1.739607), (1_000_000, 1.644855)])
def test_published_quantiles_are_reproduced(freedom, quantile):
    assert pytest.approx(quantile, abs=2e-6) == dispersion._quantile(freedom, 0.95)


def test_evenly_spread_failures_are_as_good_as_independent_ones():
    assert dispersion.measured(blocks(*[1] * 100), 0.95) == 1.0


@pytest.mark.parametrize(
    "seen", [[], [NOTHING] * 50, blocks(*[0] * 50), blocks(*[10] * 50), blocks(*[10, 0] * 4), blocks(1, *[0] * 50)]
)
def test_where_nothing_can_be_told_nothing_is_widened(seen):
    assert dispersion.measured(seen, 0.95) == 1.0


def test_a_burst_longer_than_a_block_shows_in_longer_ones():
    whole = [0] * 40 + [1] * 16 + [0] * 584
    one_by_one = dispersion.measured([Counts(1, bad) for bad in whole], 0.95)
    scattered = dispersion.measured([Counts(1, bad) for bad in ([1] + [0] * 39) * 16], 0.95)
    assert one_by_one > 12.0
    assert scattered < 1.01


def test_empty_blocks_keep_their_place_in_time():
    busy = blocks(10, *[0] * 15)
    spread = [block for pair in zip(busy, [NOTHING] * 16, strict=True) for block in pair]
    assert pytest.approx(dispersion.measured(busy, 0.95)) == dispersion.measured(spread, 0.95)


def test_blocks_may_differ_in_size():
    uneven = [Counts(size, size // 10) for size in (10, 40, 20, 0, 100, 10, 10, 50, 30, 10, 10, 20)]
    assert dispersion.measured(uneven, 0.95) == 1.0
