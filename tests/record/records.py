"""Records that Hypothesis makes up, hostile text included."""

from __future__ import annotations

from hypothesis import strategies as st

from prodverify.record.findings import Finding, Severity
from prodverify.record.roster import Comparison
from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State
from prodverify.record.verdict import decide
from prodverify.record.waivers import check_of
from tests.record.sample import exchange, run

HOSTILE = (
    "<script>alert(1)</script>",
    "]]>&amp;<![CDATA[",
    "</pre></details>{{ 7*7 }}{% raw %}",
    "a\x00b\x1b[31mred\x7f",
    "half \ud800 pair",
    "left \u202e thgir \ufffe",
    "| table | `code` **bold** [link](javascript:alert(1))",
    "\r\n::error::no\n<!-- -->",
    "' onmouseover='alert(1)' \"",
)

TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=40), st.just(""))
FINDINGS = st.builds(Finding, st.sampled_from(Severity), TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
FACTS = st.dictionaries(
    st.sampled_from(["rto_seconds", "n", "tables", "stages_seconds", "odd", "objective"]),
    st.one_of(TEXTS, st.floats(), st.integers(), st.none(), st.booleans(), st.lists(TEXTS, max_size=2)),
    max_size=3,
)
EXCHANGES = st.builds(
    lambda path, body, status: exchange(path, status, body=body, headers=[["x", path]]),
    TEXTS,
    TEXTS,
    st.integers(100, 599),
)


@st.composite
def cases(draw: st.DrawFn) -> CaseRecord:
    promise = draw(st.sampled_from(["health", "auth", "headers"]))
    number = draw(st.integers(0, 10**6))
    case_id = f"checks/test_{promise}.py::test_one[{draw(TEXTS)}-{number}]"
    return CaseRecord(
        id=case_id,
        check=check_of(case_id),
        state=draw(st.sampled_from(State)),
        claim=draw(TEXTS),
        clause=draw(TEXTS),
        findings=tuple(draw(st.lists(FINDINGS, max_size=2))),
        duration_ms=draw(st.floats(0, 1e6)),
        exchanges=tuple(draw(st.lists(EXCHANGES, max_size=2))),
        reason=draw(TEXTS),
        runbook=draw(st.one_of(TEXTS, st.just("docs/runbooks/headers.md"), st.just("javascript:alert(1)"))),
        facts=draw(FACTS),
        retried=draw(st.booleans()),
    )


@st.composite
def records(draw: st.DrawFn) -> RunRecord:
    made = draw(st.lists(cases(), max_size=6))
    narrowed = draw(st.booleans())
    missing = draw(st.lists(TEXTS, max_size=1))
    verdict = decide([case.state for case in made], narrowed=narrowed, roster_missing=missing)
    return run(
        made,
        verdict=verdict.word.value,
        rule=verdict.rule,
        exit_status=verdict.exit_status,
        narrowed=narrowed,
        requests=draw(st.integers(0, 10**6)),
        roster=Comparison(True, tuple(missing), ()),
        notes=tuple(draw(st.lists(TEXTS, max_size=2))),
        owner=draw(TEXTS),
    )
