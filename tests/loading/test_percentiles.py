"""Locust's own tables read as ours do, and never better than the truth."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

_COUNTED = """
import json, math, random
from locust import stats
from load import percentiles

percentiles.install([50.0, 478.0, 1200.0])
seeded = random.Random(1)
drawn = [seeded.lognormvariate(3.0, 2.0) for _ in range(1_999)]
edges = {ms: stats.bucket_response_time(ms) for ms in (49.99, 50.0, 50.01, 477.9, 478.0, 478.1, 1199.0, 1200.0, 1201.0)}
entry = stats.StatsEntry(stats.RequestStats(), "list", "GET")
for ms in drawn:
    entry.log(ms, 0)
shown = {percent: entry.get_response_time_percentile(percent / 100.0) for percent in (50, 95, 99)}
print(json.dumps({
    "worst": max(stats.bucket_response_time(ms) / ms for ms in drawn if ms > 0.2),
    "best": min(stats.bucket_response_time(ms) / ms for ms in drawn),
    "edges": list(edges.items()),
    "shown": shown,
    "true": {percent: sorted(drawn)[math.ceil(1_999 * percent / 100) - 1] for percent in shown},
}))
"""
_WITHOUT = """
from locust import stats
from load import percentiles

del stats.bucket_response_time
try:
    percentiles.install([50.0])
except percentiles.MissingHook as missing:
    print(missing)
"""


def said(code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout


def test_locusts_tables_are_never_below_the_truth_and_have_an_edge_at_each_threshold():
    counted = json.loads(said(_COUNTED))
    assert 1.0 <= counted["best"] <= counted["worst"] <= 1.01
    for true, shown in counted["edges"]:
        threshold = min(1200.0, 478.0, 50.0, key=lambda edge: abs(edge - true))
        assert (shown <= threshold) == (true <= threshold)
    for percent, true in counted["true"].items():
        assert true <= counted["shown"][percent] == pytest.approx(true, rel=0.01)


def test_a_locust_that_cannot_count_so_is_refused_with_words():
    assert "install 2.43.4 or later" in said(_WITHOUT)
