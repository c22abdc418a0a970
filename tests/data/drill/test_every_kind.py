"""A backup of every kind is drilled alike, and what this machine lacks for it is told with what to do."""

import shutil
import subprocess

import pyrage
import pytest

from prodverify.data.backups.encryption import encrypt
from prodverify.data.backups.files import newest, opened
from prodverify.data.backups.taking import take
from prodverify.data.drill import drill as drilling
from prodverify.data.drill import preflight
from prodverify.data.drill.drill import drill
from prodverify.data.drill.wishes import Wishes
from prodverify.judges import restored_content, restored_structure
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of
from prodverify.target.taking import Taking

IDENTITY = pyrage.x25519.Identity.generate()
KEY = str(IDENTITY)
PUBLIC = str(IDENTITY.to_public())
ALL = Wishes(modes=("manifest", "archive"))


@pytest.mark.parametrize("form", [pytest.param("custom", marks=pytest.mark.proof), "directory"])
def test_what_we_take_in_another_format_comes_back_as_it_was(shop, quick, tmp_path, programs, form):
    taken = take(shop, tmp_path, name="shop", binaries=programs, taking=Taking(format=form))
    report = drill(newest(tmp_path), ALL)

    assert ("", "", taken.manifest.contents) == (report.damage, report.refusal, report.restored)
    assert report.format.startswith(form)
    assert "pass" == state_of(restored_content.judge(report, "archive"))


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.proof), 2])
def test_an_archive_without_manifest_is_compared_with_itself(shop, quick, tmp_path, programs, jobs):
    path = tmp_path / "shop_backup_20260101_000000.tar"
    subprocess.run([programs.tool("pg_dump"), f"--dbname={shop}", "--format=tar", f"--file={path}"], check=True)
    report = drill(opened(path), Wishes(jobs=jobs))

    assert "tar" == report.format.partition(" ")[0]
    assert "pass" == state_of([*restored_content.judge(report, "automatic"), *restored_structure.judge(report)])
    assert jobs == report.conditions.jobs


@pytest.fixture
def sealed(shop, tmp_path, programs):
    """An encrypted backup with its manifest."""
    take(shop, tmp_path, name="shop", binaries=programs, taking=Taking(format="custom", encrypt_to=(PUBLIC,)))
    return newest(tmp_path)


@pytest.fixture
def rooms(monkeypatch):
    """The private folders that drills have made."""
    made = []
    workshop = drilling.workshop

    def noted():
        made.append(workshop())
        return made[-1]

    monkeypatch.setattr(drilling, "workshop", noted)
    return made


def test_an_encrypted_backup_is_drilled_with_its_key_and_leaves_no_plain_text(sealed, quick, rooms, tmp_path):
    seen = []

    def watch(stage, detail=""):
        seen.append(stage)

    report = drill(sealed, Wishes(identity=KEY), watcher=watch)

    assert report.restored == report.content
    assert report.sha256 == sealed.manifest.sha256
    assert ["decrypt", "examine", "provision"] == list(dict.fromkeys(seen))[:3]
    assert 1 == len(rooms)
    assert report.stages.decrypt > 0


def test_without_a_key_nothing_is_said_of_the_backup(sealed, quick):
    with pytest.raises(Unjudged, match="let identity in"):
        drill(sealed)


def test_with_a_key_of_others_nothing_is_said_of_the_backup(sealed, quick):
    with pytest.raises(Unjudged, match="no key in the secret"):
        drill(sealed, Wishes(identity=str(pyrage.x25519.Identity.generate())))


def test_an_encrypted_backup_that_was_altered_is_damaged(sealed, quick):
    content = bytearray(sealed.path.read_bytes())
    content[-20] ^= 1
    sealed.path.write_bytes(content)

    assert drill(sealed, Wishes(identity=KEY)).damage


def test_another_file_that_the_key_opens_too_is_not_the_one_that_was_taken(sealed, quick, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"-- PostgreSQL database dump\n")
    sealed.path.unlink()
    encrypt(other, sealed.path, [PUBLIC])

    assert drill(sealed, Wishes(identity=KEY)).damage


@pytest.mark.parametrize(("wanted", "cores", "jobs"), [(0, 8, 8), (0, 128, 64), (3, 8, 3), (500, 8, 64)])
def test_no_more_connections_work_at_once_than_a_server_takes(monkeypatch, wanted, cores, jobs):
    monkeypatch.setattr(preflight, "cores", lambda: cores)

    assert jobs == preflight.jobs(wanted)


@pytest.mark.parametrize(("free", "told"), [(3000, False), (2999, True)])
def test_room_is_looked_at_before_the_restore(tmp_path, monkeypatch, free, told):
    facts = type("Facts", (), {"size_bytes": 1000, "content_bytes": 3000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    if told:
        with pytest.raises(Unjudged, match="make room there"):
            preflight._room(tmp_path, facts)
    else:
        preflight._room(tmp_path, facts)


def test_a_reader_that_cannot_tell_is_no_verdict_on_the_rest(copied, quick):
    from prodverify.data.drill.refusing import unjudged

    def reads(connection):
        return connection.execute("SELECT count(*) FROM workspaces").fetchone()

    def cannot(_):
        raise unjudged("something", "nothing")

    report = drill(opened(copied), Wishes(readers={"count": reads, "odd": cannot}, amcheck=False))

    assert (40,) == report.watched["count"]
    assert isinstance(report.watched["odd"], Unjudged)
    assert report.integrity is None
