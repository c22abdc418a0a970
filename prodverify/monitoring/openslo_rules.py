"""
What a document of OpenSLO v1 must be, written down from its specification (https://github.com/OpenSLO/OpenSLO).

A check of our own: the project's published schemas are not part of this repository, as their licence could not be
confirmed. Where those and the text disagree the text is followed: ``alertPolicies`` are references or policies, for the
schemas they are names, which are taken too. What its own examples do is right: names with capitals, no ``op``, no
``counter``, any text as an annotation. Of the kind DataSource it knows the envelope alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

MOST = 100
"""Complaints about one document: more are of one cause."""
_NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[a-zA-Z0-9][a-zA-Z0-9.|/\\-]*\Z"}
_VALUE = {"type": "string"}
_KEY = {"type": "string", "pattern": r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}\Z"}
_TEXT = {"type": "string", "minLength": 1}
_DESCRIPTION = {"type": "string", "maxLength": 1050}
_SPAN = {"type": "string", "pattern": r"^[1-9][0-9]{0,8}[mhdwMQY]\Z"}
_DELAY = {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,8})[mhdwMQY]\Z"}
_OPERATOR = {"enum": ["lte", "gte", "lt", "gt"]}
_SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
_METADATA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": _NAME,
        "displayName": _TEXT,
        "labels": {
            "type": "object",
            "propertyNames": _KEY,
            "additionalProperties": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]},
        },
        "annotations": {"type": "object", "propertyNames": _KEY, "additionalProperties": _VALUE},
    },
}
_SOURCE = {
    "type": "object",
    "required": ["metricSource"],
    "properties": {
        "metricSource": {
            "type": "object",
            "properties": {"metricSourceRef": _NAME, "type": _TEXT, "spec": {"type": "object"}},
        }
    },
}
_INDICATOR = {
    "type": "object",
    "properties": {
        "description": _DESCRIPTION,
        "thresholdMetric": _SOURCE,
        "ratioMetric": {
            "type": "object",
            "properties": {
                "counter": {"type": "boolean"},
                "good": _SOURCE,
                "bad": _SOURCE,
                "total": _SOURCE,
                "raw": _SOURCE,
                "rawType": {"enum": ["success", "failure"]},
            },
            "oneOf": [
                {"required": ["good", "total"]},
                {"required": ["bad", "total"]},
                {"required": ["raw", "rawType"]},
            ],
        },
    },
    "oneOf": [{"required": ["thresholdMetric"]}, {"required": ["ratioMetric"]}],
}
_WINDOW = {
    "type": "object",
    "required": ["duration"],
    "properties": {
        "duration": _SPAN,
        "isRolling": {"type": "boolean"},
        "calendar": {"type": "object", "required": ["startTime", "timeZone"]},
    },
    "anyOf": [
        {"properties": {"isRolling": {"const": True}}, "required": ["isRolling"]},
        {"required": ["calendar"]},
    ],
}
_OBJECTIVE = {
    "type": "object",
    "oneOf": [{"required": ["target"]}, {"required": ["targetPercent"]}],
    "properties": {
        "displayName": _TEXT,
        "op": _OPERATOR,
        "value": {"type": "number"},
        "target": _SHARE,
        "targetPercent": {"type": "number", "minimum": 0, "exclusiveMaximum": 100},
        "timeSliceTarget": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "timeSliceWindow": {"anyOf": [_SPAN, {"type": "number", "exclusiveMinimum": 0}]},
    },
}
_CONDITION = {
    "type": "object",
    "required": ["severity", "condition"],
    "properties": {
        "description": _DESCRIPTION,
        "severity": _TEXT,
        "condition": {
            "type": "object",
            "required": ["threshold", "lookbackWindow"],
            "properties": {
                "kind": {"const": "burnrate"},
                "op": _OPERATOR,
                "threshold": {"type": "number"},
                "lookbackWindow": _SPAN,
                "alertAfter": _DELAY,
            },
        },
    },
}
_POLICY = {
    "type": "object",
    "required": ["conditions", "notificationTargets"],
    "properties": {
        "description": _DESCRIPTION,
        "alertWhenBreaching": {"type": "boolean"},
        "alertWhenResolved": {"type": "boolean"},
        "alertWhenNoData": {"type": "boolean"},
        "conditions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "oneOf": [
                    {"required": ["conditionRef"], "properties": {"conditionRef": _NAME}},
                    {"required": ["kind", "spec"], "properties": {"spec": _CONDITION}},
                ],
            },
        },
        "notificationTargets": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "anyOf": [{"required": ["targetRef"]}, {"required": ["kind", "spec"]}]},
        },
    },
}
_POLICY_OF_SLO = {
    "type": ["string", "object"],
    "anyOf": [
        _NAME,
        {"type": "object", "required": ["alertPolicyRef"], "properties": {"alertPolicyRef": _NAME}},
        {"type": "object", "required": ["kind", "spec"], "properties": {"spec": _POLICY}},
    ],
}
_SPECS: dict[str, dict[str, Any]] = {
    "Service": {"type": "object", "properties": {"description": _DESCRIPTION}},
    "SLI": _INDICATOR,
    "SLO": {
        "type": "object",
        "required": ["service", "budgetingMethod", "objectives"],
        "properties": {
            "description": _DESCRIPTION,
            "service": _NAME,
            "indicator": {
                "type": "object",
                "required": ["metadata", "spec"],
                "properties": {"metadata": _METADATA, "spec": _INDICATOR},
            },
            "indicatorRef": _NAME,
            "timeWindow": {"type": "array", "maxItems": 1, "items": _WINDOW},
            "budgetingMethod": {"enum": ["Occurrences", "Timeslices", "RatioTimeslices"]},
            "objectives": {"type": "array", "minItems": 1, "items": _OBJECTIVE},
            "alertPolicies": {"type": "array", "items": _POLICY_OF_SLO},
        },
        "oneOf": [{"required": ["indicator"]}, {"required": ["indicatorRef"]}],
    },
    "AlertCondition": _CONDITION,
    "AlertPolicy": _POLICY,
    "AlertNotificationTarget": {
        "type": "object",
        "required": ["target"],
        "properties": {"description": _DESCRIPTION, "target": {"type": "string"}},
    },
    "DataSource": {"type": "object"},
}


def complaints(document: object) -> tuple[str, ...]:
    """A sentence for each thing that is wrong with one document: where, and what; empty where nothing is."""
    if not isinstance(document, dict):
        return ("expected a document with apiVersion, kind, metadata and spec",)
    if document.get("apiVersion") != "openslo/v1":
        return (f"apiVersion: expected openslo/v1, came {document.get('apiVersion')!r}",)
    if not isinstance(document.get("kind"), str) or document["kind"] not in _SPECS:
        return (f"kind: expected {', '.join(_SPECS)}, came {document.get('kind')!r}",)
    return tuple(_wrong(document))


def _wrong(document: dict[str, Any]) -> Iterator[str]:
    errors = islice(_validator(document["kind"]).iter_errors(document), MOST)
    for error in sorted(errors, key=lambda one: list(map(str, one.path))):
        place = ".".join(map(str, error.absolute_path)) or "document"
        message = error.message if len(error.message) < 200 else f"{error.message[:200]}..."
        if error.validator in ("oneOf", "anyOf"):
            message = f"expected exactly one of {_choices(error.validator_value)}"
        yield f"{place}: {message}"


def _choices(schemas: object) -> str:
    needed = [one.get("required", []) for one in schemas if isinstance(one, dict)] if isinstance(schemas, list) else []
    return ", ".join(" with ".join(names) for names in needed if names) or "its forms"


@cache
def _validator(kind: str) -> Any:
    import jsonschema  # type: ignore[import-untyped]

    return jsonschema.Draft7Validator(
        {
            "type": "object",
            "required": ["apiVersion", "kind", "metadata", "spec"],
            "properties": {"metadata": _METADATA, "spec": _SPECS[kind]},
        }
    )
