"""
A section of the target file as OpenSLO's annotations and back: one annotation a key, as only short words are taken.

``threshold_ms = 50.0`` is ``prodverify.dev/threshold-ms: "50.0"``, the name of the second alert is
``prodverify.dev/alerts-2-name``.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Union, get_args, get_origin

from prodverify.target.section import Section

PREFIX = "prodverify.dev/"


def written(section: Section, apart: Collection[str] = ()) -> dict[str, str]:
    """The annotations of the keys that ``section`` states, those in ``apart`` left out. Raises ValueError."""
    return {f"{PREFIX}{key}": text for key, text in _flat(section, "", apart)}


def read(model: type[Section], annotations: Mapping[str, str]) -> dict[str, Any]:
    """What ``annotations`` state of ``model``, for its validation without strictness: numbers are still text."""
    ours = {key.removeprefix(PREFIX): text for key, text in annotations.items() if key.startswith(PREFIX)}
    return _of(model, ours, "")


def _flat(section: Section, before: str, apart: Collection[str]) -> Iterator[tuple[str, str]]:
    for key in type(section).model_fields:
        value = getattr(section, key)
        if key in apart or key not in section.model_fields_set or value is None:
            continue
        name = f"{before}{key.replace('_', '-')}"
        if isinstance(value, tuple):
            # An empty list is a word of its own: absent means something else.
            yield from [(name, "none")] if not value else []
            for number, entry in enumerate(value, start=1):
                if isinstance(entry, Section):
                    stated = tuple(_flat(entry, f"{name}-{number}-", ()))
                    yield from stated or [(f"{name}-{number}", "default")]
                else:
                    yield f"{name}-{number}", str(entry)
        else:
            yield name, str(value)


def _of(model: type[Section], told: Mapping[str, str], before: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, field in model.model_fields.items():
        name = f"{before}{key.replace('_', '-')}"
        entries = _entries(field.annotation)
        if entries is None:
            if name in told:
                found[key] = told[name]
        elif told.get(name) == "none":
            found[key] = ()
        elif listed := tuple(_listed(entries, told, name)):
            found[key] = listed
    return found


def _listed(entries: Any, told: Mapping[str, str], name: str) -> Iterator[Any]:
    each: dict[str, dict[str, str]] = {}
    for key, text in told.items():
        if key.startswith(f"{name}-"):
            number, _, rest = key.removeprefix(f"{name}-").partition("-")
            each.setdefault(number, {})[rest] = text
    for place in range(1, len(each) + 1):
        if (entry := each.get(str(place))) is None:
            return
        yield _of(entries, entry, "") if isinstance(entries, type) and issubclass(entries, Section) else entry.get("")


def _entries(annotation: Any) -> Any:
    """The type of a list's entries; None where ``annotation`` is no list."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next((found for one in get_args(annotation) if (found := _entries(one)) is not None), None)
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None
