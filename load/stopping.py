"""
When a load run ends: as planned, before that because all is decided, later because it is not, or at once for harm.

Each second the master looks at the blocks that are complete: all of their arrivals were due, and what became of each
is known. A block of which answers are still missing says too little, since those that are missing are the slow ones.
Where looks may end the run, its objectives are judged by bounds that hold at every moment (always valid), at its
planned end too: what was decided because of what was seen would otherwise be wrong more often than is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

from load import ours
from load.arrivals import Plan
from load.counts import Book
from load.journeys import strange
from load.judged import Judged, burst_events, judged
from load.validity import late, slow, spoilt
from load.workers import SILENT_SECONDS
from prodverify.objectives.counts import Counts
from prodverify.objectives.dispersion import FEWEST_BLOCKS, measured
from prodverify.objectives.judging import aims, state_of_aim
from prodverify.record.findings import Finding, fail, inconclusive
from prodverify.record.states import State
from prodverify.target.load_run import Load
from prodverify.target.slos import Slo

Ended = Literal["planned", "early", "extended", "harm", "late", "unready", "stopped", "aborted"]
"""Late is the generator, unready the service, stopped by a person, aborted since the generator could not go on."""

LOOK_SECONDS = 1.0
HARM_SECONDS = 5
SPOILT_SECONDS = 5.0
"""A run is not ended before that for the generator's sake: of a short one the rest is no burden."""
FEWEST_ANSWERS = 20
"""So many answers within that time, before their share of errors says anything."""
_LEAD_SECONDS = 2.5
"""So long before its end a run is extended: a look may be late, and so may the message."""
_STEP_SECONDS = 5.0
_SOON_SECONDS = 0.25
"""An end that is nearer than this reaches workers too late to be the same for all."""
_TOLD_SECONDS = 2.0
"""What a worker has sent for longer than this is known here, as it tells each second."""
_TOLD_AT_LAST_SECONDS = SILENT_SECONDS + 1.0
"""Of a worker that has said nothing for so long it is known that it is stuck."""
_LOOKS_OF_A_LONG_RUN = 100
"""A run that has gone on for long is looked at less often: each look costs more, and changes less."""
_MOST_LOOKS = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What the target says of a run's end, in seconds of its plan.

    ``planned_seconds`` is where it ends unless something happens, ``most_seconds`` where it ends whatever happens.
    """

    planned_seconds: float
    most_seconds: float
    stop_early: bool
    abort_error_percent: float
    burst_seconds: float

    @classmethod
    def of(cls, declared: Load, plan: Plan, longest: Plan) -> Rules:
        """
        Those that ``[load]`` declares for ``plan``, which may go on as far as ``longest`` does. A plan that is over
        before a look could decide anything does not end early, and is judged as one that nobody looked at.
        """
        enough = plan.duration_seconds > int(plan.warm_up_seconds) + FEWEST_BLOCKS
        return cls(
            planned_seconds=plan.duration_seconds,
            most_seconds=max(plan.duration_seconds, longest.duration_seconds),
            stop_early=declared.stop_early and enough,
            abort_error_percent=declared.abort_error_percent,
            burst_seconds=declared.burst_seconds,
        )

    @property
    def any_time(self) -> bool:
        """Whether the end depends on what is seen."""
        return self.stop_early or self.most_seconds > self.planned_seconds


@dataclass(slots=True)
class Stopping:
    """
    The looks of one run, and its end so far: ``until_seconds`` of the plan, as the word ``ended`` says.

    ``states`` are those of the newest look, ``findings`` what the end itself says of the service. ``pause`` lets others
    in, where whoever looks is the one that sends: to judge thousands of blocks takes some milliseconds.
    """

    rules: Rules
    plan: Plan
    slos: tuple[Slo, ...]
    until_seconds: float = 0.0
    ended: Ended = "planned"
    states: dict[str, State] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    pause: Callable[[], object] = object
    _next_seconds: float = 0.0
    _looks: list[dict[str, Any]] = field(default_factory=list)
    _every: int = 1
    _number: int = 0
    _settled: int = 0
    _ended_at: float = 0.0

    def __post_init__(self) -> None:
        """The end is the planned one, until a look says otherwise."""
        self.until_seconds = self.rules.planned_seconds
        self.plan = self.plan.lasting(self.rules.most_seconds)

    @property
    def looks(self) -> tuple[dict[str, Any], ...]:
        """What was seen, evenly thinned out to at most 200."""
        return tuple(self._looks)

    def look(self, elapsed_seconds: float, book: Book) -> bool:
        """Looks once, ``elapsed_seconds`` into the plan; whether the end has moved."""
        if self.ended in ("early", "harm", "late"):
            return False
        if harm := self._harm(elapsed_seconds, book):
            self.findings = (harm,)
            return self._end_now("harm", elapsed_seconds, book)
        if self._is_spoilt(elapsed_seconds, book):
            return self._end_now("late", elapsed_seconds, book)
        if not self.rules.any_time:
            return False
        near = elapsed_seconds >= self.until_seconds - _LEAD_SECONDS
        if elapsed_seconds < self._next_seconds and not near:
            return False
        self._next_seconds = elapsed_seconds + max(0.5, elapsed_seconds / _LOOKS_OF_A_LONG_RUN)
        seen = self._seen(self._complete(elapsed_seconds, book), book)
        self.states = {each.slo.name: self._state(each) for each in seen}
        self._remember(elapsed_seconds, book)
        decided = bool(seen) and State.INCONCLUSIVE not in self.states.values()
        over = elapsed_seconds >= self.until_seconds - _SOON_SECONDS
        # A generator that is late now may be on time by and large, and then its counts mean something.
        may = (self.rules.stop_early or self.ended == "extended") and not over and not late(book)
        if decided and may and all(_firm(each, self.states[each.slo.name]) for each in seen):
            return self._end_decided(elapsed_seconds + _SOON_SECONDS)
        if not decided and near and not over and self.until_seconds < self.rules.most_seconds:
            return self._end("extended", min(self.until_seconds + _STEP_SECONDS, self.rules.most_seconds))
        return False

    @property
    def over_seconds(self) -> float:
        """So long after the beginning nothing more is sent: a generator that is behind its plan ends before that."""
        return max(self.until_seconds, self._ended_at)

    def reached(self, book: Book) -> float:
        """
        Where in its plan the run has really ended, by all that was counted: a generator that was ended where it was has
        sent some more before it heard of that.
        """
        if self.until_seconds >= self._ended_at or book.sent <= self.plan.due_before(self.until_seconds):
            return self.until_seconds
        return self.plan.shape.due(book.sent) if book.sent < self.plan.total else self.plan.duration_seconds

    def _is_spoilt(self, elapsed_seconds: float, book: Book) -> bool:
        """Whether nothing can be judged any more, and something would still be sent."""
        if elapsed_seconds < SPOILT_SECONDS:
            return False
        going = elapsed_seconds < self.until_seconds - _SOON_SECONDS or self._owed(elapsed_seconds, 0.0, book)
        late_for_certain = self._owed(elapsed_seconds, _TOLD_AT_LAST_SECONDS + book.lag_limit_ms / 1000.0, book)
        return bool(going) and spoilt(self.plan, book, late_for_certain)

    def _owed(self, elapsed_seconds: float, since_seconds: float, book: Book) -> int:
        """Arrivals that are not sent yet and were due so long ago."""
        return max(0, self.plan.due_before(min(elapsed_seconds - since_seconds, self.until_seconds)) - book.sent)

    def _end_now(self, word: Ended, elapsed_seconds: float, book: Book) -> bool:
        """A generator that is far behind ends where it is in its plan, or it would go on until all of it was sent."""
        behind = self._owed(elapsed_seconds, _TOLD_SECONDS, book)
        reached = self.plan.shape.due(book.sent) if behind else elapsed_seconds
        self._ended_at = elapsed_seconds
        return self._end(word, min(reached, self.until_seconds))

    def _end_decided(self, seconds: float) -> bool:
        """Where it may not end early, a run that was to go on ends where it was planned to, at the earliest."""
        planned = self.rules.planned_seconds
        if seconds > planned:
            return self._end("extended", seconds)
        return self._end("early", seconds) if self.rules.stop_early else self._end("planned", planned)

    def _end(self, word: Ended, seconds: float) -> bool:
        self.ended, self.until_seconds = word, round(seconds, 3)
        return True

    def _complete(self, elapsed_seconds: float, book: Book) -> int:
        """Blocks from the first on of which everything is known; once it is, it stays so."""
        while self._settled + 1 <= min(elapsed_seconds, self.until_seconds):
            if book.recorded(self._settled) < self.plan.due_in(self._settled):
                break
            self._settled += 1
        return self._settled

    def _seen(self, blocks: int, book: Book) -> list[Judged]:
        """What is known of each objective by the first ``blocks``, if they are enough to look at."""
        first = int(self.plan.warm_up_seconds)
        if blocks - first < FEWEST_BLOCKS:
            return []
        seen = []
        for slo in self.slos:
            names = [name for name, _ in self.plan.shares if name in slo.endpoints]
            events = burst_events(self.plan.lasting(blocks), names, self.rules.burst_seconds)
            seen.append(judged(slo, names, book, burst_events=events, first=first, until=blocks))
        return seen

    def _state(self, seen: Judged) -> State:
        self.pause()
        return seen.state(any_time=True)

    def _harm(self, elapsed_seconds: float, book: Book) -> Finding | None:
        """Whether the service breaks under the load, by its answers to what was due in the last seconds."""
        until = int(elapsed_seconds) + 1
        first = max(0, until - HARM_SECONDS)
        seen, reasons = book.failing(first, until), self._reasons(first, until, book)
        apart = sum(count for reason, count in reasons.items() if ours.refused(reason) or ours.unasked(reason))
        apart = min(seen.bad, apart)
        own = sum(reasons.values()) - apart
        if slow(book):
            own -= sum(count for reason, count in reasons.items() if ours.timed_out(reason))
        seen = Counts(seen.total - apart, seen.bad - apart)
        if not self._breaking(seen):
            return None
        # What is in front of the application answered in its place, or we were too slow to see its answers: that is
        # reason to stop, and no verdict on it.
        theirs = max(0, seen.bad - own)
        tell = fail if self._breaking(Counts(seen.total - theirs, seen.bad - theirs)) else inconclusive
        return tell(
            "service-harmed",
            f"fewer than {self.rules.abort_error_percent:g} % errors within {HARM_SECONDS} s",
            f"{100.0 * seen.bad / seen.total:.3g} % of {seen.total:,} answers were errors, {elapsed_seconds:.1f} s into"
            " the run, and it was ended at once",
            next_step="Find out at which rate it breaks: see errors by kind, and start again at a lower rate.",
        )

    def _breaking(self, seen: Counts) -> bool:
        return seen.total >= FEWEST_ANSWERS and 100.0 * seen.bad >= self.rules.abort_error_percent * seen.total

    def _reasons(self, first: int, until: int, book: Book) -> Counter[str]:
        """
        Why arrivals failed that were due in these blocks; of the warm-up all, since nobody counts those by block.
        Answers that something else gave in place of the application are not among them.
        """
        early = book.warm_up_errors if first < self.plan.warm_up_seconds else {}
        reasons = Counter({reason: count for reason, count in early.items() if not strange(reason)})
        for tally in book.names.values():
            for block in range(first, until):
                reasons.update(tally.series.kinds.get(block, {}))
        return reasons

    def _remember(self, elapsed_seconds: float, book: Book) -> None:
        """Every look at first; of a long run every second one, every fourth."""
        if self._number % self._every == 0:
            states = {name: state.value for name, state in self.states.items()}
            self._looks.append({"at_seconds": round(elapsed_seconds, 3), "sent": book.sent, "states": states})
        self._number += 1
        if len(self._looks) > _MOST_LOOKS:
            self._looks = self._looks[::2]
            self._every *= 2


def _firm(seen: Judged, state: State) -> bool:
    """
    Whether a verdict would stand after one more burst that speaks against it: what is under way when a run ends early
    is judged too, and no verdict hangs on its last second.
    """
    events = ceil(seen.burst_events)
    against = Counts(events, events if state is State.PASS else 0)
    found = set()
    for aim in aims(seen.slo, any_time=True):
        blocks = seen.agreement if aim.name == "agreement" and seen.agreement is not None else seen.objective
        spread = max(measured(blocks, seen.slo.confidence_percent / 100.0), seen.burst_events)
        found.add(state_of_aim([sum(blocks, against)], seen.slo, aim, spread))
    return next((worst for worst in (State.FAIL, State.INCONCLUSIVE) if worst in found), State.PASS) is state
