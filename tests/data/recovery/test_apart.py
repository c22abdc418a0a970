"""A recovery touches nothing of production, also where it runs on production's machine."""

import pytest

from prodverify.data.recovery.copies import MANIFEST, examine
from prodverify.data.recovery.recovery import Wishes, recover
from prodverify.data.recovery.source import FolderSource
from prodverify.record.findings import Unjudged

WISHES = Wishes("postgres", amcheck=False)


def contents(folder):
    return {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir() if path.is_file()}


def test_wal_that_lies_elsewhere_is_copied_and_left_as_it_was(own):
    (own / "base" / "pg_wal").rename(own / "fast")  # as pg_basebackup --waldir leaves it
    (own / "base" / "pg_wal").symlink_to(own / "fast")
    before = contents(own / "fast")
    report = recover(FolderSource(examine(own / "base"), own / "wal"), WISHES)

    assert 0 == report.drill.restored.tables["t"].rows
    assert before == contents(own / "fast")


def test_configuration_that_lies_elsewhere_is_neither_written_nor_closed_to_others(own):
    production = own / "postgresql.conf"
    production.write_text("port = 5432\n")
    production.chmod(0o644)
    for name in ("postgresql.conf", "server.key"):
        (own / "base" / name).unlink(missing_ok=True)
        (own / "base" / name).symlink_to(production)
    (own / "base" / MANIFEST).unlink()
    report = recover(FolderSource(examine(own / "base"), None), WISHES)

    assert 100 == report.drill.restored.tables["t"].rows
    assert ("port = 5432\n", 0o644) == (production.read_text(), production.stat().st_mode & 0o777)


def test_files_of_the_data_that_lie_elsewhere_are_no_verdict(own):
    (own / "base" / "base").rename(own / "large")
    (own / "base" / "base").symlink_to(own / "large")
    with pytest.raises(Unjudged, match="base is a link"):
        recover(FolderSource(examine(own / "base"), None), WISHES)


def test_tablespaces_are_not_moved_and_not_touched(own):
    (own / "elsewhere").mkdir()
    (own / "base" / "pg_tblspc" / "16400").symlink_to(own / "elsewhere")
    with pytest.raises(Unjudged, match="tablespaces"):
        recover(FolderSource(examine(own / "base"), None), WISHES)


def test_wal_that_makes_a_tablespace_is_not_replayed(archiving):
    def inside():
        return {str(path): path.stat().st_mtime_ns for path in archiving.elsewhere.rglob("*")}

    before = inside()
    assert before
    with pytest.raises(Unjudged, match="tablespace, which lies elsewhere") as caught:
        recover(FolderSource(examine(archiving.folder / "plain"), archiving.spread), WISHES)

    assert caught.value.finding.next_step
    assert before == inside()


def test_an_incremental_copy_is_no_verdict(own):
    label = own / "base" / "backup_label"
    label.write_text(label.read_text() + "INCREMENTAL FROM LSN: 0/2000028\nINCREMENTAL FROM TLI: 1\n")
    with pytest.raises(Unjudged, match="pg_combinebackup"):
        recover(FolderSource(examine(own / "base"), None), WISHES)
