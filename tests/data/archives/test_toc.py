"""Heads and entries of every format of archive since PostgreSQL 9.0 are read, as pg_restore reads them."""

from datetime import UTC, datetime

import pytest

from prodverify.data.archives.bytestream import ByteStream
from prodverify.data.archives.damage import DamagedDump
from prodverify.data.archives.summary import Summary
from prodverify.data.archives.toc import CUSTOM, MAGIC, TAR, Entry, read_entries, read_head, read_int, written_int

MINORS = [12, 13, 14, 15, 16]


def text(value, size):
    if value is None:
        return written_int(-1, size)
    return written_int(len(value), size) + value


def archive(minor, *, size=4, offset=8, form=CUSTOM, compression=1, entries=(), month=10):
    packed = bytes([compression]) if minor >= 15 else written_int(-1 if compression else 0, size)
    moment = b"".join(written_int(part, size) for part in (30, 59, 23, 31, month, 126, 0))
    words = b"".join(text(each, size) for each in (b"shop", b"15.18 (Debian 15.18-0+deb12u1)", b"15.18"))
    head = MAGIC + bytes([1, minor, 0, size, offset, form]) + packed + moment + words
    return head + written_int(len(entries), size) + b"".join(entries)


def entry(minor, kind, name, *, size=4, offset=8, form=CUSTOM, definition=None, copy=None, owner=b"", file=b"", at=0):
    parts = [written_int(7, size), written_int(bool(at or file), size), text(b"0", size), text(b"0", size)]
    parts += [text(name, size), text(kind, size), written_int(3, size), text(definition, size), text(None, size)]
    parts += [text(copy, size), text(b"public", size), text(b"fast", size)]
    parts += [text(b"heap", size)] if minor >= 14 else []
    parts += [written_int(114, size)] if minor >= 16 else []
    parts += [text(owner, size), text(b"false", size), text(b"12", size), text(None, size)]
    parts += [text(file, size)] if form == TAR else [bytes([2 if at else 3]), at.to_bytes(offset, "little")]
    return b"".join(parts)


def streamed(content, portion=7):
    return ByteStream(iter([content[at : at + portion] for at in range(0, len(content), portion)]))


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("size", [4, 8])
def test_a_head_is_read(minor, size):
    head = read_head(streamed(archive(minor, size=size)))

    assert ((1, minor), "gzip", "shop") == (head.version, head.compression, head.database)
    assert ("15.18 (Debian 15.18-0+deb12u1)", "15.18") == (head.server_version, head.tool_version)


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("form", [CUSTOM, TAR])
@pytest.mark.parametrize("size", [4, 8])
def test_an_entry_is_read(minor, form, size):
    where = {"at": 4711} if form == CUSTOM else {"file": b"7.dat"}
    content = entry(minor, b"TABLE DATA", b"t", size=size, form=form, owner=b"me", copy=b"COPY public.t (a)", **where)
    stream = streamed(archive(minor, size=size, form=form, entries=[content]) + b"data")
    (found,) = read_entries(stream, read_head(stream))
    expected = Entry(7, "TABLE DATA", "t", "public", "me", "fast", b"", b"COPY public.t (a)", True, 0, "7.dat")

    if form == CUSTOM:
        assert (4711, "", True) == (found.offset, found.file, found.has_data)
    else:
        assert expected == found
    assert b"data" == stream.exactly(4)
    assert stream.at_end()


@pytest.mark.parametrize(
    ("compression", "minor", "name"),
    [(0, 14, "none"), (1, 14, "gzip"), (0, 16, "none"), (1, 16, "gzip"), (2, 16, "lz4"), (3, 16, "zstd")],
)
def test_what_packs_the_data_is_told(compression, minor, name):
    assert name == read_head(streamed(archive(minor, compression=compression))).compression


@pytest.mark.parametrize(("month", "moment"), [(10, None), (9, datetime(2026, 10, 31, 23, 59, 30, tzinfo=UTC))])
def test_a_date_that_is_none_is_no_time(month, moment):
    assert moment == read_head(streamed(archive(16, month=month))).taken_at


@pytest.mark.parametrize("value", [0, 1, -1, 255, 256, -65536, 2**31 - 1])
@pytest.mark.parametrize("size", [4, 8])
def test_a_number_is_read_as_it_was_written(value, size):
    assert value == read_int(streamed(written_int(value, size)), size)


@pytest.mark.parametrize("portion", [1, 3, 1000])
def test_each_way_to_end_too_early_is_found(portion):
    whole = archive(16, entries=[entry(16, b"TABLE", b"t")])

    for length in range(len(whole)):
        stream = streamed(whole[:length], portion)
        with pytest.raises(DamagedDump, match="it ends within"):
            list(read_entries(stream, read_head(stream)))


def test_a_summary_keeps_what_a_server_must_have():
    entries = [
        entry(16, b"ENCODING", b"ENCODING", definition=b"SET client_encoding = 'LATIN1';\n"),
        entry(16, b"EXTENSION", b"pg_trgm"),
        entry(16, b"ACL", b"TABLE t", owner=b"me", definition=b'GRANT SELECT ON TABLE public.t TO "The Reader";\n'),
        entry(
            16,
            b"DATABASE",
            b"shop",
            definition=b"CREATE DATABASE shop WITH ENCODING = 'LATIN1' LOCALE_PROVIDER = icu LC_COLLATE = 'C' "
            b"ICU_LOCALE = 'de-DE';\n",
        ),
    ]
    stream = streamed(archive(16, entries=entries))
    head = read_head(stream)
    facts = Summary(head, read_entries(stream, head)).facts(
        kind="custom", codec="", size=1, sha256="", content=0, self_checking=False
    )

    assert ("LATIN1", {"pg_trgm"}, {"me", "The Reader"}) == (facts.encoding, facts.extensions, facts.roles)
    assert ("icu", "de-DE", {"fast"}) == (facts.locale_provider, facts.locale, facts.tablespaces)
    assert ("15.18", 15, 15, 4) == (facts.server_version, facts.server_major, facts.tool_major, facts.entries)
