"""The JSON Schema of target files, by which editors complete and explain their keys."""

from __future__ import annotations

import json
from typing import Any

from prodverify.target.model import Promises

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that editors of TOML (taplo) and YAML understand alike."""

FILE = "target.schema.json"
"""Beside the target files, each of which names it in its first line."""


def rendered() -> str:
    """The schema as ``targets/target.schema.json`` holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of a target file."""
    generated = Promises.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = generated.pop("$defs")
    simple = _simplified({**generated, "definitions": definitions})
    return {"$schema": DRAFT, "title": "A target of prodverify", **simple}


def _simplified(part: Any) -> Any:
    """
    What draft 7 and TOML make of pydantic's schema.

    TOML has no null, so optional values are plain ones. Draft 7 ignores what stands beside ``$ref``, so a reference
    with an explanation goes into ``allOf``. ``discriminator`` is OpenAPI's, generated titles repeat the key.
    """
    if isinstance(part, list):
        return [_simplified(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    kept = {key: value for key, value in part.items() if not _is_noise(key, value)}
    members = [member for member in kept.get("anyOf", ()) if member != {"type": "null"}]
    if len(members) == 1:
        del kept["anyOf"]
        kept = {**members[0], **kept}
    if "$ref" in kept and len(kept) > 1:
        kept = {"allOf": [{"$ref": kept.pop("$ref")}], **kept}
    return {key: _simplified(value) for key, value in kept.items()}


def _is_noise(key: str, value: Any) -> bool:
    return key == "discriminator" or (key == "title" and isinstance(value, str)) or (key == "default" and value is None)
