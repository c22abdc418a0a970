"""A Redis and a Valkey for real: read, out of reach, closed to us, and silent."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.relay.key_value import program
from prodverify.data.key_value_server import Silent, connected
from prodverify.record.findings import Unjudged

REDIS = shutil.which("redis-server")
PROGRAMS = [
    pytest.param(program(), "Valkey", id="valkey"),
    pytest.param(
        REDIS,
        "Redis",
        id="redis",
        marks=pytest.mark.skipif(REDIS is None and not os.environ.get("CI"), reason="redis-server is not installed"),
    ),
]


def client(address):
    import redis

    return redis.Redis.from_url(address)


@pytest.mark.parametrize(("program", "name"), PROGRAMS)
def test_counters_are_those_of_lookups_in_between(started, program, name):
    address = started("--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru", server=program)
    with connected(address) as server, client(address) as other:
        other.set("a", "1")
        first = server.counters()
        for key in ("a", "a", "b"):
            other.get(key)
        second, used = server.counters(), server.memory()

        assert server.ask() > 0
    assert (2, 1) == (second.hits - first.hits, second.misses - first.misses)
    assert (8 << 20, "allkeys-lru") == (used.limit_bytes, used.policy)
    assert used.server.startswith(f"{name} ")
    assert second.started == first.started != ""
    assert (False, False, False) == (second.replica, second.part, used.part)


@pytest.mark.parametrize(("program", "name"), PROGRAMS)
def test_an_account_that_is_refused_is_no_verdict_on_the_cache(started, program, name):
    address = started("--requirepass", "right", server=program)
    for credential in ("", ":wrong@", "nobody:wrong@"):
        closed = connected(address.replace("unix://", f"unix://{credential}"))
        with pytest.raises(Unjudged, match="refuses our account") as caught, closed as server:
            server.counters()
        assert "wrong" not in str(caught.value)
    with connected(address.replace("unix://", "unix://:right@")) as server:
        assert server.memory().used_bytes > 0


def test_an_account_with_ping_and_info_alone_is_enough(started):
    address = started()
    with client(address) as admin:
        admin.execute_command("ACL", "SETUSER", "looker", "on", ">pass", "-@all", "+ping", "+info")
    for database in ("", "?db=1"):
        with connected(address.replace("unix://", "unix://looker:pass@") + database) as server:
            assert server.ask() > 0
            assert server.counters().hits == 0


@pytest.mark.parametrize(("program", "name"), PROGRAMS)
def test_a_server_whose_info_was_taken_away_answers_all_the_same(started, program, name):
    with connected(started("--rename-command", "INFO", "", server=program)) as server:
        assert server.ask() > 0
        with pytest.raises(Unjudged, match="unknown command 'INFO'"):
            server.memory()


@pytest.mark.parametrize(("program", "name"), PROGRAMS)
def test_a_sentinel_is_told_from_the_cache_that_it_watches(started, tmp_path, program, name):
    settings = tmp_path / "sentinel.conf"
    settings.write_text("")
    with (
        connected(started(str(settings), "--sentinel", server=program)) as server,
        pytest.raises(Unjudged, match="primary"),
    ):
        server.counters()


def test_a_replica_and_a_node_of_a_cluster_are_known(started):
    with connected(started("--replicaof", "127.0.0.1 1")) as server:
        assert (True, False) == (server.counters().replica, server.counters().part)
    with connected(started("--cluster-enabled", "yes")) as server:
        assert (True, True) == (server.counters().part, server.memory().part)


def test_a_server_that_answers_nobody_breaks_its_promise(started, monkeypatch):
    monkeypatch.setattr("prodverify.data.key_value_server.PATIENCE_SECONDS", 0.2)
    address = started()
    with client(address) as admin:
        admin.execute_command("CLIENT", "PAUSE", 1500, "ALL")
    with pytest.raises(Silent, match=r"did not answer within 0\.2 s") as caught, connected(address) as server:
        server.ask()

    assert caught.value.finding.rule == "cache-silent"


def test_nothing_that_listens_breaks_the_promise(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for address in (f"redis://127.0.0.1:{port}", f"unix://{tmp_path}/none"):
        with pytest.raises(Silent, match="nothing listens") as caught, connected(address):
            pass
        assert caught.value.finding.rule == "cache-unreachable"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("redis://cache.invalid:6379", "does not resolve"),
        ("http://127.0.0.1", "a text that is none"),
        ("", "a text that is none"),
        ("redis://127.0.0.1:port", "a text that is none"),
        ("redis://:[a@127.0.0.1", "a text that is none"),
        ("redis://127.0.0.1?no_such_option=1", "a text that is none"),
        ("rediss://127.0.0.1?ssl_cert_reqs=maybe", "a text that is none"),
        ("redis://user:7/word@cache.invalid:6379/0", "written as it is"),
        ("redis://:7?word@cache.invalid:6379/0", "written as it is"),
        ("redis://:7#word@cache.invalid:6379/0", "written as it is"),
        ("unix://:secret/word@/run/cache.sock", "written as it is"),
    ],
)
def test_an_address_that_leads_nowhere_is_no_verdict(address, said):
    with pytest.raises(Unjudged, match=said) as caught, connected(address):
        pass

    assert caught.value.finding.next_step
    assert "word@" not in str(caught.value)


def test_a_file_that_is_missing_here_is_no_verdict_on_the_cache(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"rediss://127.0.0.1:{listener.getsockname()[1]}"
        with (
            pytest.raises(Unjudged, match="No such file") as caught,
            connected(address, ca_bundle=str(tmp_path / "none.pem")) as server,
        ):
            server.ask()

    assert "ca_bundle" in caught.value.finding.next_step


def test_what_is_no_cache_is_told_so():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = (
            f"import socket; s=socket.socket(fileno={listener.fileno()})\n"
            "for _ in range(2):\n"
            "    c, _ = s.accept(); c.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'); c.close()\n"
        )
        other = subprocess.Popen([sys.executable, "-c", script], pass_fds=[listener.fileno()])
        try:
            with (
                pytest.raises((Silent, Unjudged)) as caught,
                connected(f"redis://127.0.0.1:{listener.getsockname()[1]}") as server,
            ):
                server.ask()
        finally:
            other.kill()
            other.wait(10)
    assert caught.value.finding.next_step
    assert Path(__file__).name not in str(caught.value)
