"""A physical copy is recovered to the moment that is wanted, or it is told why not."""

import gzip
import shutil
from datetime import timedelta

import pytest

from prodverify.data.recovery import copies
from prodverify.data.recovery.copies import NoCopy, examine, newest
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.recovery import Wishes, recover
from prodverify.data.recovery.server import Recovering
from prodverify.data.recovery.source import FolderSource
from prodverify.judges import recovery, restored_structure
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of

WISHES = Wishes("postgres", amcheck=False)


def rows(report):
    return report.drill.restored.tables["t"].rows


def state(report):
    return str(state_of([*recovery.judge_copy(report), *recovery.judge_recovery(report)]))


@pytest.fixture
def left(monkeypatch):
    """Every private folder that was made and is still there."""
    made, begin = [], Recovering.begin.__func__

    def noted(cls, *given, **named):
        made.append(begin(cls, *given, **named))
        return made[-1]

    monkeypatch.setattr(Recovering, "begin", classmethod(noted))
    return lambda: [each.server.place for each in made if each.server.place.exists()]


@pytest.fixture
def own(archiving, tmp_path):
    """A plain copy and its archive, to be spoilt."""
    shutil.copytree(archiving.folder / "plain", tmp_path / "base")
    shutil.copytree(archiving.wal, tmp_path / "wal")
    return tmp_path


@pytest.mark.parametrize("name", ["plain", "packed"])
def test_a_copy_comes_back_at_each_moment(archiving, left, name):
    copy = examine(archiving.folder / name)
    alone = recover(FolderSource(copy, None), WISHES)
    whole = recover(FolderSource(copy, archiving.wal), WISHES)
    between = recover(FolderSource(copy, archiving.wal), Wishes("postgres", until=archiving.moment))

    assert [100, 0, 101] == [rows(alone), rows(whole), rows(between)]
    assert ["pass"] * 3 == [state(report) for report in (alone, whole, between)]
    assert alone.reached is None
    assert copy.taken_at <= between.reached < archiving.moment < whole.reached
    assert between.drill.integrity.unavailable == "" or between.drill.integrity.unavailable.startswith(
        "this PostgreSQL"
    )
    assert all(report.verified for report in (alone, whole, between))
    assert "pass" == str(state_of(restored_structure.judge(whole.drill)))
    assert [] == left()


def test_wal_that_ends_before_the_wanted_moment_is_a_failure(archiving, left):
    source = FolderSource(examine(archiving.folder / "plain"), archiving.wal)
    report = recover(source, Wishes("postgres", until=archiving.moment + timedelta(days=1)))

    assert "before configured recovery target was reached" in report.drill.refusal
    assert "fail" == state(report)
    assert "inconclusive" == str(state_of(recovery.judge_recovery_time(report, 60.0)))
    assert [] == left()


def test_packed_wal_is_unpacked_on_its_way(archiving, own):
    for path in (own / "wal").iterdir():
        if len(path.name) == 24:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()

    assert 0 == rows(recover(FolderSource(examine(own / "base"), own / "wal"), WISHES))


def test_a_gap_in_the_archive_is_named(own):
    copy = examine(own / "base")
    (own / "wal" / copy.first_segment).unlink()
    report = recover(FolderSource(copy, own / "wal"), WISHES)

    assert copy.first_segment == report.missing
    assert ["recovery-point", "recovery-wal-missing"] == [finding.rule for finding in recovery.judge_recovery(report)]


def test_a_flipped_bit_is_found_before_anything_runs(own, left):
    path = next(each for each in sorted((own / "base" / "global").iterdir()) if each.stat().st_size >= 8192)
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)
    report = recover(FolderSource(examine(own / "base"), None), WISHES)

    assert path.name in report.drill.damage
    assert report.drill.restored is None
    assert "fail" == str(state_of(recovery.judge_copy(report)))
    assert [] == left()


def test_a_copy_without_manifest_is_recovered_with_a_warning(own):
    (own / "base" / copies.MANIFEST).unlink()
    label = (own / "base" / copies.LABEL).read_text()
    assert "UTC" in label
    report = recover(FolderSource(examine(own / "base"), None), WISHES)

    assert 100 == rows(report)
    assert "warn" == str(state_of(recovery.judge_copy(report)))


def test_a_packed_copy_that_is_cut_off_is_damaged(archiving, tmp_path, left):
    shutil.copytree(archiving.folder / "packed", tmp_path / "base")
    path = tmp_path / "base" / "base.tar.gz"
    path.write_bytes(path.read_bytes()[:-5000])
    report = recover(FolderSource(examine(tmp_path / "base"), None), WISHES)

    assert "cut off" in report.drill.damage
    assert [] == left()


def test_nothing_of_the_copys_own_configuration_is_used(own, tmp_path):
    witness = tmp_path / "ran"
    for name in ("postgresql.conf", "postgresql.auto.conf"):
        settings = {"archive_command": f"touch {witness}", "listen_addresses": "*", "shared_preload_libraries": "none"}
        (own / "base" / name).write_text("".join(f"{key} = '{value}'\n" for key, value in settings.items()))
    (own / "base" / "recovery.signal").touch()
    (own / "base" / copies.MANIFEST).unlink()
    report = recover(FolderSource(examine(own / "base"), own / "wal"), WISHES)

    assert 0 == rows(report)
    assert not witness.exists()


def test_another_major_is_no_verdict_on_the_copy(own):
    (own / "base" / "PG_VERSION").write_text("9\n")
    (own / "base" / copies.MANIFEST).unlink()
    with pytest.raises(Unjudged, match="of version 9 are needed") as caught:
        recover(FolderSource(examine(own / "base"), None), WISHES)

    assert caught.value.finding.next_step


def test_tablespaces_are_not_moved_and_not_touched(own, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (own / "base" / "pg_tblspc" / "16400").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unjudged, match="tablespaces"):
        recover(FolderSource(examine(own / "base"), None), WISHES)


def test_the_newest_copy_is_found_by_its_label(archiving, tmp_path):
    assert "packed" == newest(archiving.folder).path.name
    assert "plain" == newest(archiving.folder / "plain").path.name
    with pytest.raises(NoCopy, match="no physical copy"):
        newest(tmp_path)
    with pytest.raises(Unjudged, match="No such file"):
        newest(tmp_path / "gone")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / copies.LABEL).write_text("START WAL LOCATION: nowhere\n")
    with pytest.raises(DamagedCopy, match="half has no backup_label"):
        newest(tmp_path)
