"""
No secret stands in what a service tells of itself: its logs, its traces, its errors.

ASVS 5.0 16.2.5. A finding names the secret and the place, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from prodverify.judges import leaks, pointer
from prodverify.judges.masking import is_masked, sounds_secret
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, warn

CLAUSE = "ASVS 5.0 16.2.5"

Forms = Mapping[str, Sequence[str]]
"""By the name of each secret, the forms in which it would stand in a text."""

_MOST_TOLD = 5
_LONGEST_SEARCHED = 1 << 20
_KNOWN_KINDS = tuple(re.compile(form) for form in leaks.SECRETS)


def held(told: Iterable[tuple[str, str]], forms: Forms, *, rule: str) -> list[Finding]:
    """
    Secrets in what is ``told``, pairs of a place and its text, and texts that are secrets by their shape.

    ``rule`` names the findings; its first word is what tells, as "log" or "span".
    """
    seen: dict[str, tuple[str, int]] = {}
    shaped: tuple[str, int] | None = None
    for place, text in told:
        for name, written in forms.items():
            if any(form in text for form in written):
                first, times = seen.get(name) or (plain(place, forms), 0)
                seen[name] = (first, times + 1)
        if shaped is None and (match := shape_of(text)):
            shaped = (plain(place, forms), len(match))
    wanted = f"no secret in any {rule.partition('-')[0]}"
    found = [
        fail(rule, wanted, f"{quote(name, 60)} in {quote(place, 120)}{_times(times)}", clause=CLAUSE)
        for name, (place, times) in list(seen.items())[:_MOST_TOLD]
    ]
    if shaped and not seen:
        observed = f"a token, key or connection string of {shaped[1]} characters in {quote(shaped[0], 120)}"
        found.append(fail(rule, wanted, observed, clause=CLAUSE))
    return found


def plain(place: str, forms: Forms = MappingProxyType({})) -> str:
    """The place, unless its own name tells a secret: a span is called by what it asked, a member by what was sent."""
    tells = shape_of(place) or any(form in place for written in forms.values() for form in written)
    return "a name that tells a secret" if tells else place


def unmasked(documents: Iterable[tuple[str, object]], *, rule: str) -> list[Finding]:
    """Members of ``documents``, pairs of a place and a JSON value, that sound like a secret and are not masked."""
    for place, document in documents:
        for _, name, value in pointer.walk(document):
            if isinstance(value, str) and sounds_secret(name) and not is_masked(value):
                # The way to it is not told: members may be called by people, and a line may be somebody else's.
                return [warn(rule, f"{quote(name, 60)} is masked", f"plain in {quote(place, 60)}", clause=CLAUSE)]
    return []


def shape_of(text: str) -> str:
    """The first part of ``text`` that is a secret by its shape: a token, a key, a connection string; empty without."""
    start = text[:_LONGEST_SEARCHED]
    return next((match[0] for form in _KNOWN_KINDS if (match := form.search(start))), "")


def _times(times: int) -> str:
    return f", and {times - 1} more" if times > 1 else ""
