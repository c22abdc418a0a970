"""Whenever a backup is killed, what is named like a backup is whole, and the next backup removes what was left."""

import os
import random
import subprocess
import sys
from pathlib import Path

import psycopg
import pyrage
import pytest

from prodverify.data.archives.archive import examine
from prodverify.data.backups.encryption import decrypt, scheme_of
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.taking import take
from prodverify.wire.clock import poll

ROOT = Path(__file__).parents[3]
SEED = 20261121
IDENTITY = pyrage.x25519.Identity.from_str(
    "AGE-SECRET-KEY-1FTPS49Q2AJRY7ATRGQQ8LRCV2DHSQ5XRNX3ZMZ2UVN045SEALSEQL22SFZ"  # pragma: allowlist secret
)
FORMS = ("plain", "custom", "directory", f"plain+{IDENTITY.to_public()}", f"custom+{IDENTITY.to_public()}")
STAGES = {"dumping": 0.35, "checking": 0.03, "encrypting": 0.03, "storing": 0.004}
"""And for how many seconds of each; what storing does is killed at each step elsewhere."""


def moments(count, seed):
    """So many of a form, a stage, seconds after it began and a signal, the same for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        form = FORMS[number % len(FORMS)]
        stage = chance.choice([name for name in STAGES if name != "encrypting" or "+" in form])
        yield form, stage, chance.uniform(0, STAGES[stage]), "SIGTERM" if number % 4 == 3 else "SIGKILL"


@pytest.fixture(scope="module")
def busy(databases):
    """A database whose dump takes some tenths of a second."""
    return databases(
        "CREATE TABLE t AS SELECT n, md5(n::text) || md5((-n)::text) AS x FROM generate_series(1, 60000) n"
    )


@pytest.fixture(scope="module")
def victim(busy):
    """Something that takes backups and is killed at a moment; returns how it ended."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed.py")), busy],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip

        def kill(place, form, stage, seconds, number):
            process.stdin.write(f"{place} {form} {stage} {seconds} {number}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield kill
        process.stdin.close()


def whole(place, folder):
    """How many backups are in the place, each of which was found whole and as its manifest says."""
    found = Folder(place).backups()
    for stored in found:
        path = place / stored.name
        manifest = Manifest.from_text(Folder(place).fetch(stored, folder).manifest.as_text())
        if scheme_of(path):
            path = folder / "plain"
            path.unlink(missing_ok=True)
            decrypt(place / stored.name, path, str(IDENTITY))
        assert examine(path).facts.sha256 == manifest.plain_sha256
    return len(found)


def leftovers(place):
    """Whatever is in the place and belongs to no backup."""
    names = {stored.name.rpartition("/")[2].partition(".")[0] for stored in Folder(place).backups()}
    return sorted(
        str(path.relative_to(place))
        for path in place.rglob("*")
        if path.name.partition(".")[0] not in names and path.parent.name.partition(".")[0] not in names
        and not (path.is_dir() and path.name.startswith("20"))
    )  # fmt: skip


def working_for_us(dsn):
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(dsn, autocommit=True) as connection:
        poll(lambda: connection.execute(query).fetchone() == (0,) or None, within_seconds=10, what="an idle server")


def kill_often(count, seed, victim, busy, tmp_path, programs):
    ended = []
    for number, (form, stage, seconds, sent) in enumerate(moments(count, seed)):
        place = tmp_path / f"p{number}"
        place.mkdir()
        status = victim(place, form, stage, seconds, sent)
        poll(
            lambda place=place: not list(place.glob(".unfinished-*/pv-backup-*")) or None,
            within_seconds=10,
            what="the end of the plain dump, soon after that of its owner",
        )
        kept = whole(place, tmp_path)
        ended.append(status)
        assert status in {0, -9, 130}, (seed, number, form, stage, seconds, sent)
        assert kept <= 1
        if status == 0:
            assert (kept, []) == (1, leftovers(place)), (seed, number)
        if status == 130:
            assert [] == leftovers(place), (seed, number, form, stage, seconds)
        if left := leftovers(place):
            assert {".unfinished"} == {name.partition("-")[0] for name in left if "/" not in name}, left
    working_for_us(busy)
    for place in tmp_path.glob("p[0-9]*"):
        for left in place.glob(".unfinished-*"):
            os.utime(left, (0, 0))
    return ended


def test_backups_killed_at_any_moment_are_whole_or_are_none(victim, busy, tmp_path, programs):
    ended = kill_often(8, SEED, victim, busy, tmp_path, programs)
    spoilt = [place for place in sorted(tmp_path.glob("p[0-9]*")) if leftovers(place)]
    take(busy, spoilt[0], name="next", binaries=programs)

    assert ended.count(-9) >= 4
    assert [] == leftovers(spoilt[0])


@pytest.mark.proof
def test_backups_killed_at_many_moments_are_whole_or_are_none(victim, busy, tmp_path, programs):
    ended = kill_often(120, SEED + 2, victim, busy, tmp_path, programs)
    for place in sorted(tmp_path.glob("p[0-9]*")):
        if leftovers(place):
            take(busy, place, name="next", binaries=programs)
            assert [] == leftovers(place)

    assert ended.count(-9) >= 50
