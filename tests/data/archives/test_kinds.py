"""What is no backup is told in one sentence, whatever its name."""

import base64
import bz2
import lzma
import shutil
import subprocess

import pytest

from prodverify.data.archives.archive import DamagedDump, examine
from prodverify.record.findings import Unjudged
from tests.data.archives.damaging import PACKERS

PAGE = b"<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head></html>\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (PACKERS["gz"](b""), "it is empty: gzip has packed nothing"),
        (PACKERS["zst"](b""), "it is empty: zstd has packed nothing"),
        (PACKERS["lz4"](b""), "it is empty: lz4 has packed nothing"),
        (PAGE, "a page of HTML"),
        (PACKERS["gz"](PAGE), "a page of HTML"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>', "a page of HTML or XML"),
        (b'{"message": "Not Found"}', "it is JSON"),
        (b"-- MySQL dump 10.13", "a dump of MySQL"),
        (b"SQLite format 3\x00", "a SQLite database"),
        ("\ufeff-- PostgreSQL database dump".encode("utf-16-le"), "in UTF-16, as PowerShell"),
        (b"\x00" * 5000, "nothing but zeros"),
        (b"pg_dump: error: connection to server failed\n", "says nowhere 'PostgreSQL database dump'"),
        (b"\x01\x02\x00binary", "no backup of PostgreSQL that is known"),
        (PACKERS["gz"](PACKERS["gz"](b"-- PostgreSQL database dump\n")), "packed twice, inside by gzip"),
        (b"-- PostgreSQL database dump\n", "cut off"),
        (b"PGDMP", "cut off"),
        (b"PGDMP\x01\x0e\x00\x09\x08\x01", "its head is none that pg_dump writes"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["shop_backup_20260101_000000.sql.gz", "x"])
def test_a_file_that_is_no_backup_is_told_apart_by_its_content(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DamagedDump, match=said) as caught:
        examine(tmp_path / name)
    assert str(caught.value).startswith("it is")


@pytest.mark.parametrize(
    ("content", "scheme"),
    [
        (b"age-encryption.org/v1\n-> X25519 abc", "age"),
        (b"-----BEGIN PGP MESSAGE-----\n", "gpg"),
        (b"Salted__12345678\xff\x00\xfe", "openssl"),
        (base64.b64encode(b"Salted__12345678\xff\x00\xfe"), "openssl"),
    ],
)
def test_an_encrypted_file_is_no_damage(tmp_path, content, scheme):
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(Unjudged, match=f"encrypted by {scheme}"):
        examine(tmp_path / "x")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "as a ZIP file"),
        (bz2.compress(b"-- PostgreSQL database dump"), "by bzip2"),
        (lzma.compress(b"-- PostgreSQL database dump"), "by xz"),
        (b"\x02\x21\x4c\x18\x20\0\0\0-- PostgreSQL database dump", "by lz4 in its old form"),
    ],
)
def test_what_is_packed_in_another_way_is_no_damage(tmp_path, content, words):
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(Unjudged, match=f"it is packed {words}"):
        examine(tmp_path / "x")


def test_an_archive_of_a_format_that_is_not_known_is_no_damage(tmp_path):
    (tmp_path / "x").write_bytes(b"PGDMP\x01\x11\x00\x04\x08\x01" + b"\0" * 100)

    with pytest.raises(Unjudged, match=r"format 1\.17"):
        examine(tmp_path / "x")


@pytest.mark.parametrize(
    ("options", "program", "said"),
    [
        (("--create",), "pg_dump", "it creates its database itself"),
        (("--clean",), "pg_dump", "it drops what an empty database does not have"),
        (("--globals-only",), "pg_dumpall", "a dump of a whole cluster"),
    ],
)
def test_a_script_that_is_more_than_one_database_is_not_restored(release, tmp_path, options, program, said):
    path = tmp_path / "x"
    command = [str(release.programs.tool(program)), f"--dbname={release.dsn}", f"--file={path}", *options]
    subprocess.run(command, check=True, capture_output=True)

    assert said in examine(path).facts.unsupported


@pytest.mark.parametrize("options", [("--format=plain",), ("--format=plain", "--inserts"), ("--format=custom",)])
def test_rows_without_tables_are_no_backup(release, tmp_path, options):
    command = [str(release.programs.tool("pg_dump")), release.dsn, f"--file={tmp_path / 'x'}", "--data-only", *options]
    subprocess.run(command, check=True, capture_output=True)

    with pytest.raises(DamagedDump, match="makes no table"):
        examine(tmp_path / "x")


def test_a_folder_that_is_no_archive_is_told(tmp_path):
    with pytest.raises(DamagedDump, match=r"the folder has no toc\.dat"):
        examine(tmp_path)


def test_a_folder_that_was_packed_by_tar_is_told(release, tmp_path):
    path = shutil.make_archive(
        str(tmp_path / "x"), "tar", release.backups.files["directory.dir"].parent, "directory.dir"
    )

    with pytest.raises(DamagedDump, match="not pg_dump's own"):
        examine(tmp_path / path)


def test_a_file_that_is_not_there_is_the_machines_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        examine(tmp_path / "x")


def test_an_archive_on_the_standard_output_of_pg_dump_is_whole(each_release, tmp_path):
    with (tmp_path / "x").open("wb") as file:
        subprocess.run([str(each_release.programs.tool("pg_dump")), each_release.dsn, "-Fc"], check=True, stdout=file)
    first = examine(tmp_path / "x").facts

    assert first.entries == examine(each_release.backups.files["custom.dump"]).facts.entries
    with (tmp_path / "x").open("ab") as file:
        file.write(b"\0\0\0")
    with pytest.raises(DamagedDump, match="something else follows the end of its data"):
        examine(tmp_path / "x")
