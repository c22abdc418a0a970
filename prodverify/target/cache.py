"""What is promised of the cache: a Redis or a Valkey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from prodverify.target.section import Name, Percent, PositiveFloat, PositiveInt, SecretName, Section
from prodverify.target.wording import Complaint, Place

if TYPE_CHECKING:
    from prodverify.target.model import Promises


class Cache(Section):
    """``[cache]``: Redis, Valkey, or what speaks as they do."""

    address: SecretName = Field(
        description="name of the secret that holds the address: redis://USER:PASSWORD@HOST:PORT/0, rediss://, unix://"
    )
    answers_within_ms: PositiveFloat = Field(
        100.0, description="it answers within this many milliseconds, the quickest of five"
    )
    hit_percent: Percent | None = Field(None, description="share of lookups that find something, at least")
    confidence_percent: float = Field(95.0, gt=50, lt=100, description="confidence of that verdict")
    window_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        5.0, description="time between two readings of its counters: counters since its start say nothing of today"
    )
    endpoint: Name | None = Field(
        None, description="endpoint that is answered out of it, asked meanwhile; absent: only others' lookups count"
    )
    role: str = Field("anonymous", description="role that asks it")
    requests: PositiveInt = Field(40, description="requests to it; with them the window is as long as they take")
    evictions_per_second: Annotated[float, Field(ge=0)] | None = Field(
        None, description="entries that it throws away for want of memory, at most"
    )
    policy: (
        Literal[
            "noeviction",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
        ]
        | None
    ) = Field(None, description="what it throws away when its memory is full (maxmemory-policy)")
    memory_percent: Percent | None = Field(None, description="share of its memory limit that is used, at most")


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Keys of ``[cache]`` that mean nothing without another."""
    cache = promises.cache
    if cache is None:
        return
    place: Place = ("cache",)
    if cache.endpoint is None:
        for key in sorted({"role", "requests"} & cache.model_fields_set):
            yield Complaint((*place, key), "says how endpoint is asked, and there is none; add endpoint")
    elif "window_seconds" in cache.model_fields_set:
        yield Complaint(
            (*place, "window_seconds"), "means nothing with endpoint: the window is as long as requests take"
        )
    asked = next((each for each in promises.endpoints if each.name == cache.endpoint), None)
    if asked is not None and asked.method not in ("GET", "HEAD"):
        yield Complaint((*place, "endpoint"), f"expected an endpoint that is read, came one of method {asked.method}")
    if cache.hit_percent is None and "confidence_percent" in cache.model_fields_set:
        yield Complaint((*place, "confidence_percent"), "is that of hit_percent, which is missing")
