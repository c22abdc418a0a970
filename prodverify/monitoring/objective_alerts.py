"""
The alerts of one objective: its budget is spent too fast, too many events are bad, or nothing is measured at all.

Each waits for ``min_events`` in the window that it looks at: one failure of ten is no burning budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from prodverify.monitoring import sli
from prodverify.monitoring.promql import duration, number
from prodverify.monitoring.recording import BASE_SECONDS, EVENTS, SHARE, recorded
from prodverify.monitoring.rule import Alert, Trial
from prodverify.monitoring.samples import Phase, above, below, sampled
from prodverify.monitoring.telling import SHARE as MEASURED
from prodverify.monitoring.telling import Speaker, camel, percent
from prodverify.objectives.burn import DAY, budget, burns, limit, rate
from prodverify.target.slos import Burn, PlainAlert, Severity, Slo

STREAK, STREAK_SECONDS, STREAK_SHARE = "HighErrorStreak", 180, 0.1
"""SPEC O6: more than 10 % errors for 3 minutes."""
WITHOUT_DATA_SECONDS = 1800
_LONGEST_LOOK = 300
"""A plain alert counts within five minutes, however long the share must stay: so it begins soon after its cause."""
_HALF = 0.5
_QUICK, _QUICKER = 1800, 900
"""Windows whose trials evaluate the rules at every value, and those that are tried in more than two ways."""
_LONGEST_BRIEF = 21_600
"""A longer one would be evaluated too often."""
_SELDOM = 240
"""Seconds between two evaluations of the others: less than Prometheus looks back for a recorded value."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain alert with all that its file leaves out."""

    name: str
    limit: float
    slo: Slo
    """The objective, with the alert's own threshold."""
    own_threshold: bool
    for_seconds: int
    severity: Severity

    @property
    def window(self) -> int:
        """Seconds within which events are counted."""
        return min(self.for_seconds, _LONGEST_LOOK)


def plain_alerts(slo: Slo, breach_seconds: int) -> tuple[Plain, ...]:
    """The plain alerts of ``slo``: those that its file states, or one for the objective and one for the agreement."""
    what = "Latency" if slo.kind == "latency" else "ErrorRate"
    stated = slo.alerts
    if stated is None:
        stated = (PlainAlert(), *_of_agreement(slo, what))
    return tuple(_plain(alert, slo, f"{camel(slo.name)}{what}High", breach_seconds) for alert in stated)


def windows(slo: Slo, breach_seconds: int) -> set[int]:
    """The windows, in seconds, whose recorded series the alerts of ``slo`` look at."""
    plain = {alert.window for alert in plain_alerts(slo, breach_seconds) if not alert.own_threshold}
    burnt = {seconds for burn in burns(slo) for seconds in (burn.long_seconds, burn.short_seconds)}
    streak = {STREAK_SECONDS} if slo.kind == "success" else set()
    return {BASE_SECONDS} | plain | burnt | streak


def waiting(slo: Slo, breach_seconds: int) -> set[int]:
    """The windows, in seconds, within which alerts of ``slo`` that can fire at all wait for ``min_events``."""
    plain = {alert.window for alert in plain_alerts(slo, breach_seconds) if alert.limit < 1}
    burnt = {burn.long_seconds for burn in burns(slo) if limit(burn, slo) < 1}
    return plain | burnt | ({STREAK_SECONDS} if slo.kind == "success" else set())


def objective_alerts(slo: Slo, speaker: Speaker) -> Iterator[Alert]:
    """All alerts of ``slo``. One that could never fire is not among them: lint says so."""
    for plain in plain_alerts(slo, speaker.monitoring.breach_seconds):
        if plain.limit < 1:
            yield _plain_alert(plain, speaker)
    if slo.kind == "success":
        yield _streak(slo, speaker)
    for burn in burns(slo):
        if limit(burn, slo) < 1:
            yield _burn_alert(burn, slo, speaker)
    yield _without_data(slo, speaker)


def _of_agreement(slo: Slo, what: str) -> tuple[PlainAlert, ...]:
    if slo.agreement_percent is None and slo.agreement_threshold_ms is None:
        return ()
    bad_percent = None if slo.agreement_percent is None else 100 - slo.agreement_percent
    name = f"{camel(slo.name)}{what}AgreementBroken"
    return (PlainAlert(name=name, bad_percent=bad_percent, threshold_ms=slo.agreement_threshold_ms, severity="page"),)


