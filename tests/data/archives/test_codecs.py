"""What a file is packed by is unpacked in bounded memory, and whatever is wrong with it is told."""

import gzip
import importlib
import io
import tracemalloc

import lz4.frame
import pytest

from prodverify.data.archives.archive import DamagedDump, examine
from prodverify.data.archives.codecs import Unpacking, pieces
from prodverify.record.findings import Unjudged
from tests.data.archives.damaging import PACKERS, zstd_packed

CODECS = {"gz": "gzip", "zst": "zstd", "lz4": "lz4"}
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip"


def unpacked(content, codec):
    return b"".join(pieces(io.BytesIO(content), codec))


@pytest.mark.parametrize("ending", CODECS)
@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_stream_is_unpacked_whatever_its_size(ending, size):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    assert content == unpacked(PACKERS[ending](content), CODECS[ending])


@pytest.mark.parametrize("ending", CODECS)
def test_streams_behind_each_other_are_one_content(ending):
    pack = PACKERS[ending]

    assert b"onetwothree" == unpacked(pack(b"one") + pack(b"two") + pack(b"three"), CODECS[ending])


@pytest.mark.parametrize("ending", CODECS)
def test_every_way_to_cut_off_the_second_stream_is_found(ending):
    first, second = PACKERS[ending](b"one" * 100), PACKERS[ending](b"two" * 100)

    for length in range(1, len(second)):
        with pytest.raises(DamagedDump, match=r"cut off|something else follows"):
            unpacked(first + second[:length], CODECS[ending])
    assert b"one" * 100 == unpacked(first, CODECS[ending])


@pytest.mark.parametrize("ending", CODECS)
def test_what_follows_a_stream_and_is_none_is_found(ending):
    with pytest.raises(DamagedDump, match=f"something else follows its {CODECS[ending]} stream 2"):
        unpacked(PACKERS[ending](b"one") + PACKERS[ending](b"two") + b"garbage", CODECS[ending])


def test_zeros_that_fill_up_a_tape_belong_to_gzip():
    assert b"one" == unpacked(gzip.compress(b"one") + b"\0" * (3 << 20), "gzip")


def test_frames_that_hold_nothing_are_passed_over():
    assert b"onetwo" == unpacked(SKIPPABLE + zstd_packed(b"one") + SKIPPABLE + zstd_packed(b"two"), "zstd")


@pytest.mark.parametrize(
    ("content", "codec", "checked"),
    [
        (PACKERS["gz"](b"one"), "gzip", True),
        (zstd_packed(b"one"), "zstd", True),
        (zstd_packed(b"one", checksum=False), "zstd", False),
        (zstd_packed(b"one") + zstd_packed(b"two", checksum=False), "zstd", False),
        (lz4.frame.compress(b"one", content_checksum=True), "lz4", True),
        (lz4.frame.compress(b"one"), "lz4", False),
    ],
)
def test_whether_the_content_has_a_checksum_is_told(content, codec, checked):
    unpacking = Unpacking(io.BytesIO(content), codec)

    assert b"one" == b"".join(unpacking)[:3]
    assert checked is unpacking.checked


@pytest.mark.parametrize("ending", CODECS)
def test_a_file_that_unpacks_to_a_thousand_times_its_size_takes_no_more_memory(tmp_path, ending):
    content = b"--\n-- PostgreSQL database dump\n--\n" + b"\0" * (64 << 20)
    (tmp_path / "x").write_bytes(PACKERS[ending](content))
    del content
    importlib.import_module("backports.zstd")
    tracemalloc.start()
    try:
        with pytest.raises(DamagedDump, match="cut off"):
            examine(tmp_path / "x")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 48 << 20


@pytest.mark.parametrize(("ending", "missing"), [("zst", "zstd"), ("lz4", "lz4")])
def test_a_codec_that_is_not_installed_is_no_damage(tmp_path, monkeypatch, ending, missing):
    (tmp_path / "x").write_bytes(PACKERS[ending](b"-- PostgreSQL database dump\n"))
    found = importlib.import_module

    def none(name):
        if missing in name:
            raise ModuleNotFoundError(name)
        return found(name)

    monkeypatch.setattr("prodverify.data.archives.codecs.importlib.import_module", none)

    with pytest.raises(Unjudged, match=r"prodverify\[backups\]"):
        examine(tmp_path / "x")


def test_a_window_beyond_what_is_unpacked_here_is_no_damage(tmp_path):
    from backports import zstd

    options = {zstd.CompressionParameter.window_log: 29, zstd.CompressionParameter.enable_long_distance_matching: 1}
    packer = zstd.ZstdCompressor(options=options)
    content = packer.compress(b"-- PostgreSQL database dump\n" * 1000) + packer.flush()
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(Unjudged, match="128 MiB"):
        examine(tmp_path / "x")
