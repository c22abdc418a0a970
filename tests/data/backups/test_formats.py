"""Every format that is promised is written from one snapshot, says what it is, and is restored to what was there."""

import threading
from pathlib import Path

import psycopg
import pyrage
import pytest

from prodverify.data import binaries
from prodverify.data.archives.archive import DamagedDump, examine
from prodverify.data.backups import dumping
from prodverify.data.backups.encryption import decrypt, scheme_of
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.taking import BackupFailed, ending, take
from prodverify.data.catalog.structure import read_contents
from prodverify.data.connection import read_only
from prodverify.data.empty import empty_cluster
from prodverify.target.taking import Taking

IDENTITY = pyrage.x25519.Identity.from_str(
    "AGE-SECRET-KEY-1FTPS49Q2AJRY7ATRGQQ8LRCV2DHSQ5XRNX3ZMZ2UVN045SEALSEQL22SFZ"  # pragma: allowlist secret
)
RECIPIENTS = (str(IDENTITY.to_public()),)
FORMS = [
    ("plain", "gzip", ".sql.gz"),
    ("plain", "zstd", ".sql.zst"),
    ("plain", "none", ".sql"),
    ("custom", "gzip", ".dump"),
    ("custom", "none", ".dump"),
    ("directory", "gzip", ".dir"),
]
SMALL = """
CREATE TABLE orders (id serial PRIMARY KEY, note text);
INSERT INTO orders (note) SELECT md5(n::text) FROM generate_series(1, 500) n;
"""


@pytest.fixture(scope="module")
def newer():
    """A server of another major than the system's, which only the package's pg_dump may dump."""
    with empty_cluster(binaries.find(at_least=18), name="pv-newer", small=True) as cluster:
        with psycopg.connect(cluster.dsn("postgres")) as connection:
            connection.execute(SMALL)
        yield cluster


def restored(stored, dsn, programs, folder):
    """What is in the database of ``dsn`` once the backup at ``stored`` is in it."""
    manifest = Manifest.from_text(stored.manifest_path.read_text())
    plain = stored.path
    if manifest.encryption:
        plain = folder / "plain"
        decrypt(stored.path, plain, str(IDENTITY))
    archive = examine(plain)
    assert (manifest.plain_sha256, manifest.plain_size_bytes) == (archive.facts.sha256, archive.facts.size_bytes)
    archive.restore(programs, dsn, jobs=2, deadline_seconds=60)
    with read_only(dsn, statement_timeout_ms=0, purpose="test") as connection:
        return read_contents(connection)


@pytest.mark.parametrize(("form", "compression", "end"), FORMS)
def test_each_format_says_what_it_is_and_brings_everything_back(
    shop, databases, programs, tmp_path, form, compression, end
):
    taken = take(shop, tmp_path, name="shop", taking=Taking(format=form, compression=compression), binaries=programs)
    facts = examine(taken.path).facts
    manifest = taken.manifest

    assert taken.path.name.endswith(end)
    assert (form, "", facts.sha256, facts.size_bytes) == (
        manifest.format, manifest.encryption, manifest.sha256, manifest.size_bytes,
    )  # fmt: skip
    assert (facts.codec, facts.compression) == (manifest.codec, manifest.compression)
    assert {0o700 if form == "directory" else 0o600} == {taken.path.stat().st_mode & 0o777}
    (stored,) = Folder(tmp_path).backups()
    assert (taken.name, manifest.size_bytes, True) == (stored.name, stored.size_bytes, stored.has_manifest)
    assert manifest.contents == restored(taken, databases(), programs, tmp_path)


@pytest.mark.parametrize(("form", "end"), [("plain", ".sql.zst.age"), ("custom", ".dump.age")])
def test_what_is_encrypted_is_stored_as_ciphertext_alone(shop, databases, programs, tmp_path, form, end):
    taking = Taking(format=form, compression="zstd" if form == "plain" else "gzip", encrypt_to=RECIPIENTS)
    taken = take(shop, tmp_path / "to", name="shop", taking=taking, binaries=programs)

    assert ("age", "age") == (scheme_of(taken.path), taken.manifest.encryption)
    assert taken.path.name.endswith(end)
    assert {taken.path.name, taken.manifest_path.name} == {each.name for each in taken.path.parent.iterdir()}
    assert taken.manifest.size_bytes == taken.path.stat().st_size
    assert taken.manifest.sha256 != taken.manifest.plain_sha256
    assert taken.manifest.contents == restored(taken, databases(), programs, tmp_path)


