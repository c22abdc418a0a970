"""Which kind of file a backup is, by how its content begins and not by its name."""

from __future__ import annotations

import re
from pathlib import Path

from prodverify.data.archives import codecs
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.toc import MAGIC
from prodverify.data.backups.encryption import scheme_of
from prodverify.record.findings import Unjudged, inconclusive

_HEAD = 64 << 10
_DUMP = (b"-- PostgreSQL database dump", b"-- PostgreSQL database cluster dump")
_TAR_AT, _TAR = 257, b"ustar"  # POSIX.1-1988 ustar
_PACKED = {
    b"PK\x03\x04": "as a ZIP file",
    b"BZh": "by bzip2",
    b"\xfd7zXZ\0": "by xz",
    b"7z\xbc\xaf\x27\x1c": "as a 7z file",
    b"\x02\x21\x4c\x18": "by lz4 in its old form",
}
"""What may hold a sound backup, and is not unpacked here."""
_OTHERS = {
    b"SQLite format 3\0": "a SQLite database",
    b"-- MySQL dump": "a dump of MySQL",
    b"-- MariaDB dump": "a dump of MariaDB",
    b"/*!": "a dump of MySQL or MariaDB",
    b"%PDF": "a PDF file",
    b"\xff\xfe": "in UTF-16, as PowerShell writes what is redirected by >; let pg_dump write to --file",
    b"\xfe\xff": "in UTF-16",
}
_PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|Error>|!--)", re.IGNORECASE)
_JSON = re.compile(rb'\s*[{\[]\s*["{\[\]}]')


def recognised(path: Path) -> tuple[str, str]:
    """
    What packed it from outside (``gzip``, ``zstd``, ``lz4`` or nothing), and its format.

    Raises ``DamagedDump`` where it is empty or no backup, ``Unjudged`` where it is encrypted, packed in a way that is
    not read here, or the codec is not installed, and OSError.
    """
    if path.is_dir():
        return "", "directory"
    with path.open("rb", buffering=0) as file:
        head = file.read(_HEAD)
        if not head:
            raise DamagedDump("it is empty")
        codec = codecs.codec_of(head)
        if not codec:
            _expect_no_encryption(path)
            _expect_a_known_packer(head)
            return "", _format(head)
        file.seek(0)
        inside = _first(codecs.Unpacking(file, codec))
    if not inside:
        raise DamagedDump(f"it is empty: {codec} has packed nothing")
    return codec, _format(inside)


def _first(unpacking: codecs.Unpacking) -> bytes:
    head = b""
    for piece in unpacking:
        head += piece
        if len(head) >= _HEAD:
            break
    return head


def _format(head: bytes) -> str:
    if head.startswith(MAGIC):
        return "custom"
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return "tar"
    if any(words in head for words in _DUMP):
        return "plain"
    raise _stranger(head)


def _expect_no_encryption(path: Path) -> None:
    if scheme := scheme_of(path):
        raise Unjudged(
            inconclusive(
                "archive-encrypted",
                "a backup that can be read here",
                f"it is encrypted by {scheme}",
                next_step="decrypt it first, or tell where the key is in [backups]",
            )
        )


def _expect_a_known_packer(head: bytes) -> None:
    for begin, words in _PACKED.items():
        if head.startswith(begin):
            raise Unjudged(
                inconclusive(
                    "archive-packed-otherwise",
                    "a backup that can be unpacked here",
                    f"it is packed {words}",
                    next_step="have backups packed by gzip, zstd or lz4, or unpack this one first",
                )
            )


def _stranger(head: bytes) -> DamagedDump:
    for begin, words in _OTHERS.items():
        if head.startswith(begin):
            return DamagedDump(f"it is no backup of PostgreSQL: it is {words}")
    if _PAGE.match(head):
        return DamagedDump("it is no backup: it is a page of HTML or XML, such as a server's error that was saved")
    if _JSON.match(head):
        return DamagedDump("it is no backup: it is JSON, such as a server's error that was saved")
    if not head.strip(b"\0"):
        return DamagedDump("it is no backup: it begins with nothing but zeros")
    if codecs.codec_of(head):
        return DamagedDump(
            f"it is no backup that can be restored: it was packed twice, inside by {codecs.codec_of(head)}"
        )
    if b"\0" in head:
        return DamagedDump("it is no backup of PostgreSQL that is known here, or its beginning is damaged")
    return DamagedDump("it is no backup: it is a text that says nowhere 'PostgreSQL database dump'")
