"""
A request leaves its lines in the log: one JSON object a line, found by the request's id, with nobody's secret.

SPEC M2; ASVS 5.0 16.2 (what a log entry has, and what it must not have) and 16.3 (which events are logged). A line that
does not come within the promised time is missing; what other requests wrote meanwhile is judged with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from prodverify.judges import moments, pointer, secrecy
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.target.observability import Logs

CLAUSE = "SPEC M2"

_LONGEST_LINE = 1 << 18
"""Characters; what ships logs cuts longer ones, and then they are no JSON."""
_QUARTER_SECONDS = 900.0
_STATEMENTS = "the line of a request"


@dataclass(frozen=True, slots=True)
class Asked:
    """The request whose lines are looked for: its ids, and when it was sent and answered, in seconds since 1970."""

    request_id: str
    trace_id: str
    sent: float
    answered: float

    def named(self, logs: Logs) -> str:
        """What names it in the log."""
        return self.request_id if logs.found_by == "request_id" else self.trace_id


def document_of(line: str) -> dict[str, Any] | None:
    """The JSON object that ``line`` is; None where it is none. Raises nothing."""
    if not line.startswith("{"):
        return None
    try:
        line.encode("utf-8")
        document = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def named_in(text: str, wanted: str) -> bool:
    """Whether the id ``wanted`` stands in ``text`` as a whole: 4711 is not named by 14711."""
    return wanted in text and bool(re.search(rf"(?<![A-Za-z0-9]){re.escape(wanted)}(?![A-Za-z0-9])", text))


def of_request(lines: Iterable[str], asked: Asked, logs: Logs) -> list[dict[str, Any]]:
    """The lines that name the request."""
    wanted = asked.named(logs)
    # JSON may write an id with escapes, as PHP does a slash.
    documents = (document_of(line) for line in lines if wanted and (wanted in line or "\\" in line))
    found = (document for document in documents if document is not None)
    return [document for document in found if named_in(_text(document, logs.id_at), wanted)]


def judge_lines(lines: Sequence[str], note: str = "") -> list[Finding]:
    """
    Every line is one JSON object, short enough to be shipped whole.

    None is quoted: it may be somebody else's.
    """
    wanted = "every line is one JSON object"
    if not lines:
        return [fail("log-unseen", wanted, "no line came", next_step="see the case of the request's own line")]
    odd = [(number, line) for number, line in enumerate(lines, 1) if document_of(line) is None]
    found: list[Finding] = []
    if odd:
        number, line = odd[0]
        what = "it begins like an object and is none" if line.startswith("{") else "plain text"
        observed = f"{len(odd)} of {len(lines)} are not, the first line {number}: {len(line):,} characters, {what}"
        step = "log through one formatter, libraries and exceptions too: a traceback belongs into a member"
        found.append(fail("log-line-not-json", wanted, observed, next_step=step))
    long = max(len(line) for line in lines)
    if long > _LONGEST_LINE:
        found.append(warn("log-line-long", f"lines of at most {_LONGEST_LINE:,} characters", f"one of {long:,}"))
    return [*found, *_in_part(note)]


def judge_request(lines: Sequence[str], asked: Asked, logs: Logs) -> list[Finding]:
    """The request's line is there, as often as promised, and says what it has to."""
    own = of_request(lines, asked, logs)
    if not own:
        return [_missing(lines, asked, logs)]
    found: list[Finding] = []
    best = max(own, key=lambda document: sum(_has(document, name) for name in logs.members))
    absent = [name for name in logs.members if not _has(best, name)]
    # Other events of the request have its id, too; its own line is the one that has all that is promised.
    whole = [document for document in own if all(_has(document, name) for name in logs.members)]
    if logs.lines is not None and whole and len(whole) != logs.lines:
        rule = "log-lines-many" if len(whole) > logs.lines else "log-lines-few"
        found.append(fail(rule, f"{logs.lines} with the request's id and every member", f"{len(whole)}"))
    if absent:
        observed = f"no {listed(absent, 120)} in the {'one' if len(own) == 1 else 'best'} that has its id"
        found.append(fail("log-member-missing", f"{listed(list(logs.members), 120)} in {_STATEMENTS}", observed))
    if logs.time_at is not None:
        found += _time(own, asked, logs.time_at, logs.max_clock_skew_seconds)
    if logs.level_at is not None and not all(_text(document, logs.level_at).strip() for document in own):
        found.append(fail("log-level-missing", f"a level at {quote(logs.level_at, 60)}", "none"))
    if logs.trace_id_at is not None:
        found += _trace(own, asked, logs.trace_id_at)
    return found


