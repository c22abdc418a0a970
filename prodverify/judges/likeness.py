"""
Whether a body gives away what an authorised one does.

A status says little: pages that draw themselves in the browser answer 200 to everything, and some services send their
refusals with 200. So bodies are compared: documents by their members and the kinds of their values, pages and other
texts by the pieces that they are made of, since a time, an id or a token against forgery differs each time.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from prodverify.judges import document
from prodverify.wire.exchange import Exchange

SAME_SHARE = 0.9
"""Share of the pieces of two texts that are in both, above which the texts are one page. Of what differs in a page from
one request to the next (nonces, times, tokens) there is little; a log-in page shares less with the page behind it."""

SHARED_MEMBERS = 0.5
"""Share of the members of two inner objects that both have, from which on they are of one kind."""

_PIECES = re.compile(r"[<\n]")
_READ_CHARACTERS = 512 * 1024


class Likeness(StrEnum):
    """What one body is beside another, in words."""

    SAME = "the same body as with a valid credential"
    SHAPED = "a body of the same members as with a valid credential"
    PARTLY = "a body that shares members with the one that a valid credential gets"
    OTHER = "another body"
    EMPTY = "an empty body"

    @property
    def equivalent(self) -> bool:
        """Whether one gives away what the other does."""
        return self in (Likeness.SAME, Likeness.SHAPED)


def likeness(baseline: Exchange, probe: Exchange) -> Likeness:
    """What the body of ``probe`` is beside that of ``baseline``. Raises nothing."""
    if probe.body == baseline.body:
        return Likeness.SAME
    if not probe.body.strip():
        return Likeness.EMPTY
    wanted, given = document.read(baseline), document.read(probe)
    if isinstance(wanted, document.Unreadable) and isinstance(given, document.Unreadable):
        return Likeness.SAME if _shared(baseline.text, probe.text) >= SAME_SHARE else Likeness.OTHER
    if isinstance(wanted, document.Unreadable) or isinstance(given, document.Unreadable):
        return Likeness.OTHER
    return _documents(wanted, given)


def _documents(wanted: Any, given: Any) -> Likeness:
    if wanted == given:
        return Likeness.SAME
    if type(wanted) is not type(given) or not isinstance(wanted, dict | list):
        return Likeness.OTHER
    if (isinstance(wanted, list) or wanted.keys() == given.keys()) and _fits(wanted, given):
        return Likeness.SHAPED
    return Likeness.PARTLY if isinstance(wanted, list) or wanted.keys() & given.keys() else Likeness.OTHER


def _fits(wanted: Any, given: Any) -> bool:
    """
    Whether two values are of one kind: objects whose members are mostly the same, and lists that begin alike.

    Nothing in the place of an object or a list is another kind: that is how an envelope refuses. Of items only the
    members count, not what they hold: the entries of one log are not all of one form.
    """
    if isinstance(wanted, dict) and isinstance(given, dict):
        return _mostly(wanted, given) and all(_fits(wanted[name], given[name]) for name in wanted.keys() & given.keys())
    if isinstance(wanted, list) and isinstance(given, list):
        return not wanted or not given or _alike(wanted[0], given[0])
    if isinstance(wanted, dict | list) or isinstance(given, dict | list):
        return False
    return wanted is None or given is None or _kind(wanted) is _kind(given)


def _mostly(wanted: dict[str, Any], given: dict[str, Any]) -> bool:
    """Whether two objects share most of their members; some are left out where there is nothing to say."""
    shared, all_of_them = len(wanted.keys() & given.keys()), len(wanted.keys() | given.keys())
    return shared >= SHARED_MEMBERS * all_of_them


def _alike(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(given, dict):
        return _mostly(wanted, given)
    if isinstance(wanted, dict | list) or isinstance(given, dict | list):
        return isinstance(wanted, list) and isinstance(given, list)
    return wanted is None or given is None or _kind(wanted) is _kind(given)


def _kind(scalar: Any) -> type:
    return float if isinstance(scalar, int | float) and not isinstance(scalar, bool) else type(scalar)


def _shared(one: str, other: str) -> float:
    ours, theirs = (frozenset(map(str.strip, _PIECES.split(text[:_READ_CHARACTERS]))) for text in (one, other))
    return len(ours & theirs) / len(ours | theirs)
