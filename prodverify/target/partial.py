"""A target file with mistakes in its shape, mended as far as the rest can be judged, so that everything is said at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from prodverify.target.complaints import Mistake, translated
from prodverify.target.model import Promises
from prodverify.target.wording import NAMED_TABLES, TABLE_LISTS, Complaint, Place, named

PLACEHOLDERS: tuple[Any, ...] = ("unnamed", "/", 1, "2000-01-01", ["unnamed"], [{"path": "/"}], {"path": "/"}, {"a": 1})
"""What stands in for a required value that is missing or wrong: the first that its type takes."""

ROUNDS = 24
"""More than it takes to try each placeholder, or to go up from the deepest level."""

_IDENTITIES = frozenset({"name", "scheme", "check"})
"""Without these an entry is not recognised; no placeholder stands in for them."""

_GONE = object()


@dataclass(frozen=True)
class Shaped:
    """What a file says, as far as it has the right shape."""

    promises: Promises | None
    complaints: tuple[Complaint, ...] = ()
    mended: frozenset[Place] = frozenset()
    """Places whose value was left out or stood in for."""

    def silences(self, complaint: Complaint) -> bool:
        """Whether ``complaint``, about one reference, is about something that the file does not say like that."""
        return any(complaint.place[:depth] in self.mended for depth in range(1, len(complaint.place) + 1))

    def clouds(self, complaint: Complaint) -> bool:
        """Whether ``complaint``, about values that belong together, may come from a value that was mended."""
        return _entry(complaint.place) in self._mended_entries

    @cached_property
    def _mended_entries(self) -> frozenset[Place]:
        return frozenset(_entry(place) for place in self.mended)


def shaped(said: Mapping[str, Any]) -> Shaped:
    """The file's promises; with complaints, and mended, where its shape is wrong."""
    data: dict[str, Any] = json.loads(json.dumps(said))
    if isinstance(data.get("migrations"), dict):
        data["migrations"] = [data["migrations"]]  # one table is a list of one
    complaints: tuple[Complaint, ...] = ()
    mended: dict[Place, int] = {}
    for _ in range(ROUNDS):
        try:
            promises = Promises.model_validate_json(json.dumps(data))
        except ValidationError as error:
            mistakes = translated(error, data)
            complaints = complaints or tuple(mistake.complaint for mistake in mistakes)
            for mistake in mistakes:
                _mend(data, mistake, mended)
            data = {"version": 1, "name": "unnamed", **_compact(data)}
        else:
            return Shaped(promises, complaints, frozenset(mended))
    return Shaped(None, complaints, frozenset(mended))


def _mend(data: dict[str, Any], mistake: Mistake, mended: dict[Place, int]) -> None:
    """
    Takes a wrong value out; where it turns out to be required, tries one placeholder a round, and then takes out its
    whole entry. A wrong value in an inner list stands for that list, so that the numbers of others still hold.
    """
    if mistake.unknown:
        _take_out(data, mistake.place)
        return
    inner = next((depth for depth, part in enumerate(mistake.place) if depth > 1 and isinstance(part, int)), None)
    place = tuple(part for part in mistake.place[:inner] if part != "[key]")
    tried = mended.get(named(place, data), -1)
    if not mistake.missing and tried < 0:
        mended[named(place, data)] = -1
        _take_out(data, place)
    elif place[-1] in _IDENTITIES or tried + 1 >= len(PLACEHOLDERS) or len(place) == 1:
        mended[named(place[:-1] or place, data)] = len(PLACEHOLDERS)
        _take_out(data, place[:-1] or place)
    else:
        mended[named(place, data)] = tried + 1
        holder = _holder(data, place)
        if isinstance(holder, dict):
            holder[str(place[-1])] = PLACEHOLDERS[tried + 1]


def _take_out(data: dict[str, Any], place: Place) -> None:
    """Entries of lists are marked and taken out later: until then the numbers of the others hold."""
    holder, last = _holder(data, place), place[-1]
    if isinstance(holder, list) and isinstance(last, int):
        holder[last] = _GONE
    elif isinstance(holder, dict):
        holder.pop(str(last), None)


def _holder(data: dict[str, Any], place: Place) -> Any:
    """What holds the value at ``place``; None where an earlier mistake of this round took it out."""
    holder: Any = data
    for part in place[:-1]:
        holder = holder.get(part) if isinstance(holder, dict) else holder[part] if isinstance(holder, list) else None  # type: ignore[index]
    return holder


def _compact(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: [entry for entry in value if entry is not _GONE] if isinstance(value, list) else value
        for key, value in data.items()
    }


def _entry(place: Place) -> Place:
    """The entry or section that a place is in."""
    return place[:2] if place[0] in TABLE_LISTS | NAMED_TABLES | {"secrets"} else place[:1]
