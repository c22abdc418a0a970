"""A delivery proves who sent it, and every way in which it cannot is told apart."""

import base64
import gzip
import hashlib
import hmac
import json

import pytest

from prodverify.judges import signatures
from prodverify.judges.schemes.message import Message, Spelling
from prodverify.judges.schemes.table import sign
from prodverify.judges.signatures import Trust
from prodverify.wire.exchange import HeaderList
from tests.judges.scene import rules

SECRET = "0b" * 32
RAW = b'{"event": "done", "n": 1}'


def signed(raw, secret=SECRET, prefix="sha256="):
    return sign("hex", Message(raw), [secret], how=Spelling(prefix=prefix))[0][1]


GOOD = signed(RAW)


def delivered(*values, raw=RAW):
    return Message(raw, HeaderList(("X-Signature", value) for value in values))


def found(*values, raw=RAW, secret=SECRET, prefix="sha256="):
    return signatures.judge(delivered(*values, raw=raw), Trust("hex", secret, Spelling(prefix=prefix)))


def judged(*values, **given):
    return rules(found(*values, **given))


KEY = SECRET.encode()


def mac(raw, key=KEY, algorithm="sha256"):
    return hmac.new(key, raw, algorithm)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([GOOD], {}),
        ([f" {GOOD}\t"], {}),
        ([], "signature-missing"),
        ([""], "signature-empty"),
        (["  "], "signature-empty"),
        ([GOOD, GOOD], "signature-several"),
        ([f"{GOOD}, sha256={'0' * 64}"], "signature-several"),
        (["sha256=" + GOOD[7:].upper()], "signature-upper-case"),
        ([GOOD[7:]], "signature-prefix"),
        (["sha1=" + GOOD[7:]], "signature-prefix"),
        (["v1=" + "0" * 64], "signature-prefix"),
        (["SHA256=" + GOOD[7:]], "signature-prefix"),
        ([GOOD[:-1]], "signature-malformed"),
        (["sha256=" + "g" * 64], "signature-malformed"),
        (["sha256=é"], "signature-malformed"),
        (["sha256=" + "0" * 64], "signature-mismatch"),
    ],
)
def test_ways_to_be_wrong_are_told_apart(values, expected):
    assert (expected if isinstance(expected, dict) else {expected: "fail"}) == judged(*values)


@pytest.mark.parametrize(
    ("value", "scheme"),
    [
        (mac(json.dumps(json.loads(RAW), separators=(",", ":")).encode()).hexdigest(), "written as JSON again"),
        (base64.b64encode(mac(RAW).digest()).decode(), "in base64"),
        (mac(RAW + b"\n").hexdigest(), "a line break"),
        (mac(RAW, bytes.fromhex(SECRET)).hexdigest(), "decoded from hex"),
        (mac(RAW, algorithm="sha1").hexdigest(), "HMAC-SHA1"),
        (hashlib.sha256(RAW).hexdigest(), "without any secret"),
    ],
)
def test_the_scheme_that_matched_is_named(value, scheme):
    (one,) = found("sha256=" + value)
    assert (one.rule, True) == ("signature-scheme", scheme in one.observed)


@pytest.mark.parametrize(
    "raw", [b"\x1f\x8b", b"\x1f\x8b" + bytes(40), gzip.compress(b"{}", mtime=0)[:-9], gzip.compress(b"", mtime=0)]
)
def test_what_only_begins_like_something_compressed_is_another_signature(raw):
    assert {"signature-mismatch": "fail"} == judged("sha256=" + "0" * 64, raw=raw)


@pytest.mark.parametrize(
    ("raw", "secret", "value", "scheme"),
    [
        (b"{}\n", "s3cret", mac(b"{}", b"s3cret").hexdigest(), "without its last line break"),
        (b"{}", "s3cret ", mac(b"{}", b"s3cret").hexdigest(), "secret's blanks cut"),
        (b"{}", "s3cret", mac(b"{}", b"s3cret\n").hexdigest(), "line break behind the secret"),
        (gzip.compress(b"{}", mtime=0), "s3cret", mac(b"{}", b"s3cret").hexdigest(), "before it was compressed"),
    ],
)
def test_line_breaks_blanks_and_codings_are_found(raw, secret, value, scheme):
    (one,) = found("sha256=" + value, raw=raw, secret=secret)
    assert (one.rule, True) == ("signature-scheme", scheme in one.observed)


def test_raw_bytes_are_signed_whatever_they_are():
    raw = b"\xff\x00 not text"
    assert judged(signed(raw, prefix=""), raw=raw, prefix="") == {}
    assert judged(GOOD, raw=raw) == {"signature-mismatch": "fail"}


def test_findings_hold_neither_secret_nor_expected_signature():
    for value in ("sha256=" + "0" * 64, GOOD[7:], "x"):
        (one,) = found(value)
        told = " ".join(one.as_dict().values())
        assert SECRET not in told
        assert GOOD[7:] not in told


@pytest.mark.parametrize("raw", [RAW, b"", b"\x00"])
def test_controls_are_rejected(raw):
    assert [] == signatures.negative_controls(delivered(signed(raw), raw=raw), Trust("hex", SECRET))


def test_controls_prove_nothing_without_a_valid_delivery():
    idle = signatures.negative_controls(delivered("sha256=" + "0" * 64), Trust("hex", SECRET))
    assert rules(idle) == {"signature-controls-idle": "inconclusive"}


def test_a_judge_that_accepts_everything_is_found_out(monkeypatch):
    monkeypatch.setattr(signatures, "judge", lambda *_: [])
    accepted = signatures.negative_controls(delivered(GOOD), Trust("hex", SECRET))
    assert [f.expected for f in accepted] == [
        "a flipped byte is rejected",
        "a wrong secret is rejected",
        "a missing header is rejected",
    ]
