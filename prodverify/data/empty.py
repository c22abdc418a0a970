"""An empty server for a drill: a clone of one that initdb made once for this machine, which saves most of a second."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache, CacheError, digest
from prodverify.data.cluster import Cluster
from prodverify.data.server import INITDB, ClusterError, choose_place, prepare
from prodverify.data.supervisor import Supervisor, SupervisorError


def empty_cluster(
    programs: Binaries,
    *,
    name: str,
    small: bool,
    cut_off: bool = False,
    settings: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Cluster:
    """
    A running, ephemeral cluster without a database of anybody's; its folder's name begins with ``name``.

    ``small`` says that what will be put into it leaves it below 100 MB or so, as ``choose_place`` wants to know;
    ``cut_off`` that it is to reach no network; ``settings`` of the server go before ours.

    All such clusters of one machine and version have one system identifier, which no other server has. Raises
    ``ClusterError``.
    """
    try:
        account = unprivileged()
        cache = Cache.locate(account, environ)
        key = f"empty-{programs.version}-{digest(str(programs.folder), str(account.uid), *INITDB)}"
        with ExitStack() as made:

            def make(draft: Path) -> None:
                supervisor = Supervisor.start(cache.ledgers)
                made.callback(supervisor.stop)  # after the draft has got its name: the supervisor removes what it made
                server = prepare(supervisor, cache.reachable(programs), account, choose_place(account))
                server.make()
                supervisor.make_folder(draft, account)
                server.copy_to(draft)

            with cache.template(key, make) as (template, _):
                parent = choose_place(account, small=small).parent
                return Cluster.create(
                    programs,
                    parent=parent,
                    template=template,
                    name=name,
                    cut_off=cut_off,
                    settings=settings,
                    environ=environ,
                )
    except (NoAccount, CacheError, SupervisorError, OSError) as problem:
        raise ClusterError(f"An empty PostgreSQL could not be set up: {problem}") from problem
