"""
A cache is there, finds what it is asked for, and has room.

Hits and evictions are judged between two readings. A rate since the server's start hides a bad hour in good months;
where the server was started again or its counters were reset in between, nothing can be told.
"""

from __future__ import annotations

from collections.abc import Sequence

from prodverify.data.key_value import Counters, Memory, Window
from prodverify.objectives.counts import Counts
from prodverify.objectives.verdict import judge as judge_share
from prodverify.record.findings import Finding, fail, inconclusive, info, warn
from prodverify.record.states import State


def judge_answers(elapsed_ms: Sequence[float], within_ms: float) -> list[Finding]:
    """The quickest of a few questions was answered in time: one pause of ours is none of the cache's."""
    expected = f"an answer within {within_ms:g} ms"
    if not elapsed_ms:
        return [inconclusive("cache-not-asked", expected, "no question was asked")]
    observed = f"the quickest of {len(elapsed_ms)} took {min(elapsed_ms):.1f} ms"
    if min(elapsed_ms) > within_ms:
        return [fail("cache-slow", expected, observed, next_step="look at its load, and at the way from here to it")]
    return [info("cache-answers", expected, observed)]


def judge_hits(seen: Window, hit_percent: float, confidence_percent: float) -> list[Finding]:
    """At least so many of the lookups between both readings found something, with the confidence stated."""
    expected = f"at least {hit_percent:g} % of lookups find something"
    if broken := _apart(seen, expected):
        return broken
    hits, misses = seen.second.hits - seen.first.hits, seen.second.misses - seen.first.misses
    seconds = seen.second.at - seen.first.at
    if hits + misses == 0:
        return [
            inconclusive(
                "cache-not-looked-up",
                expected,
                f"no lookup in {seconds:.1f} s",
                next_step="let endpoint in [cache] name one that is answered out of it, or make window_seconds longer",
            )
        ]
    judged = judge_share(
        Counts(hits + misses, misses), objective_percent=hit_percent, confidence_percent=confidence_percent
    )
    observed = f"{hits:,} of {hits + misses:,} did in {seconds:.1f} s; {judged.sentence}"
    if judged.state is State.FAIL:
        step = "look at what is asked for and not kept: keys that change, lives that are too short, evictions"
        return [fail("cache-hits-few", expected, observed, next_step=step)]
    if judged.state is State.INCONCLUSIVE:
        step = "let [cache] send more requests, or make window_seconds longer"
        return [inconclusive("cache-hits-undecided", expected, observed, next_step=step)]
    return [info("cache-hits", expected, observed), *_alone(seen.second)]


def judge_evictions(seen: Window, per_second: float) -> list[Finding]:
    """
    No more entries were thrown away for want of memory than allowed; a replica throws away what its primary says.

    https://redis.io/docs/latest/operate/oss_and_stack/management/replication/, "maxmemory on replicas"
    """
    expected = f"at most {per_second:g} evictions a second"
    if seen.second.replica:
        step = "write the address of its primary into the secret that [cache] names"
        return [inconclusive("cache-replica", expected, "a replica, which throws nothing away itself", next_step=step)]
    if broken := _apart(seen, expected):
        return broken
    evicted = seen.second.evicted - seen.first.evicted
    seconds = seen.second.at - seen.first.at
    observed = f"{evicted:,} in {seconds:.1f} s"
    if seconds <= 0:
        return [inconclusive("cache-window-empty", expected, "both readings were taken at one moment")]
    if evicted / seconds > per_second:
        return [fail("cache-evicts", expected, observed, next_step="give it more memory, or keep less in it")]
    return [info("cache-evictions", expected, observed), *_alone(seen.second)]


def judge_policy(reading: Memory, policy: str) -> list[Finding]:
    """It throws away what was promised, and nothing else; without a limit it throws away nothing, and grows."""
    expected = f"maxmemory-policy {policy}"
    if not reading.policy:
        return [inconclusive("cache-policy-untold", expected, f"{reading.server} does not say it")]
    findings = []
    if reading.policy != policy:
        step = "set it, and see what set it otherwise: with noeviction a full cache refuses writes"
        findings.append(fail("cache-policy-differs", expected, f"{reading.policy} at {reading.server}", next_step=step))
    if reading.limit_bytes == 0 and policy != "noeviction":
        step = "set maxmemory below what the machine can give"
        findings.append(warn("cache-unbounded", "a limit of its memory", "none (maxmemory 0)", next_step=step))
    return findings


def judge_memory(reading: Memory, percent: float) -> list[Finding]:
    """It uses no more than so much of its limit."""
    expected = f"at most {percent:g} % of its memory in use"
    if reading.limit_bytes == 0:
        step = "set maxmemory; without a limit there is no share of it"
        return [inconclusive("cache-memory-unlimited", expected, "it has no limit (maxmemory 0)", next_step=step)]
    used = 100.0 * reading.used_bytes / reading.limit_bytes
    observed = f"{used:.1f} % of {reading.limit_bytes / 2**20:,.1f} MiB"
    if used > percent:
        return [fail("cache-memory-short", expected, observed, next_step="give it more memory, or keep less in it")]
    return [info("cache-memory", expected, observed), *_alone(reading)]


def _alone(reading: Counters | Memory) -> list[Finding]:
    """That a node of a cluster speaks for itself alone."""
    if not reading.part:
        return []
    step = "verify each node by a target file of its own, or by the provider's monitoring"
    return [warn("cache-part", "all of the cache to be read", "one node of a cluster, and no other", next_step=step)]


def _apart(seen: Window, expected: str) -> list[Finding]:
    """What keeps the two readings from being compared."""
    first, second = seen.first, seen.second
    if first.started != second.started:
        return [inconclusive("cache-restarted", expected, "it was started again in between", next_step="repeat it")]
    if second.hits < first.hits or second.misses < first.misses or second.evicted < first.evicted:
        return [
            inconclusive("cache-counters-reset", expected, "its counters were reset in between", next_step="repeat it")
        ]
    return []
