"""The record of a load run: one case for each objective, the run's own numbers beside them, and Locust's page."""

from __future__ import annotations

import platform
import shlex
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from load import validity
from load.chart import chart, verdict_data
from load.counts import Book
from load.histogram import Histogram
from load.outcome import Circumstances, Objective, facts_of, judge
from load.telling import PRACTICE
from prodverify import __version__
from prodverify.objectives.fingerprint import slos_hash
from prodverify.objectives.judging import promised
from prodverify.record.findings import Finding, Severity, inconclusive
from prodverify.record.run import CaseRecord, RunRecord
from prodverify.record.states import State, state_of
from prodverify.record.verdict import Verdict, decide
from prodverify.record.waivers import Use, WaiverUse, covers, of_use, uses, waiver_for
from prodverify.target.load import Target
from prodverify.target.slos import Slo
from prodverify.wire import clock
from prodverify.wire.readiness import Readiness
from prodverify.wire.run import Run

if TYPE_CHECKING:
    from load.preparation import Prepared

CHECK = "load/locustfile.py::objective"
READINESS = "load/locustfile.py::readiness"
JUDGING = "load/locustfile.py::judging"
MODE = "load"
RUNBOOKS = {State.FAIL: "docs/runbooks/objectives.md", State.INCONCLUSIVE: "docs/load.md"}
"""What to read next: what a broken objective means, or what a run needs so that it says anything."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a load run came to: its record, and the verdict behind it."""

    record: RunRecord
    verdict: Verdict
    objectives: tuple[Objective, ...]
    others: tuple[CaseRecord, ...] = ()


def ending(
    *,
    target: Target,
    run: Run,
    prepared: Prepared,
    book: Book,
    circumstances: Circumstances,
    ready: Readiness | None,
) -> Ending:
    """
    The record and the verdict, from nothing but what was counted and seen. The plan that was ``prepared`` ends where
    the run really did.
    """
    declared, plan = target.promises.load, prepared.plan
    burst_seconds = declared.burst_seconds if declared else 0.0
    now = clock.now()
    unready = ready is not None and not ready.ready
    objectives: tuple[Objective, ...] = ()
    cases: tuple[CaseRecord, ...] = ()
    broke: tuple[CaseRecord, ...] = ()
    load: dict[str, Any]
    try:
        objectives = judge(prepared.slos, plan, book, circumstances, burst_seconds=burst_seconds)
        cases = tuple(_case(one, now - run.started_at) for one in objectives)
        load = _told(target, prepared, book, circumstances, objectives)
    except Exception as trouble:  # noqa: BLE001 - whatever it is, the run was paid for, and its counts are worth more
        broke = (_broke(trouble, circumstances.findings),)
        load = {"broke": traceback.format_exc(), "book": book.as_dict()}
    today = datetime.fromtimestamp(now, UTC).date()
    waived, waiver_uses = _waived((*(_readiness(ready) if unready else cases), *broke), target, today)
    verdict = decide(
        [case.state for case in waived],
        versions_seen=ready.versions if ready else (),
        expired_waivers=of_use(waiver_uses, Use.EXPIRED),
        unneeded_waivers=of_use(waiver_uses, Use.UNNEEDED),
        aborted=circumstances.aborted and not unready,
    )
    promises = target.promises
    record = RunRecord(
        run_id=run.run_id,
        target=target.name,
        target_path=str(target.path),
        target_sha256=target.sha256,
        slos_hash=slos_hash(promises.slos),
        base_url=target.base_url,
        environment=promises.environment,
        owner=promises.owner,
        mode=MODE,
        practice=promises.embedded is not None,
        permits=target.permits.names(),
        collected=len(waived),
        expected=len(waived),
        versions={
            "service": list(ready.versions) if ready else [],
            "prodverify": __version__,
            "python": platform.python_version(),
            "locust": version("locust"),
        },
        started_at=_iso(run.started_at),
        ended_at=_iso(now),
        duration_ms=(now - run.started_at) * 1000.0,
        requests=book.requests,
        budget=prepared.most_requests,
        command=shlex.join(["locust", *sys.argv[1:]]),
        seed=plan.seed,
        checks=waived,
        verdict=verdict.word.value,
        rule=verdict.rule,
        exit_status=verdict.exit_status,
        waivers=waiver_uses,
        notes=(PRACTICE,) if promises.embedded else (),
        aborted=circumstances.aborted,
        load=load,
    )
    shown = () if unready else objectives
    return Ending(record, verdict, shown, waived[len(shown) :])


def _told(
    target: Target, prepared: Prepared, book: Book, circumstances: Circumstances, objectives: tuple[Objective, ...]
) -> dict[str, Any]:
    """``record.load``: what the verdict was taken from, and what the page is drawn from."""
    plan = prepared.plan
    return {
        "objectives": [row for one in objectives for row in rows(one, book)],
        "facts": _flat(prepared, book, circumstances),
        "findings": [finding.as_dict() for finding in validity.findings(plan, book, circumstances)],
        "slos": slos_hash(target.promises.slos),
        "profile": prepared.profile,
        **facts_of(plan, book, circumstances),
        **chart(plan, book, circumstances),
        "judged": {one.slo.name: verdict_data(one) for one in objectives},
    }


