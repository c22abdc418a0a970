"""A cluster is private, unprivileged, quick to make and says in one sentence why it could not be made."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from prodverify.data import binaries
from prodverify.data.binaries import Binaries
from prodverify.data.cache import Cache
from prodverify.data.cluster import Cluster, ClusterError
from tests.embedded.owner import ROOT

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as somebody else")


@pytest.fixture
def environ(cache_home: Path) -> dict[str, str]:
    """An environment with an empty cache."""
    return {"XDG_CACHE_HOME": str(cache_home)}


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that is ours alone."""
    with tempfile.TemporaryDirectory(prefix="pvclosed-", dir="/tmp") as folder:
        yield Path(folder)


def setting(cluster: Cluster, name: str) -> str:
    with psycopg.connect(cluster.dsn()) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_new_cluster_answers_on_its_socket_alone(found: Binaries, environ: dict[str, str]) -> None:
    with Cluster.create(found, environ=environ) as cluster:
        told = {name: setting(cluster, name) for name in ("listen_addresses", "server_encoding", "data_checksums")}
        folder = cluster.folder
        mode = stat.S_IMODE(folder.stat().st_mode)

    assert told == {"listen_addresses": "", "server_encoding": "UTF8", "data_checksums": "on"}
    assert mode == 0o700
    assert not folder.exists()


def test_nothing_of_it_is_durable(found: Binaries, environ: dict[str, str], template: Path) -> None:
    with Cluster.create(found, template=template, environ=environ) as cluster:
        told = {setting(cluster, name) for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")}

    assert told == {"off"}


def test_its_name_and_place_are_as_asked(
    found: Binaries, environ: dict[str, str], template: Path, cache_home: Path
) -> None:
    with Cluster.create(found, template=template, environ=environ, parent=cache_home, name="drill") as cluster:
        folder = cluster.folder

    assert (folder.parent, folder.name.rpartition("-")[0]) == (cache_home, "drill")


@as_root
def test_roots_server_runs_as_an_unprivileged_account(found: Binaries, environ: dict[str, str], template: Path) -> None:
    with Cluster.create(found, template=template, environ=environ) as cluster:
        pid = (cluster.folder / "data" / "postmaster.pid").read_text().split()[0]
        uids = {Path(f"/proc/{pid}").stat().st_uid, cluster.folder.stat().st_uid}
        groups = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "Groups" in line)

    assert uids == {cluster.server.account.uid}
    assert 0 not in uids
    assert groups.split() == ["Groups:"]


@as_root
def test_programs_that_the_account_cannot_read_are_copied_once(environ: dict[str, str], closed_folder: Path) -> None:
    package = binaries.find(at_least=18).folder.parent.parent
    unneeded = shutil.ignore_patterns("include", "pgxs")
    shutil.copytree(package / "pginstall", closed_folder / package.name / "pginstall", ignore=unneeded)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed_folder / f"{package.name}.libs")
    closed = binaries.find(str(closed_folder / package.name / "pginstall" / "bin"))

    folders = []
    for _ in range(2):
        with Cluster.create(closed, environ=environ) as cluster:
            folders.append(cluster.binaries.folder)

    assert folders[0] == folders[1]
    assert folders[0].is_relative_to(environ["XDG_CACHE_HOME"])
    assert stat.S_IMODE(closed_folder.stat().st_mode) == 0o700


def test_a_folder_too_deep_for_a_socket_is_refused_with_both_lengths(
    found: Binaries, environ: dict[str, str], cache_home: Path
) -> None:
    deep = cache_home / ("d" * 120)
    deep.mkdir()

    with pytest.raises(ClusterError, match=r"a socket's path of \d{3} bytes where 10\d is the most.*such as /tmp"):
        Cluster.create(found, environ=environ, parent=deep)


def test_a_deep_folder_for_temporary_files_is_passed_over(
    found: Binaries, environ: dict[str, str], cache_home: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = cache_home / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    with Cluster.create(found, template=template, environ=environ) as cluster:
        assert cluster.folder.parent == Path("/tmp").resolve()


@as_root
def test_a_parent_that_the_account_cannot_pass_is_refused_and_left_as_it_is(
    found: Binaries, environ: dict[str, str], closed_folder: Path
) -> None:
    with pytest.raises(ClusterError, match=f"{closed_folder} cannot be entered by"):
        Cluster.create(found, environ=environ, parent=closed_folder)

    assert stat.S_IMODE(closed_folder.stat().st_mode) == 0o700


def test_a_disk_that_refuses_more_is_told_in_one_sentence(found: Binaries, cache: Cache, cache_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/embedded/full_disk.py")],
        env={**os.environ, "XDG_CACHE_HOME": str(cache_home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "initdb ended with status" in done.stdout
    assert "File too large" in done.stdout
    assert list(cache.ledgers.iterdir()) == []


def test_a_template_that_is_none_is_told_with_the_servers_last_words(
    found: Binaries, environ: dict[str, str], cache: Cache, cache_home: Path
) -> None:
    empty = cache.templates / "empty"
    empty.mkdir()
    if not cache.account.ours:
        os.chown(empty, cache.account.uid, cache.account.gid)

    with pytest.raises(ClusterError, match=r"ended with status 2 as it started; its log ends: .*No such file"):
        Cluster.create(found, template=empty, environ=environ)

    assert list(cache.ledgers.iterdir()) == []
