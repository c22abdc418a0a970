"""
A delivery proves who sent it: its signature is the HMAC-SHA256 of the raw body, in lower-case hex behind a prefix.

RFC 2104 and RFC 4231. The judge compares in constant time, tells apart how a signature can be wrong, and, where it is
wrong, says which other scheme would have made it. Findings never hold the secret or the signature that was expected.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence

from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive

CLAUSE = "RFC 2104"

_LOWER_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def sign_hex(raw: bytes, secret: str, prefix: str = "sha256=") -> str:
    """The header value that a sender puts on ``raw``."""
    return prefix + _digest(raw, _key(secret)).hex()


def judge(raw_body: bytes, header_values: Sequence[str], *, secret: str, prefix: str = "sha256=") -> list[Finding]:
    """Deviations of one delivery, from the bytes of its body as they came and every value of its signature header."""
    wanted = f"{quote(prefix, 40)}<64 lower-case hex digits>, the HMAC-SHA256 of the raw body"
    if not header_values:
        return [fail("signature-missing", wanted, "no signature header")]
    if len(header_values) > 1:
        return [fail("signature-several", f"one signature: {wanted}", f"{len(header_values)} header lines")]
    value = header_values[0].strip(" \t")
    if not value:
        return [fail("signature-empty", wanted, "an empty signature header")]
    if _same(value, sign_hex(raw_body, secret, prefix)):
        return []
    return [_explained(raw_body, value, secret, prefix, wanted)]


def negative_controls(
    raw: bytes, header_values: Sequence[str], *, secret: str, prefix: str = "sha256="
) -> list[Finding]:
    """
    Proof that the judge can say no: a flipped byte, a wrong secret and a missing header are each rejected.

    Deviations are faults of the judge, not of the delivery; without a valid delivery there is nothing to prove.
    """
    if judge(raw, header_values, secret=secret, prefix=prefix):
        return [inconclusive("signature-controls-idle", "a delivery whose signature is valid", "it is not")]
    flipped = bytes([raw[0] ^ 1]) + raw[1:] if raw else b"\0"
    controls = {
        "a flipped byte": judge(flipped, header_values, secret=secret, prefix=prefix),
        "a wrong secret": judge(raw, header_values, secret=secret + "x", prefix=prefix),
        "a missing header": judge(raw, [], secret=secret, prefix=prefix),
    }
    return [
        fail("signature-control-accepted", f"{name} is rejected", "accepted: the judge proves nothing")
        for name, found in controls.items()
        if not found
    ]


def _explained(raw: bytes, value: str, secret: str, prefix: str, wanted: str) -> Finding:
    seen = f"{quote(value, 16)} ({len(value)} characters)"
    if "," in value and any(_same(part.strip(" \t"), sign_hex(raw, secret, prefix)) for part in value.split(",")):
        return fail("signature-several", f"one signature: {wanted}", f"{seen}, one of several is right")
    bare = value[len(prefix) :] if value.startswith(prefix) else value
    if _same(bare.lower(), sign_hex(raw, secret, "")):
        if value.startswith(prefix):
            return fail("signature-upper-case", wanted, f"upper-case hex: {seen}")
        return fail("signature-prefix", wanted, f"without the prefix: {seen}")
    if _same(value.rpartition("=")[2].lower(), sign_hex(raw, secret, "")):
        return fail("signature-prefix", wanted, f"another prefix: {seen}")
    matched = next((scheme for scheme, made in _schemes(raw, secret) if _same(bare.rstrip("="), made)), "")
    if matched:
        return fail("signature-scheme", wanted, f"{seen}: the scheme that matched is {matched}")
    if not value.startswith(prefix):
        return fail("signature-prefix", wanted, f"another prefix, and no known scheme matches: {seen}")
    if not _LOWER_HEX.fullmatch(bare):
        return fail("signature-malformed", wanted, f"no 64 lower-case hex digits: {seen}")
    advice = "Compare the secrets of both sides, and sign the bytes that are sent, after serialising them."
    return fail("signature-mismatch", wanted, f"another signature: {seen}", next_step=advice)


def _schemes(raw: bytes, secret: str) -> Iterator[tuple[str, str]]:
    """Signatures that senders make by mistake, or by another convention, without padding."""
    for body_name, body in (("the raw body", raw), *_rewritten(raw)):
        for key_name, key in _keys(secret):
            digest = _digest(body, key)
            made = f"HMAC-SHA256 of {body_name}{key_name}"
            yield f"{made}, in hex", digest.hex()
            yield f"{made}, in upper-case hex", digest.hex().upper()
            yield f"{made}, in base64", base64.b64encode(digest).decode("ascii").rstrip("=")
            yield f"{made}, in URL-safe base64", base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
    for algorithm in ("sha1", "sha384", "sha512"):
        yield f"HMAC-{algorithm.upper()} of the raw body, in hex", hmac.new(_key(secret), raw, algorithm).hexdigest()
    plain = hashlib.sha256(raw).hexdigest()
    yield "SHA-256 of the raw body without any secret, in hex", plain
    yield "SHA-256 of secret and raw body, in hex", hashlib.sha256(_key(secret) + raw).hexdigest()


def _rewritten(raw: bytes) -> Iterator[tuple[str, bytes]]:
    if raw.rstrip(b"\r\n") != raw:
        yield "the body without its last line break", raw.rstrip(b"\r\n")
    yield "the body and a line break", raw + b"\n"
    try:
        document = json.loads(raw)
        for order in (False, True):
            for separators in ((",", ":"), (", ", ": ")):
                for ascii_only in (True, False):
                    text = json.dumps(document, separators=separators, sort_keys=order, ensure_ascii=ascii_only)
                    # A lone surrogate can only be written where it is escaped.
                    yield "the body written as JSON again", text.encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return


def _keys(secret: str) -> Iterator[tuple[str, bytes]]:
    yield "", _key(secret)
    if secret.strip() != secret:
        yield " with the secret's blanks cut", _key(secret.strip())
    yield " with a line break behind the secret", _key(secret + "\n")
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", secret, re.ASCII):
        yield " with the secret decoded from hex", bytes.fromhex(secret)


def _key(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")


def _digest(raw: bytes, key: bytes) -> bytes:
    return hmac.new(key, raw, hashlib.sha256).digest()


def _same(one: str, other: str) -> bool:
    """Compares in constant time; text that is not ASCII is compared by its bytes."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
