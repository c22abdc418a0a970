"""A target file with mistakes in its shape, reduced to what can still be judged, so that everything is said at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from prodverify.target.complaints import translated
from prodverify.target.model import Promises
from prodverify.target.wording import Complaint, Place, named

PLACEHOLDERS: Mapping[str, Any] = {"version": 1, "name": "unnamed"}
ROUNDS = 12
"""A mistake lies at most this many levels deep; each round goes up one."""

_GONE = object()


@dataclass(frozen=True, slots=True)
class Shaped:
    """What a file says, as far as it has the right shape."""

    promises: Promises | None
    complaints: tuple[Complaint, ...] = ()
    left_out: frozenset[Place] = frozenset()
    """Section and entry or key of what was left out: nothing more is said about these."""


def shaped(said: Mapping[str, Any]) -> Shaped:
    """The file's promises; with complaints and without the wrong parts where its shape is wrong."""
    data: dict[str, Any] = json.loads(json.dumps(said))
    complaints: tuple[Complaint, ...] | None = None
    left_out: set[Place] = set()
    for _ in range(ROUNDS):
        try:
            promises = Promises.model_validate_json(json.dumps(data))
        except ValidationError as error:
            found = translated(error, data)
            if complaints is None:
                complaints = tuple(mistake.complaint for mistake in found)
            left_out.update(named(mistake.place, data)[:2] for mistake in found)
            for mistake in found:
                up = mistake.missing and len(mistake.place) > 1
                _leave_out(data, mistake.place[:-1] if up else mistake.place)
            data = {**_compact(data), **{key: value for key, value in PLACEHOLDERS.items() if key not in data}}
        else:
            return Shaped(promises, complaints or (), frozenset(left_out))
    return Shaped(None, complaints or (), frozenset(left_out))


def _leave_out(data: dict[str, Any], place: Place) -> None:
    """
    Takes the value at ``place`` out.

    Entries of lists are marked and taken out later, so that the numbers of the others still hold; a wrong value in an
    inner list takes that whole list with it, for the same reason.
    """
    inner = next((depth for depth, part in enumerate(place) if depth > 1 and isinstance(part, int)), len(place))
    *way, last = [part for part in place[:inner] if part != "[key]"]
    holder: Any = data
    for part in way:
        if not isinstance(holder, (dict, list)) or (isinstance(holder, dict) and part not in holder):
            return
        holder = holder[part]  # type: ignore[index]
    if isinstance(holder, list) and isinstance(last, int):
        holder[last] = _GONE
    elif isinstance(holder, dict):
        holder.pop(str(last), None)


def _compact(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: [entry for entry in value if entry is not _GONE] if isinstance(value, list) else value
        for key, value in data.items()
    }
