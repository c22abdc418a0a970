"""One record, many tellings: every report tells the same totals."""

from __future__ import annotations

import json

from hypothesis import given, settings

from prodverify.record.run import RunRecord
from reports import junit, metrics, page, summary, terminal
from tests.evidence import totals
from tests.record.records import records
from tests.record.sample import many, one_of_each


def assert_told_alike(record: RunRecord) -> None:
    written = json.dumps(record.as_dict())
    html, xml = page.render(record), junit.render(record)

    expected = record.counts
    assert expected == totals.of_json(written)
    assert expected == totals.of_json_cases(written)
    assert expected == totals.of_page(html)
    assert expected == totals.of_page_promises(html)
    assert expected == totals.of_junit(xml)
    assert expected == totals.of_junit_cases(xml)
    assert expected == totals.of_summary(summary.render(record))
    assert expected == totals.of_metrics(metrics.render(record))
    assert expected == totals.of_terminal(terminal.counts_line(record))
    outcomes = (
        sum(expected.values()),
        expected["fail"],
        expected["inconclusive"] + expected["error"],
        expected["waived"] + expected["not_run"],
    )
    assert outcomes == totals.junit_outcomes(xml)


def test_a_case_of_each_state_is_told_alike() -> None:
    assert_told_alike(one_of_each())


def test_what_a_page_leaves_out_it_still_counts() -> None:
    assert_told_alike(many(5000, 1200))


@settings(derandomize=True, max_examples=80, deadline=None)
@given(records())
def test_any_record_is_told_alike(record: RunRecord) -> None:
    assert_told_alike(record)
