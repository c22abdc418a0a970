"""What a Redis or Valkey says of itself in INFO. Pure: text and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COUNTED = ("keyspace_hits", "keyspace_misses", "evicted_keys")
MEASURED = ("used_memory", "maxmemory")


@dataclass(frozen=True, slots=True)
class Counters:
    """
    Lookups and evictions since the server's start, or the last reset of its statistics.

    ``at`` is in seconds of a monotonic clock; ``started`` changes with every start. A ``replica`` throws nothing away
    by itself; ``part`` says that it is one node of a cluster.
    """

    at: float
    started: str
    hits: int
    misses: int
    evicted: int
    replica: bool = False
    part: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Two readings of one server."""

    first: Counters
    second: Counters


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in bytes, of which a limit of 0 is none, and what is thrown away at that limit; ``part`` as above."""

    used_bytes: int
    limit_bytes: int
    policy: str
    server: str
    part: bool = False


def counters(said: Mapping[str, object], at: float) -> Counters:
    """The counters in the members of INFO. Raises ``ValueError`` where it lacks one or counts in no number."""
    hits, misses, evicted = _counts(said, COUNTED)
    replica = said.get("role") in ("slave", "replica")
    return Counters(at, str(said.get("run_id", "")), hits, misses, evicted, replica, _part(said))


def memory(said: Mapping[str, object]) -> Memory:
    """Memory and policy in the members of INFO. Raises ``ValueError`` as above; a policy that is not said is empty."""
    used_bytes, limit_bytes = _counts(said, MEASURED)
    name = "valkey" if "valkey_version" in said else "redis"
    server = f"{name.capitalize()} {said.get(f'{name}_version', 'of an unknown version')}"
    return Memory(used_bytes, limit_bytes, str(said.get("maxmemory_policy", "")), server, _part(said))


def _part(said: Mapping[str, object]) -> bool:
    return str(said.get("cluster_enabled")) == "1"


def _counts(said: Mapping[str, object], members: tuple[str, ...]) -> list[int]:
    if "sentinel" in (said.get("redis_mode"), said.get("server_mode")):
        raise ValueError("INFO of a Sentinel, which keeps nothing itself: write the address of its primary")
    if lacking := [member for member in members if member not in said]:
        raise ValueError(f"INFO without {', '.join(lacking)}")
    return [_count(said, member) for member in members]


def _count(said: Mapping[str, object], member: str) -> int:
    try:
        number = int(str(said[member]))
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError(f"INFO whose {member} is no count")
    return number
