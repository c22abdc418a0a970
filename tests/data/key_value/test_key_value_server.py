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
from prodverify.wire import clock

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


@pytest.fixture
def started(tmp_path_factory):
    """Starts servers and ends them by their process ids."""
    running = []

    def start(program, *options):
        folder = tmp_path_factory.mktemp("kv")
        path = folder / "s"
        settings = ("--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder))
        running.append(subprocess.Popen([program, *settings, *options], stdout=subprocess.DEVNULL))
        clock.poll(lambda: path.exists() or None, within_seconds=10.0, every_seconds=0.01, what="the server listens")
        return f"unix://{path}"

    yield start
    for process in running:
        process.kill()
        process.wait(10)


def client(address):
    import redis

    return redis.Redis.from_url(address)


@pytest.mark.parametrize(("program", "name"), PROGRAMS)
def test_counters_are_those_of_lookups_in_between(started, program, name):
    address = started(program, "--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru")
    with connected(address) as server, client(address) as other:
        other.set("a", "1")
        first = server.read()
        for key in ("a", "a", "b"):
            other.get(key)
        second = server.read()

        assert server.ask() > 0
    assert (2, 1) == (second.hits - first.hits, second.misses - first.misses)
    assert (8 << 20, "allkeys-lru") == (second.limit_bytes, second.policy)
    assert second.server.startswith(f"{name} ")
    assert second.started == first.started
    assert not second.replica


@pytest.mark.parametrize(("program", "name"), PROGRAMS)
def test_an_account_that_is_refused_is_no_verdict_on_the_cache(started, program, name):
    address = started(program, "--requirepass", "right")
    for credential in ("", ":wrong@", "nobody:wrong@"):
        closed = connected(address.replace("unix://", f"unix://{credential}"))
        with pytest.raises(Unjudged, match="refuses our account") as caught, closed as server:
            server.read()
        assert "wrong" not in str(caught.value)
    with connected(address.replace("unix://", "unix://:right@")) as server:
        assert server.read().used_bytes > 0


def test_an_account_with_ping_and_info_alone_is_enough(started):
    address = started(program())
    with client(address) as admin:
        admin.execute_command("ACL", "SETUSER", "looker", "on", ">pass", "-@all", "+ping", "+info")
    with connected(address.replace("unix://", "unix://looker:pass@")) as server:
        assert server.ask() > 0
        assert server.read().hits == 0


def test_a_server_that_answers_nobody_breaks_its_promise(started, monkeypatch):
    monkeypatch.setattr("prodverify.data.key_value_server.PATIENCE_SECONDS", 0.2)
    address = started(program())
    with client(address) as admin:
        admin.execute_command("CLIENT", "PAUSE", 1500, "ALL")
    with pytest.raises(Silent, match=r"did not answer within 0\.2 s") as caught, connected(address) as server:
        server.read()

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
    ],
)
def test_an_address_that_leads_nowhere_is_no_verdict(address, said):
    with pytest.raises(Unjudged, match=said) as caught, connected(address):
        pass

    assert caught.value.finding.next_step


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
                server.read()
        finally:
            other.kill()
            other.wait(10)
    assert caught.value.finding.next_step
    assert Path(__file__).name not in str(caught.value)
