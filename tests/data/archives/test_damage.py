"""A backup that lost a bit or its end is found out, as far as its format can tell; no damage makes anything crash."""

import pytest

from prodverify.data.archives.archive import DamagedDump, examine
from prodverify.data.archives.codecs import pieces
from prodverify.record.findings import Unjudged
from tests.data.archives.damaging import cuts, flips, outcome

SELF_CHECKING = [
    "plain.sql.gz",
    "plain.sql.zst",
    "plain.sql.lz4",
    "custom-none.dump.gz",
    "custom.dump.zst",
    "tar.tar.lz4",
]
REST = ("plain.sql", "custom.dump", "tar.tar")
OTHERS = ["plain.sql", "custom.dump", "custom-none.dump", "directory.dir", "directory-none.dir", "tar.tar"]


def examined(path):
    try:
        archive = examine(path)
    except DamagedDump as damage:
        return "damaged" if str(damage).startswith("it ") else str(damage)
    except Unjudged as unjudged:
        return "unjudged" if unjudged.finding.next_step else str(unjudged)
    return archive.facts.unsupported or "whole"


def content(path, codec):
    with path.open("rb") as file:
        return b"".join(pieces(file, codec))


@pytest.mark.parametrize("name", SELF_CHECKING)
def test_a_flipped_bit_is_found_where_the_codec_has_a_checksum(release, tmp_path, name):
    codec = {"gz": "gzip", "zst": "zstd", "lz4": "lz4"}[name.rpartition(".")[2]]
    whole = content(release.backups.files[name], codec)
    seen = []
    for path in flips(release.backups.files[name], tmp_path, range(24)):
        seen.append(examined(path))
        # what survives is nothing of its content, such as the time and the system in the head of gzip
        assert seen[-1] == "damaged" or whole == content(path, codec)

    assert seen.count("damaged") > 20


@pytest.mark.parametrize("name", OTHERS)
def test_a_flipped_bit_is_damage_or_not_to_be_seen_where_there_is_no_checksum(release, tmp_path, name):
    seen = {examined(path) for path in flips(release.backups.files[name], tmp_path, range(24))}

    assert {"whole"} <= seen <= {"damaged", "whole", "unjudged"}
    assert not examine(release.backups.files[name]).facts.self_checking


@pytest.mark.parametrize("name", [*SELF_CHECKING, *OTHERS])
def test_a_backup_that_was_cut_off_is_found(release, tmp_path, name):
    original = release.backups.files[name]
    for path in cuts(original, tmp_path, range(12)):
        # a large object in a file of its own, not packed, has no end that could be missed
        assert examined(path) == "damaged" or differing(path, original) <= {"blob"}


def differing(path, original):
    if path.is_file():
        return {path.name}
    return {
        each.name.partition("_")[0]
        for each in original.iterdir()
        if each.read_bytes() != (path / each.name).read_bytes()
    }


@pytest.mark.parametrize(
    "name",
    ["custom-none.dump", "directory.dir", *(pytest.param(each, marks=pytest.mark.proof) for each in REST)],
)
def test_what_becomes_of_a_damaged_backup_is_told_and_not_thrown(release, tmp_path, name):
    seen = {
        outcome(path, release.programs, release.empty(), jobs=2)
        for path in flips(release.backups.files[name], tmp_path, range(100, 104))
    }

    assert seen <= {"damaged", "refused", "unjudged", "restored"}


def test_rows_that_are_lost_between_two_lines_are_found_in_a_directory(release, tmp_path):
    archive = next(cuts(release.backups.files["directory-none.dir"], tmp_path, range(1)))
    for path in release.backups.files["directory-none.dir"].iterdir():
        (archive / path.name).write_bytes(path.read_bytes())
    table = next(path for path in sorted(archive.glob("*.dat")) if b"workspace 12\n" in path.read_bytes())
    table.write_bytes(table.read_bytes().partition(b"12\tworkspace")[0])

    with pytest.raises(DamagedDump, match=f"the data of {table.name} has no end"):
        examine(archive)
