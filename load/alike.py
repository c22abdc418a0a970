"""
What every process of a load run has to say alike, or one of them would ask something else in the name of all.

The plan comes from the master; what an arrival asks, and which answer is good, each reads in its own target file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from load.written import file_of
from prodverify.objectives.fingerprint import slos_hash
from prodverify.target.load import Target

_SECTIONS = {
    "asking": "[asking]",
    "roles": "[roles]",
    "endpoints": "[[endpoints]]",
    "journeys": "[[journeys]]",
    "rate_limit": "[rate_limit]",
    "load": "[load]",
}
_OF_EACH_MACHINE = {"asking": {"ca_bundle", "client_certificate", "client_key"}, "load": {"written"}}
"""Paths: what lies there is looked at, or is nobody else's."""


def said(target: Target) -> dict[str, str]:
    """
    A hash of everything that decides what a load run of ``target`` asks, by the name that a person knows it by; no
    secret is in any of them. Raises OSError where a file of hand-written arrivals cannot be read.
    """
    promises, declared = target.promises, target.promises.load
    assert declared is not None
    values = promises.model_dump(mode="json", include=set(_SECTIONS), exclude=_OF_EACH_MACHINE)
    hashes = {"base_url": _hash(target.base_url), "[[slos]]": slos_hash(promises.slos)}
    hashes |= {words: _hash(values[name]) for name, words in _SECTIONS.items()}
    for name, path in declared.written.items():
        hashes[f"load.written {name}"] = sha256(file_of(name, path, target.folder).read_bytes()).hexdigest()
    return hashes


def differing(own: Mapping[str, str], others: Mapping[str, str]) -> Iterator[str]:
    """What of two processes is not the same, by its name."""
    return (name for name in {**others, **own} if own.get(name) != others.get(name))


def _hash(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
