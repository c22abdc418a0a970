"""From the states of the cases to one verdict, one sentence and one exit status."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from prodverify.record.run import counted
from prodverify.record.states import State


class Word(StrEnum):
    """The four verdicts."""

    GO = "GO"
    NO_GO = "NO-GO"
    INCONCLUSIVE = "INCONCLUSIVE"
    PARTIAL = "PARTIAL"


EXIT_GO = 0
EXIT_NO_GO = 1
EXIT_SECRET = 3
EXIT_INCONCLUSIVE = 10
"""Above pytest's own 0 to 5, whose 2, 4 and 5 keep their meaning."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``rule`` is the sentence that decided, without the word; ``headline`` is both, for one line."""

    word: Word
    rule: str
    exit_status: int
    headline: str


def decide(
    states: Iterable[State],
    *,
    narrowed: bool = False,
    collected: int | None = None,
    expected: int | None = None,
    ci: bool = False,
    versions_seen: Collection[str] = (),
    roster_missing: Collection[str] = (),
    expired_waivers: Collection[str] = (),
    unneeded_waivers: Collection[str] = (),
    nothing_executed: bool = False,
    fail_on_warn: bool = False,
    aborted: bool = False,
    secret_found: bool = False,
) -> Verdict:
    """
    The table of verdicts, worst first. Every rule that applies is named in the sentence.

    ``collected`` and ``expected`` say how many cases were selected of how many; absent, they are the number of
    ``states``. A run that verified nothing never has exit status 0.
    """
    count = counted(states)
    total = sum(count.values())
    if secret_found:
        return _verdict(Word.NO_GO, "a secret was found in the outputs, which were deleted", EXIT_SECRET)
    broken = _broken(count, total, expired_waivers, unneeded_waivers, fail_on_warn)
    if broken:
        return _verdict(Word.NO_GO, "; ".join(broken), EXIT_NO_GO)
    missing = () if narrowed else roster_missing
    executed = not nothing_executed and bool(count["pass"] + count["warn"] + count["waived"])
    doubts = _doubts(count, total, versions_seen, missing, executed=executed, aborted=aborted)
    if doubts:
        return _verdict(Word.INCONCLUSIVE, "; ".join(doubts), EXIT_INCONCLUSIVE)
    if narrowed:
        selected = total if collected is None else collected
        share = f"{selected} of {selected if expected is None else max(expected, selected)}"
        rule = f"{_kept(count, total)}; the rest was not selected"
        return Verdict(Word.PARTIAL, rule, EXIT_INCONCLUSIVE if ci else EXIT_GO, f"PARTIAL GO {share}")
    return _verdict(Word.GO, _kept(count, total), EXIT_GO)


def _verdict(word: Word, rule: str, exit_status: int) -> Verdict:
    return Verdict(word, rule, exit_status, f"{word.value}  {rule}")


def _broken(
    count: dict[str, int], total: int, expired: Collection[str], unneeded: Collection[str], fail_on_warn: bool
) -> list[str]:
    said = []
    if count["fail"]:
        said.append(f"{count['fail']} of {total} {_cases(total)} failed")
    if expired:
        said.append(f"{_counted(expired, 'waiver')} expired")
    if unneeded:
        said.append(f"{_counted(unneeded, 'waiver')} no longer needed")
    if fail_on_warn and count["warn"]:
        said.append(f"{count['warn']} of {total} {_cases(total)} warned, and warnings block this run")
    return said


def _doubts(
    count: dict[str, int],
    total: int,
    versions: Collection[str],
    missing: Collection[str],
    *,
    executed: bool,
    aborted: bool,
) -> list[str]:
    said = []
    if aborted:
        said.append("the run was aborted")
    if count["inconclusive"]:
        said.append(f"{count['inconclusive']} of {total} {_cases(total)} could not be judged")
    if count["error"]:
        said.append(f"the suite itself broke in {count['error']} of {total} {_cases(total)}")
    if len(set(versions)) > 1:
        said.append(f"the service answered with {len(set(versions))} versions: {', '.join(sorted(set(versions)))}")
    if missing:
        said.append(f"{_counted(missing, 'case')} of the roster missing")
    if not executed and not said:
        said.append("nothing was verified")
    return said


def _kept(count: dict[str, int], total: int) -> str:
    kept = count["pass"] + count["warn"]
    said = [f"{kept} of {total} {_cases(total)} kept their promise"]
    for state, words in (("warn", "with warnings"), ("waived", "waived"), ("not_run", "not run")):
        if count[state]:
            said.append(f"{count[state]} {words}")
    return ", ".join(said)


def _cases(number: int) -> str:
    return "case" if number == 1 else "cases"


def _counted(things: Collection[str], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
