"""A place is a folder or storage, one of its backups can be named, and who else may read it is told."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.backups import schemes_before, sizes_before
from fixtures.data import Found
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.place import NameTaken
from prodverify.data.backups.places import NoBackup, named, newest, of_one_name, open_place
from prodverify.data.backups.s3 import Bucket
from prodverify.data.backups.stored import Stored, spread
from prodverify.record.findings import Unjudged
from prodverify.target.backups import S3, Backups

OLD, NEW = "2026-01-30/app_backup_20260130_090000.sql.gz", "2026-01-31/app_backup_20260131_090000.sql.gz"


@pytest.fixture
def place(tmp_path):
    """A folder with two backups, for nobody else."""
    for name in (OLD, NEW):
        path = tmp_path / "backups" / name
        path.parent.mkdir(parents=True, mode=0o700)
        path.touch(0o600)
    return Folder(tmp_path / "backups")


def opened(folder, **promised):
    target = SimpleNamespace(folder=folder, secret=lambda name: f"value of {name}")
    return open_place(Backups(**promised), target)


def test_a_folder_is_found_beside_its_target_file(place):
    assert Folder(place.directory) == opened(place.directory.parent, directory="backups")


def test_storage_takes_the_place_of_a_folder(tmp_path):
    storage = S3(bucket="ours", prefix="/a/b/", endpoint="http://127.0.0.1:9", access_key_id="i", secret_access_key="s")
    place = opened(tmp_path, s3=storage, pattern="db-%Y-%m-%d.dump")

    assert isinstance(place, Bucket)
    assert ("s3://ours/a/b/ at 127.0.0.1:9", "db-%Y-%m-%d.dump") == (place.describe(), place.naming.shown())
    assert "value of" not in repr(place)


OTHERS = ("2026-02-01/billing_backup_20260201_090000.sql.gz", "2026-02-01/app_backup_old_backup_20260201_090000.dump")


@pytest.mark.parametrize(("declared", "target"), [({"name": "app"}, "orders"), ({}, "app")])
def test_backups_of_other_databases_do_not_stand_for_ours(place, declared, target):
    for name in OTHERS:
        (place.directory / name).parent.mkdir(exist_ok=True)
        (place.directory / name).touch()
    ours = opened(place.directory.parent, directory="backups", **declared)

    assert [NEW, OLD] == [stored.name for stored in of_one_name(ours, target)]
    assert NEW == newest(ours, target).name


def test_backups_of_several_names_none_of_which_is_ours_are_no_verdict(place):
    (place.directory / "billing_backup_20260201_090000.sql.gz").touch()

    with pytest.raises(Unjudged, match=r"none of which is orders: app, billing\. say as name in \[backups\]") as told:
        of_one_name(place, "orders")
    assert "backups-of-several-names" == told.value.finding.rule
    everything = opened(place.directory.parent, directory="backups", pattern="*/*_backup_%Y%m%d_%H%M%S*")
    assert [NEW, OLD] == [stored.name for stored in of_one_name(everything, "orders")]


def test_backups_of_one_name_are_ours_whatever_it_is(place):
    assert [NEW, OLD] == [stored.name for stored in of_one_name(place, "orders")]


def test_of_those_before_the_newest_one_that_cannot_be_read_is_told_and_one_that_is_gone_is_not(place):
    names = [OLD, *(f"app_backup_2026012{day}_090000.sql.gz" for day in (8, 7, 6))]
    for name in names[1:]:
        (place.directory / name).touch()
    damaged, unread, gone = (place.directory / name.replace(".sql.gz", ".manifest.json") for name in names[1:])
    damaged.write_text("{")
    unread.mkdir()
    listed = place.backups()
    found = Found(place, listed[0], listed, place.manifest(listed[0]), datetime.now(UTC), 0.0)
    (place.directory / names[2]).unlink()
    (place.directory / names[2]).symlink_to(names[2])  # which nobody can follow to its end
    (place.directory / names[3]).unlink()
    schemes, sizes = schemes_before(found), sizes_before(found)

    assert ({OLD, names[1]}, {names[2]}) == (set(schemes.seen), set(schemes.refused))
    assert {damaged.name, unread.name} == {each.complaint.partition(":")[0] for each in sizes.seen.values()} - {""}
    assert {} == sizes.refused
    assert not gone.exists()


def test_a_name_that_no_backup_has_is_a_missing_backup(place):
    ours = opened(place.directory.parent, directory="backups", name="orders")
    with pytest.raises(NoBackup, match="a backup orders_backup_YYYYMMDD_HHMMSS"):
        newest(ours)


@pytest.mark.parametrize("name", [OLD, OLD.rpartition("/")[2]])
def test_a_backup_is_named_with_its_folder_or_without(place, name):
    assert OLD == named(place, name).name


def test_a_name_that_no_backup_has_is_no_verdict(place):
    with pytest.raises(Unjudged, match=r"none of 2 is called so\. name one that is there, with its folders, such as"):
        named(place, "app_backup_20260101_000000.sql.gz")


def test_a_name_that_two_backups_have_is_no_verdict(place):
    twin = place.directory / "2026-01-30" / NEW.rpartition("/")[2]
    twin.touch()

    with pytest.raises(Unjudged, match="2 are called so"):
        named(place, twin.name)


def test_a_draft_is_published_once(place, tmp_path):
    name = "2026-02-01/app_backup_20260201_090000.dump"
    for content in (b"content", b"other"):
        (tmp_path / content.decode()).write_bytes(content)
    place.publish(tmp_path / "content", name, "{}")

    with pytest.raises(NameTaken):
        place.publish(tmp_path / "other", name, "{}")
    assert b"content" == (place.directory / newest(place).name).read_bytes()


def test_a_draft_on_another_disk_is_published_whole(place):
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == place.directory.stat().st_dev:
        pytest.skip("no other disk")
    with tempfile.TemporaryDirectory(dir=shm) as other:
        draft = Path(other) / "draft"
        draft.mkdir()
        (draft / "toc.dat").write_bytes(b"content")
        place.publish(draft, "app_backup_20260201_090000.dir", "{}")

    assert ("app_backup_20260201_090000.dir", 7, True) == (
        newest(place).name, newest(place).size_bytes, newest(place).has_manifest,
    )  # fmt: skip


def test_a_removed_backup_is_gone_with_its_manifest_and_its_empty_folder(place):
    (place.directory / NEW.replace(".sql.gz", ".manifest.json")).touch()
    place.remove(newest(place))

    assert [OLD] == [stored.name for stored in place.backups()]
    assert [place.directory / "2026-01-30"] == list(place.directory.iterdir())


def test_a_removed_directory_is_gone_whole(place):
    (place.directory / "app_backup_20260301_090000.dir").mkdir()
    (place.directory / "app_backup_20260301_090000.dir" / "toc.dat").touch()
    place.remove(newest(place))

    assert [NEW, OLD] == [stored.name for stored in place.backups()]
    assert ["2026-01-30", "2026-01-31"] == sorted(each.name for each in place.directory.iterdir())


@pytest.fixture
def reachable():
    """A folder with one backup, where the folders above it are everybody's to pass."""
    with tempfile.TemporaryDirectory(prefix="pv-place-", dir="/tmp") as above:
        path = Path(above) / NEW
        path.parent.mkdir()
        path.touch(0o600)
        Path(above).chmod(0o711)
        yield Folder(Path(above))