def judge_event(lines: Sequence[str], asked: Asked, logs: Logs, words: Mapping[str, str]) -> list[Finding]:
    """A refusal leaves the line that was promised for it."""
    own = of_request(lines, asked, logs)
    if not own:
        return [_missing(lines, asked, logs)]
    if any(all(_said(document, name) == word for name, word in words.items()) for document in own):
        return []
    wanted = "a line with " + ", ".join(f"{quote(name, 40)} = {quote(word, 40)}" for name, word in words.items())
    said = listed([" ".join(_said(document, name) or "-" for name in words) for document in own], 120)
    plural = "one line says" if len(own) == 1 else f"{len(own)} lines say"
    return [fail("log-event-missing", wanted, f"{plural} {said}", clause="ASVS 5.0 16.3")]


def judge_secrets(
    lines: Sequence[str], asked: Asked, logs: Logs, forms: secrecy.Forms, note: str = ""
) -> list[Finding]:
    """No line holds a secret, neither one that we sent on purpose nor another that we know. Silence proves nothing."""
    found = secrecy.held(((f"line {number}", line) for number, line in enumerate(lines, 1)), forms, rule="log-secret")
    if not found and not of_request(lines, asked, logs):
        return [_missing(lines, asked, logs)]
    documents = ((f"line {number}", document_of(line)) for number, line in enumerate(lines, 1))
    return [*(found or secrecy.unmasked(documents, rule="log-member-unmasked")), *_in_part(note)]


def _in_part(note: str) -> list[Finding]:
    return [info("log-read-in-part", "all that was written meanwhile", note)] if note else []


def _missing(lines: Sequence[str], asked: Asked, logs: Logs) -> Finding:
    wanted = f"a line whose {quote(logs.id_at, 60)} is {quote(asked.named(logs), 60)}, within {logs.within_seconds:g} s"
    if elsewhere := [line for line in lines if named_in(line, asked.named(logs))]:
        places = "in a line that is no JSON"
        if (document := document_of(elsewhere[0])) is not None:
            held = (at for at, _, value in pointer.walk(document) if named_in(str(value), asked.named(logs)))
            places = f"at {quote(next(held, 'another place'), 60)}"
        return fail("log-id-elsewhere", wanted, f"it stands {places}", next_step="Correct id_at, or how it is logged.")
    observed = f"none of the {len(lines)} that came names it" if lines else "no line came"
    step = "see that the service logs every request, that this is where, and how long shipping takes"
    return fail("log-line-missing", wanted, observed, next_step=step)


def _time(own: Sequence[dict[str, Any]], asked: Asked, at: str, skew: float) -> list[Finding]:
    wanted = f"a time at {quote(at, 60)}, within {skew:g} s of ours"
    for document in own:
        value = pointer.lookup(document, at)
        plain = not isinstance(value, pointer.Absent | dict | list)
        moment = moments.read(value) if plain else None
        if moment is None:
            observed = quote(value, 60) if plain else "none"
            return [fail("log-time-unreadable", wanted, observed)]
        off = _off(moment.seconds, asked)
        if not moment.zoned and abs(off) > skew:
            # Zones lie whole quarters of an hour from each other; the last quarter may end within the skew.
            off -= round(off / _QUARTER_SECONDS) * _QUARTER_SECONDS
        if abs(off) > skew:
            return [fail("log-time-off", wanted, f"{quote(value, 40)}, which is {abs(off):,.0f} s {_side(off)}")]
        if not moment.zoned:
            step = "write it in UTC, with Z or +00:00 behind it"
            return [warn("log-time-zoneless", "a time with its zone", quote(value, 40), next_step=step)]
    return []


def _off(seconds: float, asked: Asked) -> float:
    """Seconds before the request (negative) or behind its answer; nothing in between."""
    return min(0.0, seconds - asked.sent) or max(0.0, seconds - asked.answered)


def _side(off: float) -> str:
    return "early" if off < 0 else "late"


def _trace(own: Sequence[dict[str, Any]], asked: Asked, at: str) -> list[Finding]:
    said = [_text(document, at) for document in own]
    if any(asked.trace_id in one for one in said):
        return []
    observed = quote(next(filter(None, said), "none"), 60)
    return [fail("log-trace-differs", f"the trace that we sent at {quote(at, 60)}", observed, clause="SPEC M3")]


def member(document: object, name: str) -> Any:
    """The member of that name, or at that JSON Pointer; ``Absent`` where there is none."""
    return pointer.lookup(document, name if name.startswith("/") else pointer.build((name,)))


def _has(document: object, name: str) -> bool:
    value = member(document, name)
    return not isinstance(value, pointer.Absent) and value not in (None, "", [], {})


def _said(document: object, name: str) -> str:
    """A member as a target file writes its word; empty where it is absent, or no single value."""
    value = member(document, name)
    if isinstance(value, pointer.Absent | dict | list):
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _text(document: object, at: str) -> str:
    value = pointer.lookup(document, at)
    return "" if value is None or isinstance(value, pointer.Absent | dict | list) else str(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
