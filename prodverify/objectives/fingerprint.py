"""The hash of a target's objectives: what every rule, dashboard, worker and record of one set of them carries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from prodverify.target.slos import Slo

DIGITS = 12
"""Hex digits of it: 48 bits, so that two sets of one team never meet, and still short enough for a label."""
_HOW_IT_IS_SAMPLED = {"role", "sample", "max_sample", "burst_requests", "profiles"}


def slos_hash(slos: Sequence[Slo]) -> str:
    """
    The first 12 hex digits of SHA-256 over the objectives as canonical JSON.

    Their order in the file means nothing, nor do keys that only say how the gate and load runs sample them. Keys that
    are absent and have no default are left out, so that a later version with one key more gives the same hash.
    """
    said = [
        slo.model_dump(mode="json", exclude=_HOW_IT_IS_SAMPLED, exclude_none=True)
        for slo in sorted(slos, key=lambda slo: slo.name)
    ]
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:DIGITS]
