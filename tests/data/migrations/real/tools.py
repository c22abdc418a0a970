"""Migration tools that others wrote, installed from a lock, which run their own ``up`` in one of our databases."""

import os
import select
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.examples.foreign import node_modules

REAL = Path(__file__).resolve().parent
LIQUIBASE = "liquibase.integration.commandline.LiquibaseCommandLine"


def _run(command, dsn, *, cwd=None, **more):
    """Whether the command succeeded, and what it said."""
    values = conninfo_to_dict(dsn)
    environment = {
        **os.environ,
        "PGHOST": values["host"],
        "PGDATABASE": values["dbname"],
        "PGUSER": values["user"],
        **{name: str(value) for name, value in more.items()},
    }
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def node(name, script, dsn, *words):
    """Runs ``script`` of the folder ``name`` with what the lock there pins."""
    modules = node_modules(f"migrating-{name}", REAL / name) / "node_modules"
    return _run(["node", REAL / name / script, *words], dsn, NODE_PATH=modules)


def prisma(dsn, folder, private):
    """``prisma migrate deploy`` of ``folder``; ``private`` is a folder of the test's own."""
    modules = node_modules("migrating-prisma", REAL / "prisma") / "node_modules"
    place = private / "prisma"
    if not place.exists():
        place.mkdir()
        (place / "node_modules").symlink_to(modules)
        for name in ("prisma.config.mjs", "schema.prisma"):
            shutil.copy(REAL / "prisma" / name, place)
        # it would fetch this one, and never use it
        (place / "no-engine").touch(mode=0o755)
    without = {"PRISMA_QUERY_ENGINE_LIBRARY": place / "no-engine", "PRISMA_SCHEMA_ENGINE_BINARY": place / "no-engine"}
    command = [modules / ".bin" / "prisma", "migrate", "deploy", "--config", "prisma.config.mjs"]
    quiet = {"CHECKPOINT_DISABLE": 1, "PRISMA_HIDE_UPDATE_MESSAGE": 1, "HOME": private}
    return _run(command, dsn, cwd=place, FOLDER=folder, **quiet, **without)


@contextmanager
def liquibase(dsn, folder, changelog):
    """``liquibase update`` of ``changelog`` in ``folder`` as a process that has begun, ended with the block."""
    modules = node_modules("migrating-liquibase", REAL / "liquibase") / "node_modules"
    classes = modules / "liquibase" / "dist" / "liquibase" / "internal" / "lib" / "*"
    values = conninfo_to_dict(dsn)
    with _relayed(values["host"], values.get("port", "5432")) as port:
        address = f"jdbc:postgresql://127.0.0.1:{port}/{values['dbname']}?sslmode=disable"
        options = [f"--url={address}", f"--username={values['user']}", f"--changelog-file={changelog}"]
        command = ["java", "-Xmx256m", "-cp", str(classes), LIQUIBASE, *options, "--search-path=.", "update"]
        with (folder.parent / "liquibase.log").open("w") as told:
            run = subprocess.Popen(command, cwd=folder, stdout=told, stderr=told)
        try:
            yield run
        finally:
            run.kill()
            run.wait(timeout=10)


@contextmanager
def _relayed(folder, number):
    """A port of loopback that leads to the server's socket, for what knows no sockets of files."""
    relays = []

    def accept(server):
        while True:
            try:
                here, _ = server.accept()
            except OSError:
                return  # closed: nobody connects any more
            relays.append(threading.Thread(target=_relay, args=(here, f"{folder}/.s.PGSQL.{number}"), daemon=True))
            relays[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        relays.append(threading.Thread(target=accept, args=(server,), daemon=True))
        relays[0].start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for thread in relays:
            thread.join(timeout=10)


def _relay(here, path):
    with here, socket.socket(socket.AF_UNIX) as there:
        there.connect(path)
        while True:
            for source in select.select([here, there], [], [])[0]:
                try:
                    received = source.recv(65536)
                    (there if source is here else here).sendall(received)
                except OSError:
                    return  # killed in the middle
                if not received:
                    return
