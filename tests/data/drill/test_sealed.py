"""A drill's server reaches nobody, and listens to nobody but us, whatever the backup's functions try."""

import socket
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from prodverify.data.archives import pgrestore
from prodverify.data.archives.archive import DamagedDump, Refused
from prodverify.data.archives.nameless import Deadline
from prodverify.data.archives.restore import restore as run_sql
from prodverify.data.backups.files import opened
from prodverify.data.drill import preflight
from prodverify.data.drill.drill import drill
from prodverify.data.drill.wishes import Wishes
from prodverify.data.empty import empty_cluster
from prodverify.data.network import leave
from prodverify.judges import restore
from prodverify.record.findings import Unjudged
from tests.data.drill.judged import END, rewrite

ROOT = Path(__file__).parents[3]
DIALS = """
CREATE FUNCTION public.dials() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    COPY (SELECT 1) TO PROGRAM 'bash -c "echo hello > /dev/tcp/127.0.0.1/{port}" || true';
    RETURN 1;
END $$;
SELECT public.dials();
DROP FUNCTION public.dials();
"""
DIALLING = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from prodverify.data.network import leave
why = leave()
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=5).close()
    print("reached", why)
except OSError as error:
    print("sealed", error.errno, why)
"""


@pytest.fixture
def listener():
    """A port of this machine, and whether somebody has dialled it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        yield server


def dialled(server):
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def can_be_sealed():
    done = subprocess.run([sys.executable, "-c", DIALLING, str(ROOT), "9"], capture_output=True, text=True, check=True)
    return done.stdout.split()[2:] == []


def test_a_process_that_left_the_network_reaches_nobody(listener):
    port = listener.getsockname()[1]
    command = [sys.executable, "-c", DIALLING, str(ROOT), str(port)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert (said[0] == "sealed") is can_be_sealed()
    assert dialled(listener) is not can_be_sealed()


def test_a_function_of_the_backup_that_dials_out_reaches_nobody(copied, listener):
    port = listener.getsockname()[1]
    report = drill(rewrite(copied, END, DIALS.format(port=port).encode() + END))

    assert "" == report.refusal
    assert dialled(listener) is bool(report.conditions.exposed)
    assert report.conditions.as_dict()["sealed"] == ("yes" if can_be_sealed() else f"no: {report.conditions.exposed}")


def test_programs_that_read_a_backup_reach_nobody_either(tmp_path, programs, listener):
    port = listener.getsockname()[1]
    for name in ("psql", "pg_restore"):
        (tmp_path / name).write_text(f"#!/bin/bash\necho ran >> {tmp_path}/ran\necho > /dev/tcp/127.0.0.1/{port}\n")
        (tmp_path / name).chmod(0o700)
    dialling = replace(programs, folder=tmp_path)
    given = {"jobs": 1, "entries": 1, "deadline": Deadline(60.0), "progress": None}
    with suppress(Refused, DamagedDump, Unjudged):
        run_sql(dialling, "", iter([b"SELECT 1;"]), deadline_seconds=60.0)
    with suppress(Refused, DamagedDump, Unjudged):
        pgrestore.run(dialling, "", "", **given)

    assert "ran\nran\n" == (tmp_path / "ran").read_text()
    assert dialled(listener) is not can_be_sealed()


def test_a_server_that_could_not_be_sealed_is_told(shop_taken, quick):
    report = drill(opened(shop_taken.path))
    exposed = replace(report, conditions=replace(report.conditions, exposed="the kernel refuses"))

    assert [] == restore.judge_restorability(report)
    assert ["restore-not-sealed"] == [finding.rule for finding in restore.judge_restorability(exposed)]


def test_the_environment_leads_a_drill_to_no_other_server(shop_taken, monkeypatch, listener):
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    monkeypatch.setenv("PGPORT", str(listener.getsockname()[1]))
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
    monkeypatch.setenv("PGTARGETSESSIONATTRS", "standby")
    monkeypatch.setenv("PGCHANNELBINDING", "require")
    report = drill(opened(shop_taken.path), Wishes(modes=("archive",)))

    assert report.restored is not None
    assert all(table.same for table in report.comparison("archive").tables)
    assert not dialled(listener)


def test_a_drills_server_listens_on_no_network(cluster):
    with psycopg.connect(cluster.dsn("postgres")) as connection:
        assert ("",) == connection.execute("SHOW listen_addresses").fetchone()
    assert "listen_addresses" not in preflight.conditions(cluster, 1).settings


def test_a_server_that_listens_is_refused(programs, cluster, monkeypatch):
    monkeypatch.setitem(sys.modules["prodverify.data.server"]._SETTINGS, "listen_addresses", "127.0.0.1")
    monkeypatch.setitem(sys.modules["prodverify.data.server"]._SETTINGS, "port", "5432")
    with empty_cluster(programs, name="pv", small=True, cut_off=True) as listening:
        if listening.exposed:
            pytest.skip("without a namespace of its own the port may be somebody's")
        with pytest.raises(Unjudged, match=r"listens on 127\.0\.0\.1"):
            preflight.conditions(listening, 1)


def test_another_system_says_that_it_cannot(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")

    assert "darwin has no namespaces of networks" == leave()


HOSTILE = """--
-- PostgreSQL database dump
--

CREATE TABLE public."x\\!\\touch>{owned}&#" (id integer);
CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ SELECT '
COPY public.x\\!\\touch>{owned}&# FROM stdin;
\\.
' $$;

--
-- PostgreSQL database dump complete
--
"""


def test_what_stands_in_a_backup_is_no_command_to_this_machine(tmp_path, quick):
    owned = tmp_path / "owned"
    path = tmp_path / "shop_backup_20260101_000000.sql"
    path.write_text(HOSTILE.format(owned=owned), encoding="utf-8")
    report = drill(opened(path), Wishes(modes=("archive",)))

    assert report.comparison("archive") is not None
    assert not owned.exists()
