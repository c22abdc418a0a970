"""The shape of a target file, walked: which keys belong at a place, and the line that explains one."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from prodverify.target.model import Promises
from prodverify.target.section import Section
from prodverify.target.wording import Place


def keys_of(section: type[Section]) -> dict[str, FieldInfo]:
    """The keys of a section as a file writes them."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def section_at(place: Place, said: Mapping[str, Any]) -> type[Section] | None:
    """The section that ``place`` is in or is, given what the file says there; None where it is free-form."""
    annotation: Any = Promises
    value: Any = said
    for part in place:
        annotation = _inner(annotation, part)
        value = _value(value, part)
        annotation = _chosen(annotation, value)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def description_at(place: Place, said: Mapping[str, Any]) -> str:
    """The line that explains the key at ``place``; empty where there is no such key."""
    section = section_at(place[:-1], said)
    field = keys_of(section).get(str(place[-1])) if section else None
    return (field.description or "") if field else ""


def _inner(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        field = keys_of(annotation).get(str(part))
        return field.annotation if field else None
    if get_origin(annotation) in (tuple, dict):
        return get_args(annotation)[0 if isinstance(part, int) else 1]
    return None


def _chosen(annotation: Any, value: Any) -> Any:
    """``annotation`` without its trimmings; of several sections the one that ``value`` says it is."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    members = [member for member in get_args(annotation) if member is not type(None)]
    if len(members) == 1:
        return _chosen(members[0], value)
    scheme = value.get("scheme") if isinstance(value, Mapping) else None
    return next((m for m in members if scheme in get_args(m.model_fields["scheme"].annotation)), None)


def _value(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None
