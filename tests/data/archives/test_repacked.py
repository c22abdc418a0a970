"""An archive whose data is packed by zstd or lz4 is read, and restored by a pg_restore that was built without them."""

import pytest

from prodverify.data.archives.archive import DamagedDump, examine
from tests.data.archives.damaging import cuts
from tests.data.archives.repacking import repacked
from tests.data.archives.test_formats import contents

SOURCES = {"custom": "custom-none.dump", "directory": "directory-none.dir"}


@pytest.fixture(params=["zstd", "lz4"])
def compression(request):
    return request.param


@pytest.fixture(params=["custom", "directory"])
def source(request, packaged):
    return packaged.backups.files[SOURCES[request.param]]


@pytest.fixture
def archive(packaged, source, compression, tmp_path):
    if packaged.programs.major < 16:
        pytest.skip("archives packed like this came with PostgreSQL 16")
    return repacked(source, tmp_path / source.name, compression)


def test_it_says_what_it_is_and_holds_the_same_rows(packaged, archive, source, compression):
    found, plain = examine(archive), examine(source)
    rows = {table: b"".join(pieces) for table, pieces in found.rows(packaged.programs)}

    assert (compression, False) == (found.facts.compression, found.facts.self_checking)
    assert plain.facts.content_bytes == found.facts.content_bytes
    assert {table: b"".join(pieces) for table, pieces in plain.rows(packaged.programs)} == rows


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.proof), 2])
def test_it_is_restored_as_it_was(packaged, archive, jobs):
    dsn = packaged.empty()
    examine(archive).restore(packaged.programs, dsn, jobs=jobs, deadline_seconds=60.0)

    assert contents(packaged.dsn) == contents(dsn)


def test_one_that_was_cut_off_is_found(archive, tmp_path):
    (tmp_path / "damaged").mkdir()

    for damaged in cuts(archive, tmp_path / "damaged", range(12)):
        with pytest.raises(DamagedDump):
            examine(damaged)
