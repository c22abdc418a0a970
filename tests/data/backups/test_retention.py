"""Old backups go once a new one is stored, and the last good one never goes."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from prodverify.data.backups.files import manifest_path
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.names import file_name, folder_name
from prodverify.data.backups.places import Stored
from prodverify.data.backups.retention import LARGEST_SKEW_SECONDS, NothingRemoved, expired, remove_expired

NOW = datetime(2026, 1, 31, 9, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def stored(age, name="shop", ending=".sql.gz", has_manifest=True):
    at = NOW - age
    return Stored(f"{folder_name(at)}/{file_name(name, at, ending)}", at, 7, has_manifest)


NEW = stored(timedelta(0))


@pytest.mark.parametrize(("age", "goes"), [(30 * DAY, False), (30 * DAY + SECOND, True), (-DAY, False)])
def test_a_backup_goes_once_it_is_older_than_it_has_to_be_kept(age, goes):
    old = stored(age)

    assert ((old,) if goes else ()) == expired([NEW, old], "shop", days=30, now=NOW)


def test_the_oldest_goes_first_whatever_its_format():
    old = [
        stored(n * DAY, ending=end) for n, end in ((33, ".dump"), (35, ".dir"), (34, ".sql.zst.age"), (31, ".tar.gz"))
    ]

    gone = expired([NEW, *old], "shop", days=30, now=NOW)
    assert [35, 34, 33, 31] == [(NOW - each.taken_at).days for each in gone]


@pytest.mark.parametrize("name", ["shop2", "other", "shop_backup_20200101_000000", "Shop", "sho."])
def test_backups_of_another_name_stay(name):
    assert () == expired([NEW, stored(90 * DAY, name)], "shop", days=30, now=NOW)
    assert (stored(90 * DAY),) == expired([NEW, stored(90 * DAY)], "shop", days=30, now=NOW)


def test_the_last_good_one_stays_however_old_it_is():
    last, older = stored(400 * DAY), stored(500 * DAY)
    unknown = stored(300 * DAY, has_manifest=False)  # nobody can say that it is good

    assert (older,) == expired([unknown, last, older], "shop", days=30, now=NOW)
    assert () == expired([unknown, stored(600 * DAY, has_manifest=False)], "shop", days=30, now=NOW)
    assert () == expired([], "shop", days=30, now=NOW)


@pytest.mark.parametrize(("keep", "gone"), [(1, [41, 42, 43]), (2, [42, 43]), (3, [43]), (4, []), (9, [])])
def test_so_many_stay_as_are_to_be_kept_at_least(keep, gone):
    found = [NEW, *(stored(n * DAY) for n in (43, 42, 41))]

    went = expired(found, "shop", days=30, now=NOW, keep_at_least=keep)
    assert gone == sorted((NOW - each.taken_at).days for each in went)


def test_nothing_is_older_than_the_calendar():
    assert () == expired([NEW, stored(9000 * DAY)], "shop", days=999_999_999, now=NOW)


def test_one_without_a_time_stays():
    assert () == expired([NEW, Stored("x/shop_backup_x.sql", None, 7, True)], "shop", days=30, now=NOW)


@pytest.fixture
def place(shop_taken, tmp_path):
    """A folder with a new backup, two old ones and something else."""
    folder = Folder(tmp_path / "kept")
    for age, ending in ((0, ".sql.gz"), (40, ".sql.gz"), (50, ".dir")):
        at = NOW - age * DAY
        path = folder.directory / folder_name(at) / file_name("shop", at, ending)
        path.parent.mkdir(parents=True)
        if ending == ".dir":
            path.mkdir()
            (path / "toc.dat").touch()
        else:
            shutil.copy(shop_taken.path, path)
        manifest = replace(shop_taken.manifest, taken_at=at, file=path.name)
        manifest_path(path).write_text(manifest.as_text())
    (folder.directory / "notes.txt").touch()
    return folder


def removal(place, **changes):
    at = NOW - timedelta(0)
    name = f"{folder_name(at)}/{file_name('shop', at)}"
    held = Manifest.from_text(manifest_path(place.directory / name).read_text())
    values = {"days": 30, "taken": name, "manifest": replace(held, **changes.pop("manifest", {})), **changes}
    return remove_expired(place, "shop", **values)


def names(place):
    return sorted(str(path.relative_to(place.directory)) for path in place.directory.rglob("*"))


KEPT = [
    "2026-01-31", "2026-01-31/shop_backup_20260131_090000.manifest.json",
    "2026-01-31/shop_backup_20260131_090000.sql.gz", "notes.txt",
]  # fmt: skip


def test_what_is_old_goes_whole_with_its_manifest_and_its_empty_folder(place):
    gone = [each.name for each in removal(place)]

    assert ["2025-12-12/shop_backup_20251212_090000.dir", "2025-12-22/shop_backup_20251222_090000.sql.gz"] == gone
    assert KEPT == names(place)


@pytest.mark.parametrize("trouble", ["cut off", "manifest of another", "manifest of nothing"])
def test_what_is_not_whole_does_not_count_as_one_that_is_kept(place, trouble):
    newer, at = place.directory / "2025-12-22" / "shop_backup_20251222_090000.sql.gz", NOW - 60 * DAY
    if trouble == "cut off":
        newer.write_bytes(b"short")
    elif trouble == "manifest of another":
        shutil.copy(manifest_path(place.directory / KEPT[2]), manifest_path(newer))
    else:
        manifest_path(newer).write_text("{}")
    folder = place.directory / "2025-12-12"
    whole = shutil.copy(place.directory / KEPT[2], folder / file_name("shop", at))
    held = Manifest.from_text(manifest_path(place.directory / KEPT[2]).read_text())
    manifest_path(folder / file_name("shop", at)).write_text(replace(held, file=file_name("shop", at)).as_text())
    shutil.rmtree(folder / "shop_backup_20251212_090000.dir")

    assert [] == list(removal(place, keep_at_least=2))
    assert newer.exists()
    assert (folder / whole.name).exists()


@pytest.mark.parametrize("skew", [LARGEST_SKEW_SECONDS, -LARGEST_SKEW_SECONDS])
@pytest.mark.parametrize("beyond", [0, 1])
def test_a_clock_that_is_far_off_removes_nothing(place, skew, beyond):
    before = names(place)
    far = skew + (beyond if skew > 0 else -beyond)
    removing = removal(place, manifest={"server_at": NOW + timedelta(seconds=far), "here_at": NOW})

    if beyond:
        with pytest.raises(NothingRemoved, match=r"the clocks .* differ by 3601 s"):
            list(removing)
        assert before == names(place)
    else:
        assert len(list(removing)) == 2


@pytest.mark.parametrize("trouble", ["gone", "no manifest", "another size"])
def test_nothing_goes_while_the_new_one_is_not_there_whole(place, trouble):
    new = place.directory / KEPT[2]
    removing = removal(place)
    if trouble == "gone":
        new.unlink()
    elif trouble == "no manifest":
        manifest_path(new).unlink()
    else:
        new.write_bytes(b"short")
    before = names(place)

    with pytest.raises(NothingRemoved, match="does not list the new backup whole"):
        list(removing)
    assert before == names(place)


def test_what_another_backup_removed_meanwhile_is_no_trouble(place):
    removing = removal(place)
    first = next(removing).name
    shutil.rmtree(place.directory / "2025-12-22")

    assert ("2025-12-12/shop_backup_20251212_090000.dir", []) == (first, list(removing))
    assert KEPT == names(place)


def test_a_place_that_does_not_let_go_is_told(place):
    beside = place.directory / "2025-12-12" / "shop_backup_20251212_090000.manifest.json"
    beside.unlink()
    beside.mkdir()

    with pytest.raises(NothingRemoved, match="Is a directory"):
        list(removal(place))


def test_a_place_that_is_out_of_reach_is_told(place, tmp_path):
    removing = removal(place)
    place.directory.rename(tmp_path / "elsewhere")

    with pytest.raises(NothingRemoved, match="a place of backups at"):
        list(removing)
