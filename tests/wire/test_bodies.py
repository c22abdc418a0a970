"""Content codings are undone within bounds, and what is broken says so."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.wire.bodies import Decoder

# gzip notes the time of packing: the ids of cases must not.
SHOWN = {"ids": lambda value: "data" if isinstance(value, bytes) else None}
TEXT = b"the quick brown fox " * 500


def raw_deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def decoded(codings, data, cap=1 << 20, step=None):
    decoder = Decoder(codings, cap)
    step = step or max(len(data), 1)
    for start in range(0, len(data), step):
        if not decoder.feed(data[start : start + step]):
            break
    else:
        decoder.finish()
    return decoder


@pytest.mark.parametrize("step", [1, 7, None])
@pytest.mark.parametrize(
    ("codings", "data"),
    [
        ([], TEXT),
        (["identity", " "], TEXT),
        (["gzip"], gzip.compress(TEXT)),
        (["X-GZip"], gzip.compress(TEXT)),
        (["deflate"], zlib.compress(TEXT)),
        (["deflate"], raw_deflate(TEXT)),
        (["gzip", "gzip"], gzip.compress(gzip.compress(TEXT))),
        (["deflate", " gzip"], gzip.compress(zlib.compress(TEXT))),
        (["gzip"], gzip.compress(TEXT[:70]) + gzip.compress(b"") + gzip.compress(TEXT[70:])),
        (["gzip"], gzip.compress(TEXT) + bytes(512)),
    ],
    **SHOWN,
)
def test_codings_are_undone(codings, data, step):
    decoder = decoded(codings, data, step=step)
    assert (decoder.body, decoder.complete, decoder.note) == (TEXT, True, "")


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.binary(max_size=300_000), st.sampled_from([0, 1, 9]), st.integers(1, 5000))
def test_whatever_was_packed_comes_out(data, level, step):
    assert data == decoded(["gzip", "deflate"], zlib.compress(gzip.compress(data, level)), step=step).body


def test_nothing_is_left_behind_at_the_edge_of_a_piece():
    # Without a trailer, zlib may take the last of the input while some of the output still waits for room.
    for size in range(65536 - 2, 65536 + 600):
        decoder = decoded(["deflate"], raw_deflate(bytes(size)))
        assert (len(decoder.body), decoder.note) == (size, "")


def test_no_bytes_are_a_whole_body():
    assert (decoded(["gzip"], b"").body, decoded(["gzip"], b"").complete) == (b"", True)


@pytest.mark.parametrize(
    ("codings", "data", "note"),
    [
        (["gzip"], gzip.compress(TEXT)[:-20], "the compressed stream ends before its end"),
        (["gzip"], gzip.compress(TEXT)[:10] + b"\x07" * 40, "the gzip stream is corrupt"),
        (["gzip"], b"plain text, mislabelled", "the gzip stream is corrupt"),
        (["gzip"], gzip.compress(TEXT)[:-8] + b"\x00" * 8, "the gzip stream is corrupt"),
        (["gzip", "gzip"], gzip.compress(TEXT), "the gzip stream is corrupt"),
        (["deflate"], b"x", "the compressed stream ends before its end"),
        (["br"], b"\x0b\x02", "content coding br was not asked for and is not undone"),
        (["gzip"] * 5, gzip.compress(b""), "5 content codings one over the other are not undone"),
    ],
    **SHOWN,
)
def test_what_is_broken_says_so_and_keeps_what_came(codings, data, note):
    decoder = decoded(codings, data)
    assert (note, False) == (decoder.note, decoder.complete)
    assert TEXT.startswith(decoder.body) or data == decoder.body


@pytest.mark.parametrize("layers", [0, 1, 2, 3, 4])
def test_nothing_grows_beyond_its_cap(layers):
    data = bytes(32 << 20) if not layers else b""
    for layer in range(layers):
        data = gzip.compress(data or bytes(32 << 20), 9 if layer < 2 else 1)
    tracemalloc.start()
    try:
        decoder = decoded(["gzip"] * layers, data, cap=100_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(decoder.body), decoder.complete) == (100_000, False)
    assert peak < 2 << 20 if layers else peak < 40 << 20


def test_an_inner_layer_has_a_cap_of_its_own():
    # 64 MiB of empty gzip members decode to nothing at the end, and to far too much in between.
    inner = gzip.compress(b"", 9) * 200_000
    decoder = decoded(["gzip", "gzip"], gzip.compress(inner), cap=50_000)
    assert (decoder.body, decoder.complete) == (b"", False)
