"""A cache of the test's own, and processes that own a cluster and can be killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from prodverify.data import binaries
from prodverify.data.account import unprivileged
from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache
from prodverify.data.server import Server, choose_place, prepare
from prodverify.data.supervisor import Supervisor
from tests.embedded.owner import Owner

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent


@pytest.fixture
def cache_home() -> Iterator[Path]:
    """An empty folder that the server's account can pass, for XDG_CACHE_HOME."""
    home = Path(tempfile.mkdtemp(prefix="pvcache-", dir="/tmp"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def cache(cache_home: Path) -> Cache:
    """The cache there."""
    return Cache.locate(unprivileged(), {"XDG_CACHE_HOME": str(cache_home)})


@pytest.fixture(scope="session")
def found() -> Binaries:
    """PostgreSQL's programs."""
    return binaries.find()


@pytest.fixture(scope="session")
def template(found: Binaries) -> Iterator[Path]:
    """A stopped data folder to clone, which is quicker than initdb."""
    home = Path(tempfile.mkdtemp(prefix="pvcache-", dir="/tmp"))
    home.chmod(0o711)
    cache = Cache.locate(unprivileged(), {"XDG_CACHE_HOME": str(home)})
    with Supervisor.start(cache.ledgers) as supervisor:
        server = prepare(supervisor, cache.reachable(found), cache.account, choose_place(cache.account))

        def make(draft: Path) -> None:
            supervisor.make_folder(draft, cache.account)
            Server(supervisor, server.binaries, server.account, server.place, draft).make()

        with cache.template("blank", make) as (path, _):
            yield path
    shutil.rmtree(home)


@pytest.fixture
def start_owner(cache_home: Path) -> Iterator[Callable[..., Owner]]:
    """Starts ``owner_of_SOMETHING.py`` and returns once it has said what it owns."""
    owners: list[Owner] = []

    def start(what: str, *arguments: str, environ: Mapping[str, str] | None = None) -> Owner:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPTS / f"owner_of_{what}.py"), *arguments],
            env={**os.environ, "XDG_CACHE_HOME": str(cache_home), "PYTHONPATH": str(ROOT), **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        owner = Owner.told_by(process)
        owners.append(owner)
        return owner

    yield start
    for owner in owners:
        owner.clear()