def _plain(alert: PlainAlert, slo: Slo, name: str, breach_seconds: int) -> Plain:
    own = alert.threshold_ms is not None and alert.threshold_ms != slo.threshold_ms
    return Plain(
        name=alert.name or name,
        limit=budget(slo) if alert.bad_percent is None else float(f"{alert.bad_percent / 100:.12g}"),
        slo=slo.model_copy(update={"threshold_ms": alert.threshold_ms}) if own else slo,
        own_threshold=own,
        for_seconds=alert.for_seconds or breach_seconds,
        severity=alert.severity or ("warning" if slo.kind == "latency" else "critical"),
    )


def _plain_alert(plain: Plain, speaker: Speaker) -> Alert:
    slo, window, job = plain.slo, plain.window, speaker.monitoring.job
    if plain.own_threshold:
        text = duration(window)
        events = sli.total(slo, text, job=job)
        condition = f"{sli.bad(slo, text, job=job)} / {events} > {number(plain.limit)} and {events} >= {slo.min_events}"
    else:
        condition = _share_above(slo, window, plain.limit, speaker)
    return Alert(
        alert=plain.name,
        expr=condition,
        for_seconds=plain.for_seconds,
        labels=speaker.labels(plain.severity, slo=slo.name),
        annotations=speaker.annotations(
            plain.name,
            f"{slo.name}: {MEASURED} of its events are bad, more than {percent(plain.limit)}.",
            f"For {duration(plain.for_seconds)} more than {percent(plain.limit)} of the events within "
            f"{duration(window)} were {_wrong(slo)}.",
            _what_to_do(slo),
        ),
        trials=_held(slo, job, plain.limit, window=window, held=plain.for_seconds),
    )


def _streak(slo: Slo, speaker: Speaker) -> Alert:
    return Alert(
        alert=STREAK,
        expr=_share_above(slo, STREAK_SECONDS, STREAK_SHARE, speaker),
        for_seconds=STREAK_SECONDS,
        labels=speaker.labels("page", slo=slo.name),
        annotations=speaker.annotations(
            STREAK,
            f"{slo.name}: {MEASURED} of its events fail.",
            f"For {duration(STREAK_SECONDS)} more than {percent(STREAK_SHARE)} of the events were {_wrong(slo)}.",
            "Undo the last deploy or change of configuration if it is recent; otherwise look at database, cache and "
            "what the service calls, then at its logs by request id.",
        ),
        trials=_held(slo, speaker.monitoring.job, STREAK_SHARE, window=STREAK_SECONDS, held=STREAK_SECONDS),
    )


