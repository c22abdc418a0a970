"""Stores that have Prometheus' API, and answer a range from where their caches begin and end it."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from prodverify.canary.measuring import measure
from prodverify.objectives.counts import Counts
from prodverify.target.slos import Slo, SloMetrics
from prodverify.wire.neighbour import Neighbour
from prodverify.wire.prometheus import Prometheus
from prodverify.wire.redaction import Redactor
from tests.wire.conftest import response

NOW = 1_700_000_123.0
"""No multiple of an hour, which is the length of a block."""
BLOCKS = 720
SLO = Slo(
    name="ours",
    kind="success",
    objective_percent=99.0,
    window_days=30,
    metrics=SloMetrics(requests="answers_total", labels={"job": "ours"}),
)
BEGINS_AND_ENDS = {
    "as asked": lambda start, end, step: (start, end),
    "both down": lambda start, end, step: (start - start % step, end - end % step),
    "down and up": lambda start, end, step: (start - start % step, end + -end % step),
}


def answered(asked, between):
    """A hundred events an hour, of which one is bad."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
    if "query_range" not in asked.target:
        names = re.findall(r'"asked_as", "(\w+)"', query["query"])
        told = {"total": 100 * BLOCKS, "bad": BLOCKS, "now": 1, "alone": 1, "labelled": 1, "then": 1}
        found = [{"metric": {"asked_as": name}, "value": [NOW, str(told[name])]} for name in names if name in told]
        return {"resultType": "vector", "result": found}
    start, end, step = (float(query[name]) for name in ("start", "end", "step"))
    start, end = between(start, end, step)
    value = "1" if "5.." in query["query"] else "100"
    points = [[start + step * number, value] for number in range(int((end - start) / step) + 1)]
    return {"resultType": "matrix", "result": [{"metric": {}, "values": points}]}


@pytest.mark.parametrize("between", BEGINS_AND_ENDS.values(), ids=BEGINS_AND_ENDS.keys())
def test_blocks_are_counted_where_a_cache_begins_and_ends_them(serve, aim, run, between):
    def answer(asked):
        return response(200, json.dumps({"status": "success", "data": answered(asked, between)}).encode())

    target = aim("http://127.0.0.1:9", secrets={"watcher": serve(answer).url})
    neighbour = Neighbour("Prometheus", target, run, address="watcher", token=None, redactor=Redactor(target.secrets))
    window = measure(Prometheus(neighbour), SLO, job=None, at=NOW)
    neighbour.close()
    assert "" == window.blocks_refused
    assert Counts(100 * BLOCKS, BLOCKS) == window.blocks.counts
    assert 1.0 <= window.watched < 1.01
