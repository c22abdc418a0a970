"""Whether a body's JSON Schema in a target file is one that can judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def wrong_schema(schema: dict[str, Any]) -> str:
    """What keeps ``schema`` from being usable; empty where nothing does. Imports jsonschema, which takes 60 ms."""
    import jsonschema  # type: ignore[import-untyped]

    draft = schema.get("$schema", jsonschema.Draft202012Validator.META_SCHEMA["$id"])
    if not isinstance(draft, str) or draft.rstrip("#") not in _drafts():
        return "expected $schema to name a draft of JSON Schema, or no $schema at all for 2020-12"
    try:
        jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator).check_schema(schema)
    except jsonschema.SchemaError as error:
        at = "/".join(str(part) for part in error.absolute_path) or "its top"
        return f"expected a JSON Schema; at {at}: {error.message[:200]}"
    for reference in _references(schema):
        if not reference.startswith("#"):
            return "expected $ref to begin with #: schemas are never fetched"
        if reference.startswith("#/") and not _resolves(schema, reference):
            return f'$ref "{reference}" points at nothing in this schema'
    return ""


def _drafts() -> set[str]:
    import jsonschema

    names = ("3", "4", "6", "7", "201909", "202012")
    metaschemas = [getattr(jsonschema, f"Draft{name}Validator").META_SCHEMA for name in names]
    return {str(metaschema.get("$id") or metaschema["id"]).rstrip("#") for metaschema in metaschemas}


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"$ref", "$dynamicRef"} and isinstance(value, str):
                yield value
            elif key not in {"const", "enum", "examples", "default"}:
                yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _resolves(schema: Any, reference: str) -> bool:
    from urllib.parse import unquote

    for word in unquote(reference[2:]).split("/"):
        key = word.replace("~1", "/").replace("~0", "~")
        if isinstance(schema, dict) and key in schema:
            schema = schema[key]
        elif isinstance(schema, list) and key.isdigit() and int(key) < len(schema):
            schema = schema[int(key)]
        else:
            return False
    return True
