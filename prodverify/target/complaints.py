"""What pydantic found wrong in a target file, in the words of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from prodverify.target.asking import Role
from prodverify.target.shape import description_at, keys_of, section_at
from prodverify.target.wording import NAMED_TABLES, TABLE_LISTS, Complaint, Place, alternatives, came, named, nearest

PATTERNS = {
    r"^[a-z0-9][a-z0-9_-]*$": "a name of lower-case letters, digits, - and _",
    r"^[a-z0-9][a-z0-9_]*$": "a name of lower-case letters, digits and _",
    r"^/": "a path that begins with /",
    r"^[A-Z]+$": "an HTTP method in capitals",
    r"^(/([^/~]|~[01])*)*$": "a JSON Pointer (RFC 6901), empty or beginning with /",
    r"^\d{4}-\d{2}-\d{2}$": "a day as YYYY-MM-DD",
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": "a time of day as HH:MM, from 00:00 to 23:59",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$": "the name of a bucket",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$": "a name of letters, digits, '_', '.' and '-'",
    r"^[a-zA-Z_:][a-zA-Z0-9_:]*$": "the name of a metric: letters, digits, _ and :",
    r"^[a-zA-Z_][a-zA-Z0-9_]*$": "a name of letters, digits and _",
    r"^[1-5]([0-9]{2}|xx)$": "a status as 503 or 5xx",
    r"^[a-zA-Z0-9_*]+$": "the name of an alert: letters, digits and _, and * for any of them",
    r"^https?://": "an address that begins with http:// or https://",
    r"^#": "the name of a channel, which begins with #",
}
"""Every pattern of the models, in words."""

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}:\d{2}:\d{2}")
"""How a date or a time of TOML, which has no quotes, is told as text."""

SCHEMES = tuple(get_args(role.model_fields["scheme"].annotation)[0] for role in get_args(get_args(Role)[0]))

SECRET_KEYS = frozenset(
    {
        *("credential", "credentials", "secret", "previous_secret", "other_secret", "dsn", "password"),
        *("access_key_id", "secret_access_key", "session_token", "token"),
        *("prometheus", "prometheus_token", "alertmanager", "alertmanager_token"),
    }
)
"""Keys whose value is never quoted: somebody may have written the secret itself."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One error in the shape of a file: its place by number, the complaint, and what kind of error it is."""

    place: Place
    complaint: Complaint
    missing: bool
    unknown: bool


def translated(error: ValidationError, said: Mapping[str, Any]) -> list[Mistake]:
    """Every error that pydantic found in ``said``."""
    mistakes = [_translated(details, said) for details in error.errors(include_url=False)]
    # Of a list with wrong entries pydantic says too that it is too short: it counts the right ones.
    above = {mistake.place[:depth] for mistake in mistakes for depth in range(1, len(mistake.place))}
    return [mistake for mistake in mistakes if mistake.place not in above]


def _translated(details: ErrorDetails, said: Mapping[str, Any]) -> Mistake:
    place = _without_tag(details["loc"])
    if details["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        place = (*place, "scheme")
    shown = place[:-1] if place[-1] == "[key]" else place
    return Mistake(
        place,
        Complaint(named(shown, said), _text(details, place, said)),
        missing=details["type"] in {"missing", "union_tag_not_found"},
        unknown=details["type"] == "extra_forbidden",
    )


def _without_tag(place: Place) -> Place:
    """Pydantic puts the scheme of a role into the place of what is wrong in it; a file has no such level."""
    if place[0] in NAMED_TABLES and len(place) > 2 and place[2] != "[key]":
        return (*place[:2], *place[3:])
    return place


def _text(details: ErrorDetails, place: Place, said: Mapping[str, Any]) -> str:
    kind, value, limits = details["type"], details["input"], details.get("ctx", {})
    if kind == "union_tag_invalid":
        value = value["scheme"]
    if kind == "extra_forbidden":
        section = section_at(place[:-1], said)
        return f"no such key{nearest(str(place[-1]), keys_of(section) if section else ())}"
    if kind == "union_tag_not_found":
        return f"is missing; expected {alternatives(SCHEMES)}"
    if kind == "missing":
        return f"is missing; expected the {description_at(place, said)}"
    if place[-1] == "[key]":
        return f"expected {PATTERNS[limits['pattern']] if 'pattern' in limits else 'a shorter name'}"
    return f"expected {_expected(kind, limits, place, value)}, came {_seen(place, value, kind)}{_hint(kind, limits, value)}"


def _expected(kind: str, limits: Mapping[str, Any], place: Place, value: object) -> str:
    match kind:
        case "literal_error" | "union_tag_invalid":
            words = _words(limits)
            return alternatives(words) if words else str(limits["expected"])
        case "bool_type":
            return "true or false"
        case "int_type" | "int_from_float":
            return "a whole number"
        case "float_type":
            return "a number"
        case "string_type":
            return "text in quotes"
        case "string_pattern_mismatch" if not SECRET_KEYS.isdisjoint(map(str, place)):
            return "the name of a secret in [secrets]"
        case "string_pattern_mismatch":
            return PATTERNS[limits["pattern"]]
        case "string_too_short":
            return f"at least {_count(limits['min_length'], 'character')}"
        case "string_too_long":
            return f"at most {_count(limits['max_length'], 'character')}"
        case "too_short":
            return "at least one entry"
        case "greater_than":
            return f"more than {limits['gt']:g}"
        case "greater_than_equal":
            return f"at least {limits['ge']:g}"
        case "less_than":
            return f"less than {limits['lt']:g}"
        case "less_than_equal":
            return f"at most {limits['le']:.9g}"
        case "tuple_type" if len(place) == 1 and place[0] in TABLE_LISTS:
            return f"a list of tables, each begun by [[{place[0]}]]"
        case "tuple_type":
            return "a list"
        case "model_type" | "model_attributes_type" | "dict_type" if place[0] == "secrets" and len(place) > 1:
            return '{ env = "NAME" } or { file = "PATH" }, never the value itself'
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"a table, begun by [{place[0]}]" if len(place) == 1 else "a table"
    return f"something else ({kind.replace('_', ' ')})"


def _seen(place: Place, value: object, kind: str) -> str:
    sensitive = (
        place[0] == "secrets"
        or (place[0] in NAMED_TABLES and len(place) <= 2)
        or not SECRET_KEYS.isdisjoint(map(str, place))
    )
    if isinstance(value, str) and (sensitive or "@" in value):
        return "other text"
    if kind == "string_too_short" and value == "":
        return "an empty text"
    return "an empty list" if value == [] else "an empty table" if value == {} else came(value)


def _hint(kind: str, limits: Mapping[str, Any], value: object) -> str:
    if kind in {"bool_type", "int_type", "float_type"} and isinstance(value, str):
        return "" if MOMENT.match(value) else "; write it without quotes"
    if kind == "string_pattern_mismatch" and re.fullmatch(limits["pattern"], str(value).upper()):
        return f'; did you mean "{str(value).upper()}"?'
    if kind in {"literal_error", "union_tag_invalid"}:
        clause = nearest(str(value), _words(limits)) if _words(limits) else ""
        return clause if "did you mean" in clause else ""
    return ""


def _words(limits: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(limits.get("expected_tags", limits.get("expected", ""))))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
