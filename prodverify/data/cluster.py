"""One ephemeral PostgreSQL: on a unix socket in a private folder, gone with whoever made it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from prodverify.data.account import NoAccount, unprivileged
from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache, CacheError
from prodverify.data.server import ClusterError, Server, choose_place, prepare
from prodverify.data.supervisor import Supervisor, SupervisorError
from prodverify.data.sweep import sweep

__all__ = ["Cluster", "ClusterError"]


class Cluster:
    """
    A running, ephemeral PostgreSQL with its own supervisor; made by ``create()``, used as a context manager.

    It listens on a unix socket alone, in a private folder of mode 0700; it runs as an unprivileged account when we are
    root; nothing of it is durable. It is gone after ``stop()``, and also when this process is killed.
    """

    def __init__(self, server: Server, exposed: str = "") -> None:
        self.server = server
        self.exposed = exposed
        """Why it was not cut off from the network, as a clause; empty where it was, or where nobody asked for it."""

    @classmethod
    def create(
        cls,
        binaries: Binaries,
        *,
        parent: Path | None = None,
        template: Path | None = None,
        name: str = "pv",
        cut_off: bool = False,
        settings: Mapping[str, str] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """
        Make and start one: from nothing by initdb, or as a clone of the stopped data folder ``template``.

        Its folder, ``<name>-<16 hexadecimal digits>``, is made in ``parent``, by default the system's folder for
        temporary files. With ``cut_off`` it reaches no network, where this machine allows that; ``exposed`` says why
        not. ``settings`` of the server go before ours. First it sweeps what killed runs left. Raises ClusterError.
        """
        try:
            account = unprivileged()
            cache = Cache.locate(account, environ)
            sweep(cache.ledgers)
            usable = cache.reachable(binaries)
            place = choose_place(account, parent, name)
            supervisor = Supervisor.start(cache.ledgers)
        except (NoAccount, CacheError, SupervisorError) as problem:
            raise ClusterError(f"PostgreSQL could not be set up: {problem}") from problem
        try:
            exposed = supervisor.leave_network() if cut_off else ""
            server = prepare(supervisor, usable, account, place)
            if template:
                server.clone(template)
            else:
                server.make()
            server.start(settings)
        except SupervisorError as problem:
            supervisor.stop()
            raise ClusterError(f"PostgreSQL could not be set up: {problem}") from problem
        except BaseException:
            supervisor.stop()
            raise
        return cls(server, exposed)

    @property
    def folder(self) -> Path:
        """The private folder, which holds everything of this cluster."""
        return self.server.place

    @property
    def binaries(self) -> Binaries:
        """The programs that the server runs from."""
        return self.server.binaries

    @property
    def user(self) -> str:
        """The superuser's role in the database."""
        return self.server.user

    @property
    def account(self) -> str:
        """The user of this machine that the server runs as."""
        return self.server.account.name

    def dsn(self, dbname: str = "postgres") -> str:
        """How to connect as superuser, as a URI. It holds no password."""
        return self.server.dsn(dbname)

    def stop(self) -> None:
        """End the server at once and remove its folder; may be called again."""
        self.server.supervisor.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
