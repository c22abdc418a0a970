"""Objectives as they stand in a target file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from prodverify.target.section import Section
from prodverify.target.slos import Slo


def written(slos: Sequence[Slo]) -> str:
    """``[[slos]]`` entries, in TOML, of the keys that ``slos`` state."""
    return "\n".join("".join(f"{line}\n" for line in _entry(slo)) for slo in slos)


def _entry(slo: Slo) -> Iterator[str]:
    yield "[[slos]]"
    stated = _stated(slo)
    metrics = stated.pop("metrics", None)
    for key, value in stated.items():
        yield f"{key} = {_value(value)}"
    if metrics is not None:
        yield "[slos.metrics]"
        for key, value in metrics.items():
            yield f"{key} = {_value(value)}"


def _stated(section: Section) -> dict[str, Any]:
    said = {key: getattr(section, key) for key in type(section).model_fields if key in section.model_fields_set}
    return {key: _plain(value) for key, value in said.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Section):
        return _stated(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        # A label with one value is written as that value.
        return {key: one[0] if isinstance(one, tuple) and len(one) == 1 else _plain(one) for key, one in value.items()}
    return value


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # JSON's strings are TOML's, but for one character that TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(one)}' for key, one in value.items())} }}" if value else "{}"
    return repr(value)
