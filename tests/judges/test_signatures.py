"""A delivery proves who sent it, and every way in which it cannot is told apart."""

import base64
import hashlib
import hmac
import json

import pytest

from prodverify.judges import signatures
from tests.judges.scene import rules

SECRET = "0b" * 32
RAW = b'{"event": "done", "n": 1}'
GOOD = signatures.sign_hex(RAW, SECRET, "sha256=")


def judged(*values, raw=RAW, secret=SECRET, prefix="sha256="):
    return rules(signatures.judge(raw, values, secret=secret, prefix=prefix))


KEY = SECRET.encode()


def mac(raw, key=KEY, algorithm="sha256"):
    return hmac.new(key, raw, algorithm)


@pytest.mark.parametrize(
    ("secret", "raw", "expected"),
    [
        (
            "It's a Secret to Everybody",
            b"Hello, World!",
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        (
            "Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ],
    ids=["GitHub", "RFC 4231 case 2"],
)
def test_published_vectors(secret, raw, expected):
    assert f"sha256={expected}" == signatures.sign_hex(raw, secret, "sha256=")
    assert judged(f"sha256={expected}", raw=raw, secret=secret) == {}


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
    (found,) = signatures.judge(RAW, ["sha256=" + value], secret=SECRET, prefix="sha256=")
    assert (found.rule, True) == ("signature-scheme", scheme in found.observed)


@pytest.mark.parametrize(
    ("raw", "secret", "value", "scheme"),
    [
        (b"{}\n", "s3cret", mac(b"{}", b"s3cret").hexdigest(), "without its last line break"),
        (b"{}", "s3cret ", mac(b"{}", b"s3cret").hexdigest(), "secret's blanks cut"),
        (b"{}", "s3cret", mac(b"{}", b"s3cret\n").hexdigest(), "line break behind the secret"),
    ],
)
def test_line_breaks_and_blanks_are_found(raw, secret, value, scheme):
    (found,) = signatures.judge(raw, ["sha256=" + value], secret=secret, prefix="sha256=")
    assert (found.rule, True) == ("signature-scheme", scheme in found.observed)


def test_raw_bytes_are_signed_whatever_they_are():
    raw = b"\xff\x00 not text"
    assert judged(signatures.sign_hex(raw, SECRET, ""), raw=raw, prefix="") == {}
    assert judged(GOOD, raw=raw) == {"signature-mismatch": "fail"}


def test_findings_hold_neither_secret_nor_expected_signature():
    for value in ("sha256=" + "0" * 64, GOOD[7:], "x"):
        (found,) = signatures.judge(RAW, [value], secret=SECRET, prefix="sha256=")
        told = " ".join(found.as_dict().values())
        assert SECRET not in told
        assert GOOD[7:] not in told


@pytest.mark.parametrize("raw", [RAW, b"", b"\x00"])
def test_controls_are_rejected(raw):
    good = signatures.sign_hex(raw, SECRET, "sha256=")
    assert signatures.negative_controls(raw, [good], secret=SECRET, prefix="sha256=") == []


def test_controls_prove_nothing_without_a_valid_delivery():
    found = signatures.negative_controls(RAW, ["sha256=" + "0" * 64], secret=SECRET, prefix="sha256=")
    assert rules(found) == {"signature-controls-idle": "inconclusive"}


def test_a_judge_that_accepts_everything_is_found_out(monkeypatch):
    monkeypatch.setattr(signatures, "judge", lambda *_, **__: [])
    found = signatures.negative_controls(RAW, [GOOD], secret=SECRET, prefix="sha256=")
    assert [f.expected for f in found] == [
        "a flipped byte is rejected",
        "a wrong secret is rejected",
        "a missing header is rejected",
    ]
