"""A manifest says everything that is wrong with it, and reads back as it was written."""

import copy
from dataclasses import replace

import pytest

from prodverify.data.backups.manifest import Manifest, ManifestError


@pytest.fixture(scope="module")
def values(shop_taken):
    return shop_taken.manifest.as_dict()


def test_a_manifest_reads_back_as_it_was_written(shop_taken):
    written = Manifest.from_text(shop_taken.manifest.as_text())

    assert written.as_dict() == shop_taken.manifest.as_dict()
    assert written.contents == shop_taken.manifest.contents


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        ("format", 4, "format must be 1 to 3, and is int '4'"),
        ("format", True, "format must be 1 to 3, and is bool 'True'"),
        ("sequences", None, "sequences must be an object, and is nothing"),
        ("sequences.api_keys_id_seq", 7, "sequences.api_keys_id_seq must be an object"),
        ("sequences.api_keys_id_seq.first", [True, True], "sequences.api_keys_id_seq.first must be a number with true"),
        ("sequences.api_keys_id_seq.last", [7], "sequences.api_keys_id_seq.last must be a number with true or false"),
        ("sequences.api_keys_id_seq.increment", 0, "sequences.api_keys_id_seq.increment must be a number other than 0"),
        ("sequences.api_keys_id_seq.cycles", 1, "sequences.api_keys_id_seq.cycles must be true or false"),
        ("database.encoding", None, "database.encoding must be a text like"),
        ("database.collate", "", "database.collate must be a text, and is str"),
        ("snapshot", 7, "snapshot must be an object, and is int '7'"),
        ("snapshot.server_at", "now", "snapshot.server_at must be a time with its zone"),
        ("dump.codec", None, "dump.codec must be a text like"),
        ("dump.plain_sha256", "x", "dump.plain_sha256 must be a text like"),
        ("database.size_bytes", "1", "database.size_bytes must be a number, 0 or more"),
        ("tables.workspaces.size_bytes", None, "tables.workspaces.size_bytes must be a number, 0 or more"),
        ("taken_at", "yesterday", "taken_at must be a time with its zone, such as 2026-01-31T09:00:00Z"),
        ("taken_at", "2026-01-31T09:00:00", "taken_at must be a time with its zone"),
        ("taken_at", "0001-01-01T00:00:00+14:00", "taken_at must be a time with its zone"),
        ("dump", None, "dump must be an object, and is nothing; dump.file must be a text"),
        ("dump.sha256", "ABC", "dump.sha256 must be a text like [0-9a-f]{64}, and is str 'ABC'"),
        ("dump.size_bytes", -1, "dump.size_bytes must be a number, 0 or more, and is int '-1'"),
        ("tables.workspaces", 7, "tables.workspaces must be an object, and is int '7'"),
        ("tables.workspaces.rows", True, "tables.workspaces.rows must be a number, 0 or more, and is bool 'True'"),
        ("tables.workspaces.checksum", "12x", "tables.workspaces.checksum must be a text like"),
        ("tables.workspaces.columns", "id", "tables.workspaces.columns must be a list of texts, and is str 'id'"),
        ("migration_heads", [7], "migration_heads must be a list of texts"),
        ("structure.broken", {}, "structure.broken must be a list of texts"),
        ("versions.server_version_num", "18", "versions.server_version_num must be a number"),
        ("algorithm", "", "algorithm must be a text, and is str ''"),
    ],
)
def test_each_wrong_member_is_named(values, place, value, complaint):
    spoilt = copy.deepcopy(values)
    *parents, last = place.split(".")
    member = spoilt
    for name in parents:
        member = member[name]
    member[last] = value

    with pytest.raises(ManifestError) as caught:
        Manifest.from_dict(spoilt)
    assert str(caught.value).startswith(complaint)


def test_everything_wrong_is_said_at_once(values):
    spoilt = {**values, "taken_at": 7, "algorithm": 8}

    with pytest.raises(ManifestError) as caught:
        Manifest.from_dict(spoilt)
    assert [complaint.split()[0] for complaint in caught.value.complaints] == ["taken_at", "algorithm"]


@pytest.mark.parametrize("text", ["", "nonsense", b"\xff\xfe", "[]", "null", "[" * 200_000])
def test_a_text_that_is_no_manifest_is_refused(text):
    with pytest.raises(ManifestError):
        Manifest.from_text(text)


def test_a_database_without_migrations_has_no_heads(values):
    assert Manifest.from_dict({**values, "migration_heads": None}).contents.migration_heads is None


def test_a_manifest_of_the_first_format_is_read(values):
    first = {**values, "format": 1, "dump": {name: values["dump"][name] for name in ("file", "size_bytes", "sha256")}}
    first["tables"] = {
        name: {key: value for key, value in table.items() if key != "size_bytes"}
        for name, table in values["tables"].items()
    }
    del first["snapshot"], first["database"]
    manifest = Manifest.from_dict(first)

    assert replace(Manifest.from_dict(values).contents, sequences=None) == manifest.contents
    assert manifest.locale is None
    assert ("", "", None, 0, {}) == (
        manifest.format, manifest.encryption, manifest.server_at, manifest.database_bytes, manifest.table_bytes,
    )  # fmt: skip
    assert manifest.skew_seconds == 0.0
    assert Manifest.from_text(manifest.as_text()).contents == manifest.contents


def test_a_manifest_of_the_second_format_says_nothing_of_sequences_and_locale(values):
    second = {**values, "format": 2, "database": {"size_bytes": 7}}
    del second["sequences"]
    manifest = Manifest.from_dict(second)

    assert (None, None) == (manifest.contents.sequences, manifest.locale)
    assert manifest == Manifest.from_text(manifest.as_text())


def test_a_manifest_says_formats_sizes_and_both_clocks(shop_taken):
    manifest = shop_taken.manifest

    assert ("plain", "gzip", "") == (manifest.format, manifest.codec, manifest.encryption)
    assert (manifest.plain_size_bytes, manifest.plain_sha256) == (manifest.size_bytes, manifest.sha256)
    assert set(manifest.contents.tables) == set(manifest.table_bytes)
    assert 0 < manifest.table_bytes["events"] < manifest.database_bytes
    assert abs(manifest.skew_seconds) < 60