def _broke(trouble: Exception, known: tuple[Finding, ...]) -> CaseRecord:
    """The case of a run that could not be judged, or told, by a defect of ours. What was ``known`` before stands."""
    said = f"{type(trouble).__name__}: {trouble}"
    finding = inconclusive(
        "judging-broke",
        "a run that is judged from its counts",
        f"{said}; all that was counted stands in the record as load.book",
        next_step="Report this as a defect, with the record: load.broke in it says where.",
    )
    return CaseRecord(
        id=JUDGING,
        check=JUDGING,
        state=State.FAIL if state_of(known) is State.FAIL else State.ERROR,
        claim="What was counted is judged.",
        findings=(finding, *known),
        reason=said,
    )


def _case(objective: Objective, seconds: float) -> CaseRecord:
    return CaseRecord(
        id=f"{CHECK}[{objective.slo.name}]",
        check=CHECK,
        state=objective.state,
        claim=objective.claim,
        clause=f"slos.{objective.slo.name}",
        findings=objective.findings,
        duration_ms=seconds * 1000.0,
        runbook=RUNBOOKS.get(objective.state, ""),
        facts=_measured(objective),
    )


def _measured(objective: Objective) -> dict[str, Any]:
    """The numbers behind one objective, each with its unit in its name."""
    facts, judged = objective.facts, objective.facts["objective"]
    agreement = facts.get("agreement")
    return {
        "requests": facts["total"],
        "bad": facts["bad"],
        **({"good_percent": judged["observed_percent"]} if facts["total"] else {}),
        "bad_at_least_percent": judged["bad_at_least_percent"],
        "bad_at_most_percent": judged["bad_at_most_percent"],
        "confidence_percent": facts["confidence_percent"],
        **({"threshold_ms": facts["threshold_ms"]} if facts["threshold_ms"] else {}),
        **({"agreement_percent": agreement["percent"], "agreement": agreement["state"]} if agreement else {}),
        **({"more_needed": judged["more_needed"]} if judged["more_needed"] else {}),
        "method": facts["method"],
        "dispersion": facts["dispersion"],
        "burst_events": facts["burst_events"],
        "assumption": facts["assumption"],
    }


def _readiness(ready: Readiness | None) -> tuple[CaseRecord, ...]:
    if ready is None or ready.finding is None:
        return ()
    finding = replace(ready.finding, severity=Severity.INCONCLUSIVE) if ready.ours else ready.finding
    return (
        CaseRecord(
            id=READINESS,
            check=READINESS,
            state=state_of([finding]),
            claim="The service is ready before load is sent.",
            findings=(finding,),
            duration_ms=ready.seconds * 1000.0,
            runbook="docs/runbooks/readiness.md",
        ),
    )


def _waived(
    cases: tuple[CaseRecord, ...], target: Target, today: date
) -> tuple[tuple[CaseRecord, ...], tuple[WaiverUse, ...]]:
    """Failures under a valid waiver are waived. Waivers of other checks are no business of a load run."""
    ours = [one for one in target.promises.waivers if any(covers(one, case.id) for case in cases)]
    kept = []
    for case in cases:
        waiver = waiver_for(case.id, ours, today) if case.state is State.FAIL else None
        kept.append(replace(case, state=State.WAIVED, reason=waiver.reason) if waiver else case)
    return tuple(kept), uses(ours, {case.id: case.state for case in kept}, today)


def rows(objective: Objective, book: Book) -> Iterator[dict[str, Any]]:
    """One objective as the pages show it, and its agreement apart; percentiles are for information."""
    slo, facts = objective.slo, objective.facts
    took = Histogram()
    for name in facts["names"]:
        took.add(book.tally(name).from_due)
    told = took.as_dict().values()
    percentiles = " / ".join(f"{value:.4g}" for value in told if value is not None)
    judged = {"total": facts["total"], "bad": facts["bad"], **facts["objective"]}
    yield {**_row(judged, slo, slo.name, objective.state.value, slo.threshold_ms), "percentiles": percentiles}
    if agreement := facts.get("agreement"):
        state = str(agreement["state"]) if objective.valid else State.INCONCLUSIVE.value
        yield _row(agreement, slo, f"{slo.name} (agreement)", state, agreement["threshold_ms"])


def _row(judged: Mapping[str, Any], slo: Slo, name: str, state: str, threshold_ms: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "state": state,
        "observed": f"{judged['observed_percent']:.4g} % good" if judged["total"] else "nothing",
        "limit": promised(slo, judged["percent"], threshold_ms),
        "n": judged["total"],
        "bad": judged["bad"],
        "bounds": f"{judged['bad_at_least_percent']:.3g} % to {judged['bad_at_most_percent']:.3g} % bad",
        "sentence": judged["sentence"],
    }


def _flat(prepared: Prepared, book: Book, circumstances: Circumstances) -> dict[str, Any]:
    plan = prepared.plan
    reachable = validity.reachable_per_second(plan, book)
    used = [one["cpu_percent"] for one in book.generators if one.get("cpu_percent") is not None]
    return {
        "load": plan.words,
        "ended": circumstances.ended,
        "duration_seconds": plan.duration_seconds,
        "warm_up_seconds": plan.warm_up_seconds,
        "arrivals_planned": plan.total,
        "arrivals_sent": book.sent,
        "requests": book.requests,
        "errors": sum(tally.failed for tally in book.names.values()),
        "limited": sum(tally.limited for tally in book.names.values()),
        "answered_by_others": sum(tally.intercepted for tally in book.names.values()),
        "lag_p99_ms": round(book.lag.percentile(99.0) or 0.0, 2),
        **({"closed_loop_not_judged": sum(one.asked for one in book.asides.values())} if book.asides else {}),
        "lag_limit_ms": book.lag_limit_ms,
        **({"busiest_generator_cpu_percent": max(used)} if used else {}),
        **({"reachable_per_second": reachable} if reachable is not None else {}),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
