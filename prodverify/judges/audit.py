"""
The audit log can be read, its filters select, and it keeps no secret.

ASVS 5.0 16.2 (what is logged, and what must not be) and 16.3. Findings name the place of a secret and its name, never
the secret.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote as percent_encoded

from prodverify.judges import document, pointer
from prodverify.judges.masking import is_masked, sounds_secret
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, info
from prodverify.target.promises import Audit
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 16.2"

UNHEARD_OF = "no-entry-has-this-value"
"""A value that a filter finds nothing by, so that one is told from no filter where every entry matches."""

SHORTEST_SECRET = 6
"""Characters; a shorter value stands in honest text by chance."""


def entries(exchange: Exchange, promise: Audit) -> list[Any] | Finding:
    """The entries of the log, or why there are none."""
    if not 200 <= exchange.status < 300:
        return inconclusive("audit-unreadable", "the log", f"status {exchange.status}")
    body = document.read(exchange)
    if isinstance(body, document.Unreadable):
        return body.finding("audit-unreadable")
    found = pointer.lookup(body, promise.entries_at)
    wanted = f"a list of entries at {quote(promise.entries_at, 80) or 'the top'}"
    if isinstance(found, pointer.Absent):
        return fail("audit-entries-missing", wanted, str(found))
    if not isinstance(found, list):
        return fail("audit-entries-missing", wanted, pointer.kind(found))
    return found


def judge_log(exchange: Exchange, promise: Audit) -> list[Finding]:
    """Deviations of the log as a whole, asked as the role that may read it: a list with entries, each an object."""
    if not 200 <= exchange.status < 300 and exchange.status != 429:
        advice = "See the role in [audit], its credential, and the service's log."
        return [fail("audit-unreadable", "the log", f"status {exchange.status}", next_step=advice)]
    found = entries(exchange, promise)
    if isinstance(found, Finding):
        return [found]
    if not found:
        advice = "Cause an entry first: the suite's own requests are to be logged."
        return [fail("audit-empty", "entries of what was done", "an empty log", next_step=advice)]
    odd = [index for index, entry in enumerate(found) if not isinstance(entry, dict)]
    if odd:
        place = f"{quote(promise.entries_at, 80)}/{odd[0]}"
        return [fail("audit-entry-odd", "every entry an object", f"{pointer.kind(found[odd[0]])} at {place}")]
    return []


def judge_filter(
    whole: Exchange, filtered: Exchange, unmatched: Exchange, promise: Audit, member: str, value: str
) -> list[Finding]:
    """
    Deviations of the log filtered by ``member`` and ``value``, beside the whole log.

    ``unmatched``: the log filtered by UNHEARD_OF, which counts where the whole log matches ``value``.
    """
    wanted = f"every entry with {quote(member, 60)} = {quote(value, 60)}"
    everything, selected = entries(whole, promise), entries(filtered, promise)
    if isinstance(everything, Finding):
        return [everything]
    if not 200 <= filtered.status < 300 and filtered.status != 429:
        observed = f"status {filtered.status}, while the whole log is shown"
        return [fail("audit-filter-refused", wanted, observed, next_step="See the names and values in audit.filters.")]
    if isinstance(selected, Finding):
        return [selected]
    strangers = [entry for entry in selected if not _matches(entry, member, value)]
    if strangers:
        first = strangers[0].get(member, "nothing") if isinstance(strangers[0], dict) else pointer.kind(strangers[0])
        observed = f"{len(strangers)} of {len(selected)} differ, the first with {quote(first, 60)}"
        return [fail("audit-filter-ignored", wanted, observed)]
    if not everything:
        return [fail("audit-empty", "entries of what was done", "an empty log")]
    matching = sum(_matches(entry, member, value) for entry in everything)
    if not selected:
        if matching:
            return [fail("audit-filter-empty", wanted, f"none, while {matching} entries of the whole log match")]
        return [inconclusive("audit-filter-unproven", wanted, "no entry of the log matches")]
    return _only_matches(unmatched, promise, member) if matching == len(everything) else []


def judge_secrets(exchange: Exchange, promise: Audit, secrets: Mapping[str, str]) -> list[Finding]:
    """
    Secrets in the log: known ones (their names and values) anywhere in it, and unmasked members that sound like one.

    A known secret is also found URL-encoded, in base64, and behind JSON's escapes.
    """
    found = entries(exchange, promise)
    if isinstance(found, Finding):
        return [found]
    known = {name: value for name, value in secrets.items() if len(value) >= SHORTEST_SECRET}
    places = list(pointer.walk(found, promise.entries_at))
    told = "\n".join((exchange.text, *_names(found), *(value for _, _, value in places if isinstance(value, str))))
    leaked = [name for name, value in known.items() if any(form in told for form in _forms(value))]
    findings = [
        fail("audit-secret", "no secret in the log", f"the secret {quote(name, 60)}{_where(known, name, places)}")
        for name in leaked
    ]
    unmasked = [(place, name) for place, name, value in places if sounds_secret(name) and not is_masked(value)]
    return findings + [
        fail("audit-member-unmasked", f"{_shown(name, known, 60)} is masked", f"plain at {_shown(place, known, 120)}")
        for place, name in unmasked[:5]
    ]


def _only_matches(unmatched: Exchange, promise: Audit, member: str) -> list[Finding]:
    wanted = f"no entry with {quote(member, 60)} = {UNHEARD_OF}"
    if 400 <= unmatched.status < 500:
        return []  # a value that cannot be is refused: the filter is looked at
    shown = entries(unmatched, promise)
    if isinstance(shown, Finding):
        return [info("audit-filter-unproven", wanted, f"every entry matches, and {shown.observed}")]
    if shown and not any(_matches(entry, member, UNHEARD_OF) for entry in shown):
        return [fail("audit-filter-ignored", wanted, f"{len(shown)} entries, none of them with it")]
    return []


def _matches(entry: object, member: str, value: str) -> bool:
    if not isinstance(entry, dict) or member not in entry:
        return False
    said = entry[member]
    text = str(said).lower() if isinstance(said, bool) else str(said)
    return text.strip().casefold() == value.strip().casefold()


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    return {value, percent_encoded(raw, safe=""), base64.b64encode(raw).decode("ascii").rstrip("=")}


def _names(found: object) -> Iterable[str]:
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from map(str, value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _where(known: Mapping[str, str], name: str, places: Iterable[tuple[str, str, Any]]) -> str:
    forms = _forms(known[name])
    holding = (place for place, _, told in places if isinstance(told, str) and any(form in told for form in forms))
    first = next(holding, None)
    return ", outside the values" if first is None else f" at {_shown(first, known, 120)}"


def _shown(place: str, known: Mapping[str, str], longest: int) -> str:
    """A place or member, which may be named after a secret; it is cut last, so that no part of one stays."""
    for value in sorted(known.values(), key=len, reverse=True):
        for form in _forms(value):
            place = place.replace(form, "***").replace(pointer.build((form,))[1:], "***")
    return quote(place, longest)
