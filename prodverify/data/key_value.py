"""What a Redis or Valkey says of itself in INFO. Pure: text and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MEMBERS = ("run_id", "keyspace_hits", "keyspace_misses", "evicted_keys", "used_memory", "maxmemory")


@dataclass(frozen=True, slots=True)
class Reading:
    """
    Counters and limits at one moment.

    ``at`` is in seconds of a monotonic clock. Hits, misses and evictions count from the server's start or from the last
    reset of its statistics; ``started`` changes with every start. Memory is in bytes; a limit of 0 is none.
    """

    at: float
    started: str
    hits: int
    misses: int
    evicted: int
    used_bytes: int
    limit_bytes: int
    policy: str
    server: str
    replica: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Two readings of one server, and how long each of a few questions took in between, in milliseconds."""

    first: Reading
    second: Reading
    elapsed_ms: tuple[float, ...]


def read(said: Mapping[str, object], at: float) -> Reading:
    """The reading in the members of INFO. Raises ``ValueError`` where it lacks one or counts in no number."""
    lacking = [member for member in MEMBERS if member not in said]
    if lacking:
        raise ValueError(f"INFO without {', '.join(lacking)}")
    name = "valkey" if "valkey_version" in said else "redis"
    return Reading(
        at=at,
        started=str(said["run_id"]),
        hits=_count(said, "keyspace_hits"),
        misses=_count(said, "keyspace_misses"),
        evicted=_count(said, "evicted_keys"),
        used_bytes=_count(said, "used_memory"),
        limit_bytes=_count(said, "maxmemory"),
        policy=str(said.get("maxmemory_policy", "")),
        server=f"{name.capitalize()} {said.get(f'{name}_version', 'of an unknown version')}",
        replica=said.get("role") == "slave",
    )


def _count(said: Mapping[str, object], member: str) -> int:
    value = said[member]
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError(f"INFO whose {member} is no count")
    return number
