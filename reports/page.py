"""The evidence page: one static file, the verdict first, without script and without an outside request."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodverify.record.run import RunRecord
from prodverify.record.states import State
from reports import measured, notices, objectives, opened, pictures, promises
from reports.allowance import Allowance, weight
from reports.visible import cut, visible
from reports.wording import MARKS, PRACTICE, WORDS, moment, title, took

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
# Together at most 600 KB with the page's frame, whatever a run finds: a page that does not open is no evidence.
_OPENED_BYTES = 240_000
_LISTED_BYTES = 100_000
_PROMISES_BYTES = 200_000
_ROW_BYTES = 120
_MAX_VALUE = 1_000


def render(record: RunRecord, *, files: Iterable[str] = ()) -> str:
    """The whole page. ``files`` are the names of what lies beside it."""
    return _environment().get_template("report.html.j2").render(_view(record, tuple(files)))


def _view(record: RunRecord, files: tuple[str, ...]) -> dict[str, Any]:
    listed = Allowance(_LISTED_BYTES)
    failed = record.with_state(State.FAIL)
    undecided = record.with_state(State.INCONCLUSIVE, State.ERROR)
    attention, attention_left = opened.of(record, (*failed, *undecided), Allowance(_OPENED_BYTES))
    warned, warned_left = opened.brief(record.with_state(State.WARN), listed)
    waived, waived_left = opened.brief(record.with_state(State.WAIVED), listed)
    asides, asides_left = promises.not_run(record, listed)
    numbers = list(listed.fitting(measured.measured(record), _size_of))
    return {
        "record": record,
        "title": title(record),
        "slug": record.verdict.lower(),
        "practice": PRACTICE,
        "bar": [(state.value, MARKS[state], word, record.counts[state.value]) for state, word in WORDS.items()],
        "total": len(record.checks),
        "when": moment(record.started_at),
        "took": took(record.duration_ms),
        "service": cut(", ".join(map(str, record.versions.get("service", ()))), _MAX_VALUE) or "none seen",
        "attention": attention,
        "attention_left": attention_left,
        "blocking": list(listed.fitting(notices.blocking(record), weight)),
        "notes": list(listed.fitting(notices.notes(record), weight)),
        "warned": warned,
        "warned_left": warned_left,
        "waived": waived,
        "waived_left": waived_left,
        "objectives": list(listed.fitting(objectives.rows(record), _size_of)),
        "assumptions": objectives.assumptions(record),
        "load_facts": measured.load_facts(record),
        "load_view": pictures.load_view(record),
        "measured": numbers,
        "promises": promises.verified(record, Allowance(_PROMISES_BYTES)),
        "not_run": asides,
        "not_run_left": asides_left,
        "environment": _environment_of(record),
        "files": files,
    }


def _environment_of(record: RunRecord) -> list[tuple[str, str]]:
    tools = [(name, str(seen)) for name, seen in record.versions.items() if name != "service"]
    seed = "" if record.seed is None else str(record.seed)
    rows = [
        ("command", record.command),
        ("target file", record.target_path),
        ("target file SHA-256", record.target_sha256),
        ("hash of the objectives", record.slos_hash),
        ("permits", ", ".join(record.permits) or "none"),
        ("expected version", record.expected_version),
        ("seed", seed),
        ("ended", moment(record.ended_at)),
        *tools,
    ]
    return [(name, cut(value, _MAX_VALUE)) for name, value in rows if value]


def _size_of(row: object) -> int:
    """Bytes of a table's row: its texts as Python shows them, and markup."""
    return _ROW_BYTES + weight(str(row))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.globals["css"] = Markup((_HERE / "report.css").read_text("utf-8"))  # our own file
    environment.globals["marks"], environment.globals["words"] = dict(MARKS), dict(WORDS)
    environment.filters["took"] = took
    return environment
