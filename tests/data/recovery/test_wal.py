"""Archived WAL: what follows what, what is brought, what is missing."""

import gzip
import os
import tarfile
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.recovery.packing import DamagedCopy, extract
from prodverify.data.recovery.wal import following, gap, runs, stage

MIB = 1 << 20


@pytest.mark.parametrize(
    ("segment", "size", "next_one"),
    [
        ("000000010000000000000001", 16 * MIB, "000000010000000000000002"),
        ("0000000100000000000000FF", 16 * MIB, "000000010000000100000000"),
        ("0000000100000000000000FF", MIB, "000000010000000000000100"),
        ("000000010000000000000FFF", MIB, "000000010000000100000000"),
        ("0000000A0000000000000003", 1024 * MIB, "0000000A0000000100000000"),
    ],
)
def test_segments_are_numbered_as_postgresql_does(segment, size, next_one):
    assert next_one == following(segment, size)


@given(st.text(alphabet="0123456789ABCDEF", min_size=24, max_size=24), st.integers(1, 1 << 31))
def test_any_segment_has_a_follower(segment, size):
    assert segment[:8] == following(segment, size)[:8]


def archived(folder, *names):
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"x" * 1024)
    return folder


def test_what_follows_is_brought_and_what_came_before_is_not(tmp_path):
    names = ["000000010000000000000001", "000000010000000000000002", "000000020000000000000003", "00000002.history"]
    archive = archived(tmp_path / "wal", *names, "000000010000000000000002.00000028.backup", "readme", "x.partial")
    staged = stage(archive, tmp_path / "here", "000000010000000000000002")

    assert (2, 2048, names[2]) == (staged.segments, staged.bytes, staged.last)
    assert sorted(names[1:]) == sorted(path.name for path in (tmp_path / "here").iterdir())


@pytest.mark.parametrize(
    ("name", "size", "age_seconds", "brought"),
    [
        ("000000010000000000000003", 1000, 0.0, 2),  # cp is at it
        ("000000010000000000000003.gz", 20, 0.0, 2),  # gzip is
        ("000000010000000000000003", 1000, 3600.0, 3),  # nobody is any more
        ("000000010000000000000003", 1024, 0.0, 3),
    ],
)
def test_the_last_segment_waits_while_it_is_being_written(tmp_path, name, size, age_seconds, brought):
    archive = archived(tmp_path / "wal", "000000010000000000000001", "000000010000000000000002")
    whole = gzip.compress(b"x" * 1024) if name.endswith(".gz") else b"x" * 1024
    (archive / name).write_bytes(whole[:size])
    then = time.time() - age_seconds
    os.utime(archive / name, (then, then))

    assert brought == stage(archive, tmp_path / "here", "000000010000000000000001").segments
    assert brought == len(list((tmp_path / "here").iterdir()))


def test_a_packed_segment_that_was_cut_off_long_ago_is_damaged(tmp_path):
    archive = archived(tmp_path / "wal")
    path = archive / "000000010000000000000001.gz"
    path.write_bytes(gzip.compress(b"x" * 1024)[:20])
    os.utime(path, (0, 0))
    with pytest.raises(DamagedCopy, match="archived WAL"):
        stage(archive, tmp_path / "here", "000000010000000000000001")


def test_segments_that_follow_each_other_are_one_run(tmp_path):
    folder = archived(tmp_path / "wal", *(f"{1:08X}{0:08X}{number:08X}" for number in (1, 2, 4)), "00000002.history")
    (folder / "000000010000000000000006").touch()

    assert [("1", "2"), ("4", "4"), ("6", "6")] == [(first[-1], last[-1]) for first, last in runs(folder)]


def test_folders_for_each_log_number_are_looked_into(tmp_path):
    archived(tmp_path / "wal")
    archived(tmp_path / "wal" / "0000000100000000", "000000010000000000000005")

    assert 1 == stage(tmp_path / "wal", tmp_path / "here", "000000010000000000000005").segments


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ((1, 2, 3), ""),
        ((1, 3), "000000010000000000000002"),
        ((2, 3), "000000010000000000000001"),
        ((), "000000010000000000000001"),
    ],
)
def test_the_first_missing_segment_is_named(tmp_path, there, missing):
    folder = archived(tmp_path / "wal", *(f"{1:08X}{0:08X}{number:08X}" for number in there))

    assert missing == gap(folder, "000000010000000000000001")


OLD = ("1", 1), ("1", 2), ("1", 3), ("1", 4)


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ((*OLD, ("3", 3), ("3", 4)), ""),
        ((*OLD[:2], ("3", 3), ("3", 4)), ""),  # what the old primary began went into the new one's segment
        ((*OLD[:1], ("3", 3)), "000000010000000000000002"),
        ((*OLD, ("3", 3), ("3", 5)), "000000030000000000000004"),
        ((*OLD, ("3", 4)), "000000030000000000000003"),
        (OLD, ""),  # nothing of the new timeline is full yet
        ((*OLD[:2], OLD[3]), "000000010000000000000003"),
        ((*OLD[:3], ("1", 5)), ""),  # nor is it, and the old primary went on for a while
        ((*OLD, ("2", 9)), ""),  # one that the newest did not come through
    ],
)
def test_a_gap_is_looked_for_on_the_way_to_the_newest_timeline(tmp_path, there, missing):
    folder = archived(tmp_path / "wal", *(f"0000000{timeline}{0:08X}{number:08X}" for timeline, number in there))
    (folder / "00000002.history").write_text("1\t0/1000\tno recovery target specified\n")
    (folder / "00000003.history").write_text("1\t0/D00\tno recovery target specified\n")  # segments of 1 KiB: the third

    assert missing == gap(folder, "000000010000000000000001")


def test_a_timeline_that_is_no_child_of_the_copys_leaves_its_own(tmp_path):
    folder = archived(tmp_path / "wal", *(f"{5:08X}{0:08X}{number:08X}" for number in (1, 2)))
    (folder / "00000006.history").write_text("1\t0/D00\tno recovery target specified\nnonsense\n\xff")

    assert "" == gap(folder, "000000050000000000000001")


@pytest.mark.parametrize("name", ["../outside", "/absolute", "a/../../outside"])
def test_a_packed_copy_writes_nothing_outside_its_folder(tmp_path, name):
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    (tmp_path / "data").mkdir()
    with pytest.raises(DamagedCopy, match="no file of a data folder"):
        extract(tmp_path / "base.tar", tmp_path / "data")

    assert ["base.tar", "data"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_packed_copy_with_a_link_is_refused(tmp_path):
    member = tarfile.TarInfo("pg_wal")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc"
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        archive.addfile(member)
    (tmp_path / "data").mkdir()
    with pytest.raises(DamagedCopy, match="no file of a data folder"):
        extract(tmp_path / "base.tar", tmp_path / "data")