@pytest.mark.parametrize(
    ("mode", "folder", "told"),
    [
        (0o600, 0o711, []),
        (0o640, 0o711, []),
        (0o644, 0o711, ["everybody on this machine can read it: mode 0644"]),
        (0o644, 0o700, []),
        (0o602, 0o711, ["everybody on this machine can alter or replace it"]),
        (0o600, 0o703, ["everybody on this machine can alter or replace it"]),
        (0o600, 0o1703, []),
    ],
)
def test_who_else_can_read_or_replace_a_backup_is_told(reachable, mode, folder, told):
    stored = newest(reachable)
    (reachable.directory / NEW).chmod(mode)
    (reachable.directory / NEW).parent.chmod(folder)

    assert told == list(reachable.open_to(stored))


def test_a_checksum_beside_a_backup_is_read(place):
    stored = newest(place)
    assert "" == place.checksum(stored)

    (place.directory / f"{NEW}.sha256").write_text(f"{'AB' * 32}  {stored.file_name}\n")
    assert "ab" * 32 == place.checksum(stored)
    assert datetime(2026, 1, 31, 9, tzinfo=UTC) == stored.taken_at


def test_the_first_bytes_of_a_backup_are_read(place):
    (place.directory / NEW).write_bytes(b"age-encryption.org")
    folder = place.directory / "app_backup_20260131_100000.dir"
    folder.mkdir()
    (folder / "toc.dat").touch()
    directory, latest, _ = place.backups()

    assert (b"age", b"") == (place.beginning(latest, 3), place.beginning(directory, 3))
    (place.directory / NEW).unlink()
    with pytest.raises(Unjudged, match="No such file"):
        place.beginning(latest, 3)


@pytest.mark.parametrize("many", [0, 1, 2, 7, 100])
def test_the_first_few_are_spread_over_all_and_none_is_left_out(many):
    found = [Stored(str(number), None, 1, has_manifest=False) for number in range(many)]
    order = [int(stored.name) for stored in spread(found)]

    assert list(range(many)) == sorted(order)
    assert many < 8 or max(order[:8]) - min(order[:8]) > many / 2