def test_a_folder_is_not_encrypted(shop, tmp_path):
    with pytest.raises(BackupFailed, match="a folder is not encrypted: say another format"):
        take(shop, tmp_path, name="shop", taking=Taking(format="directory", encrypt_to=RECIPIENTS))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["plain", "custom", "directory"])
def test_a_server_is_dumped_by_a_pg_dump_of_its_own_major(newer, shop, programs, tmp_path, form):
    later = take(newer.dsn("postgres"), tmp_path, name="newer", taking=Taking(format=form))
    own = take(shop, tmp_path, name="shop", taking=Taking(format=form))

    assert newer.binaries.version == later.manifest.tool_version
    assert programs.version == own.manifest.tool_version
    assert newer.binaries.major == later.manifest.contents.server_major
    assert later.manifest.contents.tables["orders"].rows == 500


def test_a_limit_of_the_server_on_transactions_does_not_end_a_backup(newer, tmp_path, monkeypatch):
    read = dumping.read_contents

    def read_slowly(connection):
        connection.execute("SELECT pg_sleep(0.6)")
        return read(connection)

    monkeypatch.setattr(dumping, "read_contents", read_slowly)
    with psycopg.connect(newer.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE hasty LOGIN SUPERUSER")
        connection.execute("ALTER ROLE hasty SET transaction_timeout = '500ms'")
    dsn = psycopg.conninfo.make_conninfo(newer.dsn("postgres"), user="hasty")

    assert take(dsn, tmp_path, name="newer").manifest.contents.tables["orders"].rows == 500


def test_what_pg_dump_cannot_pack_is_a_sentence_that_says_what_else(newer, shop, programs, tmp_path):
    taking = Taking(format="custom", compression="zstd")

    alone = r"packs archives with gzip alone" if programs.major < 16 else r"(not built with|does not support)"
    with pytest.raises(BackupFailed, match=rf"pg_dump .*{alone}.* say compression = \"gzip\""):
        take(shop, tmp_path, name="shop", taking=taking, binaries=programs)
    with pytest.raises(BackupFailed, match=r"(not built with|does not support).*say compression = \"gzip\""):
        take(newer.dsn("postgres"), tmp_path, name="newer", taking=taking)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["plain", "custom", "directory"])
def test_all_who_dump_at_the_same_time_see_one_snapshot(databases, programs, tmp_path, form):
    tables = [f"t{number}" for number in range(6)]
    dsn = databases("".join(f"CREATE TABLE {name} AS SELECT n FROM generate_series(1, 2000) n;" for name in tables))
    stop, wrote = threading.Event(), threading.Event()

    def write():
        with psycopg.connect(dsn) as connection:
            while not stop.is_set():
                for name in tables:  # in one transaction: all tables have the same rows at every moment
                    connection.execute(f"INSERT INTO {name} SELECT max(n) + 1 FROM {name}")
                connection.commit()
                wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert wrote.wait(10)
        taken = take(dsn, tmp_path, name="moving", taking=Taking(format=form, jobs=3), binaries=programs)
    finally:
        stop.set()
        writer.join()

    assert len({table.checksum for table in taken.manifest.contents.tables.values()}) == 1
    assert taken.manifest.contents == restored(taken, databases(), programs, tmp_path)


@pytest.mark.parametrize(
    ("taking", "expected"),
    [
        (Taking(), ".sql.gz"),
        (Taking(compression="none"), ".sql"),
        (Taking(format="custom", compression="none"), ".dump"),
        (Taking(format="directory", compression="zstd"), ".dir"),
        (Taking(compression="zstd", encrypt_to=RECIPIENTS), ".sql.zst.age"),
    ],
)
def test_the_ending_says_how_it_is_stored(taking, expected):
    assert expected == ending(taking)


def test_a_flipped_bit_in_what_we_pack_with_zstd_is_noticed(shop, programs, tmp_path):
    taken = take(shop, tmp_path, name="shop", taking=Taking(compression="zstd"), binaries=programs)
    whole = taken.path.read_bytes()
    damaged = 0
    for at in range(20, len(whole), len(whole) // 40):
        Path(tmp_path / "spoilt").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DamagedDump):
            examine(tmp_path / "spoilt")
        damaged += 1

    assert damaged >= 40
