"""Nobody waits for a connection of a pool, and there is room for the next client."""

from __future__ import annotations

from prodverify.data.health.pool import Pool, Pooler
from prodverify.judges import database_connections
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, warn
from prodverify.target.database import PromisedPool

NAMED = 5
"""Pools that are named at most, the worst first."""


def judge(pooler: Pooler, promised: PromisedPool, warn_percent: float, fail_percent: float) -> list[Finding]:
    """
    No client waits for more than ``max_waiting_seconds``, and less than ``fail_percent`` of the clients' limit is used.

    A pool of which every connection is in use serves its clients one after the other, which is what it is for; so from
    ``warn_percent`` on somebody is told, and only waiting breaks the promise (SPEC D5).
    """
    found = [*_unknown(pooler, promised), *_closed(pooler, promised)]
    judged = [pool for pool in pooler.pools if _meant(pool.database, promised)]
    for pool in sorted(judged, key=lambda each: -each.waits_seconds)[:NAMED]:
        if pool.waiting > 0 and pool.waits_seconds > promised.max_waiting_seconds:
            found.append(
                fail(
                    "pool-exhausted",
                    f"no wait for a connection of more than {promised.max_waiting_seconds:g} s",
                    f"{_named(pool)}, and {pool.waiting} waiting, the first for {pool.waits_seconds:.1f} s",
                    next_step="find what holds them (SHOW SERVERS, transactions that stay open); then raise pool_size",
                )
            )
    for pool in sorted(judged, key=_share, reverse=True)[:NAMED]:
        if _share(pool) >= warn_percent:
            expected = f"less than {warn_percent:g} % of a pool's connections in use"
            step = "look at how long transactions take; raise pool_size as far as max_connections of the server goes"
            found.append(warn("pool-scarce", expected, _named(pool), next_step=step))
    if pooler.part:
        step = "let each process listen at a socket of its own, and declare each in [[database.pools]]"
        found.append(
            warn("pool-part", "all of the pooler to be read", "one process of several (so_reuseport)", next_step=step)
        )
    limits = [pooler.clients, *(limit for name, limit in pooler.limits if _meant(name, promised))]
    return [*found, *database_connections.judge(limits, warn_percent, fail_percent)]


def _unknown(pooler: Pooler, promised: PromisedPool) -> list[Finding]:
    return [
        inconclusive(
            "pool-unknown",
            f"the pooler to know database {quote(name, 63)}",
            "it does not, or nobody has used it yet",
            next_step="write the name on the left side in [databases] of the pooler into databases",
        )
        for name in promised.databases
        if name not in pooler.databases
    ]


def _closed(pooler: Pooler, promised: PromisedPool) -> list[Finding]:
    """
    A closed database that nobody named may be meant: retired, or paused for a switchover. One that is named breaks the
    promise, and so do all of them together, as nobody gets through.
    """
    all_closed = {name for name, _ in pooler.closed} >= set(pooler.databases)
    judged = fail if promised.databases or all_closed else warn
    mend = {"paused": "RESUME it", "disabled": "ENABLE it"}
    return [
        judged(
            "pool-closed",
            "a pooler that lets clients through",
            f"database {quote(name, 63)} is {word}",
            next_step=f"{mend[word]}, or name the others in databases of [[database.pools]]",
        )
        for name, word in pooler.closed
        if _meant(name, promised)
    ]


def _meant(database: str, promised: PromisedPool) -> bool:
    return not promised.databases or database in promised.databases


def _share(pool: Pool) -> float:
    return 100.0 * pool.active / pool.size if pool.size > 0 else 0.0


def _named(pool: Pool) -> str:
    return f"database {quote(pool.database, 63)}, user {quote(pool.user, 63)}: {pool.active} of {pool.size} in use"