def _burn_alert(burn: Burn, slo: Slo, speaker: Speaker) -> Alert:
    share, long, short = limit(burn, slo), burn.long_seconds, burn.short_seconds
    name = f"{camel(slo.name)}BudgetBurn"
    step = _step(short)
    evaluated = step if short <= _QUICK else _SELDOM
    # A window of days is summed from five minutes each, and knows nothing of the first ones.
    seen = max(short, 2 * BASE_SECONDS) if long > DAY else short
    at = -(-(seen + evaluated) // evaluated) * evaluated
    return Alert(
        alert=name,
        expr="\n".join(
            (
                f"{recorded(SHARE, long, speaker.target, slo.name)} > {number(share)}",
                f"and {recorded(SHARE, short, speaker.target, slo.name)} > {number(share)}",
                f"and {recorded(EVENTS, long, speaker.target, slo.name)} >= {slo.min_events}",
            )
        ),
        for_seconds=0,
        labels=speaker.labels(burn.severity, slo=slo.name, window=duration(long)),
        annotations=speaker.annotations(
            name,
            f"{slo.name}: its error budget is spent over {number(rate(burn, slo))} times as fast as it may be.",
            f"Within {duration(long)}, and within the last {duration(short)}, more than {percent(share)} of the events "
            f"were {_wrong(slo)}; it is {MEASURED}. At this rate the budget of {slo.window_days} days "
            f"({percent(budget(slo))}) lasts {_lasts(burn, slo)} at most.",
            _what_to_do(slo),
        ),
        trials=(
            *_trials(slo, speaker.monitoring.job, share, window=seen, at=at, step=step, evaluated=evaluated),
            *_ended(slo, speaker.monitoring.job, share, short=short, step=step, evaluated=evaluated),
            *_brief(slo, speaker.monitoring.job, share, burn, step),
        ),
    )


def _without_data(slo: Slo, speaker: Speaker) -> Alert:
    name = "ObjectiveWithoutData"
    at = WITHOUT_DATA_SECONDS + 600
    seen = sampled(slo, speaker.monitoring.job, (Phase(0.0, at // 60),), window=BASE_SECONDS, step=60)
    about = {"target": speaker.target, "slo": slo.name}
    return Alert(
        alert=name,
        expr=f"absent({recorded(SHARE, BASE_SECONDS, speaker.target, slo.name)})",
        for_seconds=WITHOUT_DATA_SECONDS,
        labels=speaker.labels("warning", slo=slo.name),
        annotations=speaker.annotations(
            name,
            f"{slo.name}: nothing is measured, so that none of its alerts can fire.",
            "Prometheus has had no value of its series for 30 minutes: they are not scraped, are called otherwise, or "
            "the histogram has no edge at the threshold.",
            "Look at the scrape in Prometheus' list of targets, then compare slos.metrics of the target file with the "
            "metrics page.",
        ),
        trials=(
            Trial(True, (), at, about),
            Trial(False, (), WITHOUT_DATA_SECONDS - 60, about, why="before its time"),
            Trial(False, seen, at, about, why="with its series"),
        ),
    )


def _held(slo: Slo, job: str | None, limit: float, *, window: int, held: int) -> tuple[Trial, ...]:
    """Those of an alert that waits for ``held`` seconds: it fires soon after them, and not before."""
    step = _step(window)
    at = -(-(held + 3 * step) // step) * step
    tried = _trials(slo, job, limit, window=window, at=at, step=step)
    # Two values are needed for an increase, so that nothing can be true before the first step.
    return (*tried, replace(tried[0], fires=False, at_seconds=held, why="before its time"))


def _trials(
    slo: Slo, job: str | None, limit: float, *, window: int, at: int, step: int, evaluated: int | None = None
) -> tuple[Trial, ...]:
    """Somewhat above the limit, or with nothing but bad events, it fires; somewhat below, or with few events, not."""
    cases: tuple[tuple[bool, float, bool, str], ...]
    cases = ((True, above(limit), True, ""), (False, below(limit), True, "below its limit"))
    if at <= _QUICKER:
        cases = (*cases, (True, 1.0, True, "with nothing but bad events"), (False, 1.0, False, "with few events"))
    return tuple(
        Trial(
            fires,
            sampled(slo, job, (Phase(share, at // step),), window=window, step=step, enough=enough),
            at,
            {"slo": slo.name},
            step,
            evaluated or step,
            why,
        )
        for fires, share, enough, why in cases
    )


def _ended(slo: Slo, job: str | None, limit: float, *, short: int, step: int, evaluated: int) -> Iterator[Trial]:
    """Everything was bad for a while and is good again: the long window still says so, the short one does not."""
    if limit > _HALF or short > _QUICKER:
        return
    bad, good = 2 * short // step, (short + 2 * evaluated) // step
    series = sampled(slo, job, (Phase(1.0, bad), Phase(0.0, good)), window=short, step=step)
    at = (bad + good) * step // evaluated * evaluated
    yield Trial(False, series, at, {"slo": slo.name}, step, evaluated, "after its cause has ended")


def _brief(slo: Slo, job: str | None, limit: float, burn: Burn, step: int) -> Iterator[Trial]:
    """All was good but for the short window at the end of the long one: the short one says so, the other does not."""
    long, short = burn.long_seconds, burn.short_seconds
    if long > _LONGEST_BRIEF or long < 2 * short:
        return
    evaluated = step if short <= _QUICKER else _SELDOM
    good, bad = -(-long // evaluated) * evaluated // step, -(-short // evaluated) * evaluated // step
    series = sampled(slo, job, (Phase(0.0, good), Phase(above(limit), bad)), window=short, step=step)
    yield Trial(False, series, (good + bad) * step, {"slo": slo.name}, step, evaluated, "after a short while")


def _share_above(slo: Slo, window: int, share: float, speaker: Speaker) -> str:
    return "\n".join(
        (
            f"{recorded(SHARE, window, speaker.target, slo.name)} > {number(share)}",
            f"and {recorded(EVENTS, window, speaker.target, slo.name)} >= {slo.min_events}",
        )
    )


def _wrong(slo: Slo) -> str:
    if slo.kind == "success" or slo.threshold_ms is None:
        return "errors"
    return f"errors or took over {number(slo.threshold_ms)} ms"


def _what_to_do(slo: Slo) -> str:
    if slo.kind == "success":
        return (
            "Find the failing path and status on the dashboard; undo the last deploy if it began there; otherwise "
            "follow a request id through the logs."
        )
    return (
        "Find the slow path on the dashboard; undo the last deploy if it began there; otherwise look at the connection "
        "pool, slow queries and what the service calls, and add capacity where traffic has grown."
    )


def _lasts(burn: Burn, slo: Slo) -> str:
    hours = slo.window_days * 24 / rate(burn, slo)
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def _step(window: int) -> int:
    """Seconds between two values of a trial: a minute, or a quarter of a window of less than three."""
    return 60 if window >= 180 else max(1, window // 4)
