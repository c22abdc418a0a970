"""A file that was made to do harm is refused in one sentence; nothing outside it is opened or written."""

import io
import os
import shutil
import tarfile

import pytest

from prodverify.data.archives.archive import DamagedDump, examine
from prodverify.data.archives.encodings import decoded
from prodverify.data.archives.toc import MAGIC

HUGE = (2**31 - 1).to_bytes(4, "little")


def number(value):
    return b"\0" + value.to_bytes(4, "little")


def text(value):
    return number(len(value)) + value


ONE = number(1)


def head(entries=ONE):
    moment = b"".join(number(part) for part in (0, 0, 9, 1, 0, 126, 0))
    versions = text(b"shop") + text(b"18.6") + text(b"18.6")
    return MAGIC + bytes([1, 16, 0, 4, 8, 1, 1]) + moment + versions + entries


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (head(b"\0" + HUGE), "cut off"),
        (head(b"\1" + number(1)[1:]), "fewer than no entries"),
        (head(b"\7" + number(1)[1:]), "a number in it"),
        (head() + number(5) + number(0) + b"\0" + HUGE, "announces a text of 2147483647 bytes"),
        (head() + number(5) + number(0) + number(60 << 20) + b"short", "cut off"),
        (head() + number(0) + number(0) + text(b"1") * 2 + text(b"x") * 2 + number(2), "none that pg_dump writes"),
        (head(b"\0" + HUGE) + bytes(1 << 20), "none that pg_dump writes"),
        (head(number(0)) + b"\1" + number(9), "something else follows"),
    ],
)
def test_a_head_that_lies_costs_nothing(tmp_path, content, said):
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(DamagedDump, match=said):
        examine(tmp_path / "x")


def test_a_compression_that_pg_dump_does_not_have_is_told(tmp_path):
    (tmp_path / "x").write_bytes(head().replace(bytes([8, 1, 1]), bytes([8, 1, 9]), 1))

    with pytest.raises(DamagedDump, match="compression 9"):
        examine(tmp_path / "x")


@pytest.mark.parametrize("length", [HUGE, b"\0\0\0\x41", b"\xff\xff\xff\xff"])
def test_a_piece_of_data_that_lies_about_its_length_is_found(release, tmp_path, length):
    content = bytearray(release.backups.files["custom.dump"].read_bytes())
    at = content.rindex(b"\x78\x9c") - 4  # the length stands before the beginning of a stream of zlib
    content[at : at + 4] = length
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(DamagedDump):
        examine(tmp_path / "x")


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "toc.dat/../x", "x.dat"])
def test_a_member_of_a_tar_that_is_not_in_its_contents_is_refused(release, tmp_path, name):
    path = shutil.copy(release.backups.files["tar.tar"], tmp_path / "x")
    with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())

    with pytest.raises(DamagedDump, match="is not in its table of contents"):
        examine(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_member_of_a_tar_that_is_no_file_is_refused(release, tmp_path, kind):
    path = shutil.copy(release.backups.files["tar.tar"], tmp_path / "x")
    with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT) as tar:
        link = tarfile.TarInfo("1.dat")
        link.type, link.linkname = kind, "/etc/passwd"
        tar.addfile(link)

    with pytest.raises(DamagedDump, match="not pg_dump's own"):
        examine(path)


def test_a_member_of_a_tar_that_lies_about_its_size_is_found(release, tmp_path):
    content = bytearray(release.backups.files["tar.tar"].read_bytes())
    content[124:136] = b"\x80" + (1 << 62).to_bytes(11, "big")
    content[148:156] = b"%06o\0 " % (sum(content[:148]) + 8 * 32 + sum(content[156:512]))
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(DamagedDump):
        examine(tmp_path / "x")


@pytest.fixture
def folder(release, tmp_path):
    return shutil.copytree(release.backups.files["directory-none.dir"], tmp_path / "x.dir")


def test_a_file_outside_that_the_contents_name_is_not_opened(folder):
    name = next(path.name for path in folder.glob("[0-9]*.dat")).encode()
    outside = b"../" + b"y" * (len(name) - 7) + b".dat"
    (folder / outside.decode()).write_bytes(b"\\.\n\n\n")
    toc = folder / "toc.dat"
    toc.write_bytes(toc.read_bytes().replace(name, outside))

    with pytest.raises(DamagedDump, match="which pg_dump never does"):
        examine(folder)


@pytest.mark.parametrize("line", [b"1 ../../../etc/passwd\n", b"1 blob_2.dat\n", b"1 /etc/passwd\n", b"blob_1.dat\n"])
def test_a_large_object_outside_is_not_opened(folder, line):
    next(folder.glob("blobs*.toc")).write_bytes(line)

    with pytest.raises(DamagedDump, match="which pg_dump never does"):
        examine(folder)


@pytest.mark.parametrize("make", [os.symlink, None, "fifo"])
def test_what_is_no_file_in_a_folder_is_refused(folder, make):
    victim = next(folder.glob("[0-9]*.dat"))
    victim.unlink()
    if make == "fifo":
        os.mkfifo(victim)
    elif make is None:
        victim.mkdir()
    else:
        make("/etc/passwd", victim)

    with pytest.raises(DamagedDump, match="which is no file"):
        examine(folder)


def test_a_file_that_the_contents_name_and_that_is_not_there_is_found(folder):
    victim = next(folder.glob("[0-9]*.dat"))
    victim.unlink()

    with pytest.raises(DamagedDump, match=f"it lacks its file {victim.name}"):
        examine(folder)


@pytest.mark.parametrize("encoding", ["undefined", "idna", "rot13", "nobodys", "\0", "UTF8"])
def test_a_name_is_read_whatever_encoding_the_archive_claims(encoding):
    assert "tabl\N{LATIN SMALL LETTER E WITH ACUTE}" == decoded(
        "tabl\N{LATIN SMALL LETTER E WITH ACUTE}".encode(), encoding
    )
