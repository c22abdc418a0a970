"""The past of a stage: samples in order, up to now, and histograms whose buckets only grow."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from fixtures.relay import past

NOW = 1_795_000_000.7


def test_samples_reach_from_thirty_days_ago_to_just_now():
    times = past.moments(NOW)

    assert (1_795_000_000 - 2 - 30 * 86_400, 1_795_000_000 - 2) == (times[0], times[-1])
    assert {3600, 300, 60} == {later - earlier for earlier, later in pairwise(times)}


@pytest.fixture(scope="module")
def newest():
    """The newest value of each series."""
    told = "".join(past.text(NOW, "127.0.0.1:1", "relay")).splitlines()
    stamp = f" {past.moments(NOW)[-1]}"
    lines = [line for line in told if line.startswith("#") or line.endswith(stamp)]
    families = text_string_to_metric_families("\n".join(lines) + "\n")
    return [sample for family in families for sample in family.samples]


def test_every_series_has_the_labels_of_the_scrape(newest):
    assert {("127.0.0.1:1", "relay")} == {(one.labels["instance"], one.labels["job"]) for one in newest}
    assert {"up", "http_requests_total"} <= {one.name for one in newest}


def test_buckets_grow_to_the_count(newest):
    name = "http_request_duration_seconds"
    of = [one for one in newest if one.name in (f"{name}_bucket", f"{name}_count")]
    key = lambda one: (one.labels["path"], one.labels["status"])  # noqa: E731 - for both sorting and grouping
    for _, series in groupby(sorted(of, key=key), key):
        values = [one.value for one in series]
        assert values == sorted(values)
        assert values[-1] == values[-2]


def test_one_in_ten_thousand_is_an_error_and_as_many_are_slow(newest):
    told = {
        (one.name.rpartition("_")[2], one.labels["status"], one.labels.get("le")): one.value
        for one in newest
        if one.labels.get("path") == "/audit"
    }
    total = past.DAYS * 86_400 * past.REQUESTS_PER_SECOND

    assert (total, int(total / 10_000)) == (told["total", "200", None], told["total", "500", None])
    assert total - int(total / 10_000) == told["bucket", "200", "0.25"]
    assert total == told["bucket", "200", "0.5"]
