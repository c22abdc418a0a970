"""A server with settings of its own, as production has them and our ephemeral ones have not."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prodverify.data.account import unprivileged
from prodverify.data.cache import Cache
from prodverify.data.server import USER, choose_place, prepare
from prodverify.data.supervisor import Supervisor

QUICK = {
    "fsync": "off",
    "autovacuum": "off",
    "unix_socket_permissions": "0700",
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "max_connections": "30",
    "shared_buffers": "16MB",
}
WAITS_SECONDS = 30


@dataclass
class Raised:
    """A running server: how to connect by its socket, and by TCP where it listens."""

    server: object
    port: int

    def dsn(self, dbname="postgres", user=USER):
        return f"postgresql://{user}@/{dbname}?host={self.server.place}&port={self.port}"

    def tcp(self, host="127.0.0.1", user=USER, **options):
        asked = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://{user}@{host}:{self.port}/postgres?{asked}"


@contextmanager
def raised(programs, settings, *, files=(), copy_of=None):
    """
    A server in a private folder, gone at the end; ``files`` (name, content) are put into its data folder.

    With ``copy_of`` it is a standby of that server, made by pg_basebackup.
    """
    account = unprivileged()
    cache = Cache.locate(account, os.environ)
    with Supervisor.start(cache.ledgers) as supervisor:
        server = prepare(supervisor, cache.reachable(programs), account, choose_place(account, small=True))
        if copy_of is None:
            server.make()
        else:
            command = [programs.tool("pg_basebackup"), "-D", server.data, "-R", "-X", "stream", "-c", "fast"]
            server._run("pg_basebackup", [*command, "-d", copy_of], WAITS_SECONDS, signal.SIGTERM)
        for name, content in files:
            path = server.data / name
            path.write_bytes(content)
            path.chmod(0o600)
            if not account.ours:
                shutil.chown(path, account.uid, account.gid)
        port = free_port()
        command = [server.binaries.tool("postgres"), "-D", server.data, "-k", server.place]
        merged = {**QUICK, "port": str(port), "listen_addresses": "", **settings}
        server._spawn("postgres", [*command, *(f"--{name}={value}" for name, value in merged.items())], signal.SIGQUIT)
        status = supervisor.wait_for_line("postgres", server.data / "postmaster.pid", 7, "ready", WAITS_SECONDS)
        assert status is None, Path(server.log).read_text()
        yield Raised(server, port)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
