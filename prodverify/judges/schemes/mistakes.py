"""Signatures that senders make by mistake or by another convention: what a wrong one would have been right for."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterable, Iterator

from prodverify.judges.schemes.message import Message, Unreadable, mac, same, text_key
from prodverify.judges.schemes.table import SCHEMES, matching, read

MOST_REWRITTEN = 64 * 1024
"""Bytes of a body that are written as JSON again; a longer one is compared as it came."""

_GZIP = b"\x1f\x8b"


def matched(message: Message, declared: str, secret: str, signatures: Iterable[str]) -> str:
    """The scheme, or the mistake, whose signature is among ``signatures`` or in the message; empty where none is."""
    for name in SCHEMES:
        if name != declared and _signs(name, message, secret):
            return f'scheme "{name}"'
    seen = [text.rstrip("=") for text in signatures if text]
    for made_by, made in _made(message.body, secret):
        if any(same(text, made) for text in seen):
            return made_by
    return ""


def _signs(scheme: str, message: Message, secret: str) -> bool:
    try:
        return matching(scheme, read(scheme, message), secret) is not None
    except (Unreadable, ValueError):
        return False


def _made(raw: bytes, secret: str) -> Iterator[tuple[str, str]]:
    """Each mistake, and its signature without padding."""
    for body_name, body in (("the raw body", raw), *_rewritten(raw)):
        for key_name, key in _keys(secret):
            made = f"HMAC-SHA256 of {body_name}{key_name}"
            in_hex, in_base64 = mac(key, body), mac(key, body, "base64").rstrip("=")
            yield f"{made}, in hex", in_hex
            yield f"{made}, in upper-case hex", in_hex.upper()
            yield f"{made}, in base64", in_base64
            yield f"{made}, in URL-safe base64", in_base64.replace("+", "-").replace("/", "_")
            yield f"{made}, in hex, cut in half", in_hex[: len(in_hex) // 2]
    for algorithm in ("sha1", "sha384", "sha512"):
        yield (
            f"HMAC-{algorithm.upper()} of the raw body, in hex",
            hmac.new(text_key(secret), raw, algorithm).hexdigest(),
        )
    yield "SHA-256 of the raw body without any secret, in hex", hashlib.sha256(raw).hexdigest()
    yield "SHA-256 of secret and raw body, in hex", hashlib.sha256(text_key(secret) + raw).hexdigest()


def _rewritten(raw: bytes) -> Iterator[tuple[str, bytes]]:
    if raw.rstrip(b"\r\n") != raw:
        yield "the body without its last line break", raw.rstrip(b"\r\n")
    yield "the body and a line break", raw + b"\n"
    if raw.startswith(_GZIP) and (plain := _unpacked(raw)):
        yield "the body before it was compressed", plain
    if len(raw) > MOST_REWRITTEN:
        return
    try:
        document = json.loads(raw)
        for order in (False, True):
            for layout in ({"separators": (",", ":")}, {}, {"indent": 2}, {"indent": 4}):
                for ascii_only in (True, False):
                    text = json.dumps(document, sort_keys=order, ensure_ascii=ascii_only, **layout)
                    # A lone surrogate can only be written where it is escaped.
                    yield "the body written as JSON again", text.encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return


def _unpacked(raw: bytes) -> bytes:
    """The beginning of what was compressed; nothing where it was not."""
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(raw, MOST_REWRITTEN)
    except zlib.error:
        return b""


def _keys(secret: str) -> Iterator[tuple[str, bytes]]:
    yield "", text_key(secret)
    if secret.strip() != secret:
        yield " with the secret's blanks cut", text_key(secret.strip())
    yield " with a line break behind the secret", text_key(secret + "\n")
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", secret, re.ASCII):
        yield " with the secret decoded from hex", bytes.fromhex(secret)
