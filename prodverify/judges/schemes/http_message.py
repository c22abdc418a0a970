"""
HTTP Message Signatures with a shared secret, and the digest by which they cover the body.

RFC 9421 section 3.3.3 (hmac-sha256) and RFC 9530. Every label that may be ours is a signature of its own. One that does
not cover ``content-digest`` says nothing of the body.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import http_sf

from prodverify.judges.quotation import quote
from prodverify.judges.schemes.covered import UnknownComponent, base_of
from prodverify.judges.schemes.message import (
    Claim,
    Lines,
    Message,
    Offer,
    Scheme,
    Signing,
    Spelling,
    Unreadable,
    mac,
    same,
)
from prodverify.judges.schemes.reading import malformed
from prodverify.record.findings import Finding, fail, inconclusive
from prodverify.wire.exchange import HeaderList

_FORM = "a dictionary of labels, each the HMAC-SHA256 of the components that Signature-Input names"
_INPUT = "Signature-Input"
_DIGEST = "Content-Digest"
_HASHES = {"sha-256": "sha256", "sha-512": "sha512"}
_COVERED = ("@method", "@target-uri", "content-type", "content-digest")


def _read(message: Message, how: Spelling) -> Claim:
    header = how.header or RFC9421.header
    if header not in message.headers:
        raise Unreadable(fail("signature-missing", f"{header}: {_FORM}", "no signature header"))
    if _INPUT not in message.headers:
        wanted = f"{_INPUT} names the components that are signed"
        raise Unreadable(fail("signature-input-missing", wanted, f"no {_INPUT}"))
    signatures, inputs = _dictionary(message, header), _dictionary(message, _INPUT)
    offers, untold, stamps, ends = [], [], [], []
    for label, value in signatures.items():
        octets, member = value[0] if isinstance(value, tuple) else None, inputs.get(label)
        if not isinstance(octets, bytes) or not isinstance(member, tuple) or not isinstance(member[0], list):
            untold.append(f"{quote(label, 40)} without its input")
            continue
        components, parameters = member
        if parameters.get("alg", "hmac-sha256") != "hmac-sha256":
            untold.append(f"{quote(label, 40)} by {quote(parameters['alg'], 40)}")
            continue
        try:
            signed = base_of(message, label, components, parameters)
        except UnknownComponent as unknown:
            untold.append(f"{quote(label, 40)} covers {unknown}")
            continue
        offers.append(Offer(base64.b64encode(octets).decode("ascii"), signed, _flaws(message, components, parameters)))
        stamps += [float(parameters["created"])] if type(parameters.get("created")) is int else []
        ends += [float(parameters["expires"])] if type(parameters.get("expires")) is int else []
    if not offers:
        raise Unreadable(_nothing_to_verify(header, untold))
    return Claim(
        tuple(offers),
        "base64",
        stamp=min(stamps, default=None),
        expires=min(ends, default=None),
        untold=tuple(untold),
    )


def _nothing_to_verify(header: str, untold: list[str]) -> Finding:
    if not untold:
        return malformed(header, _FORM, "").finding
    step = "have the sender sign plain header lines, @method and @target-uri with hmac-sha256"
    return inconclusive("signature-unsupported", f"{header}: {_FORM}", "; ".join(untold[:3]), next_step=step)


def _dictionary(message: Message, header: str) -> dict[str, Any]:
    value = ", ".join(message.headers.all(header))
    try:
        parsed = http_sf.parse(value.encode("latin-1", "replace"), tltype="dictionary")
    except (ValueError, RecursionError):
        raise malformed(header, "a dictionary (RFC 9651 section 3.2)", value) from None
    return parsed if isinstance(parsed, dict) else {}


def _flaws(message: Message, components: list[Any], parameters: dict[str, Any]) -> tuple[Finding, ...]:
    flaws: list[Finding] = []
    covered = {str(name).lower() for name, modifiers in components if not modifiers}
    if message.body and "content-digest" not in covered:
        wanted = f'the signature covers "content-digest", which covers the body ({_DIGEST}, RFC 9530)'
        flaws.append(fail("signature-body-uncovered", wanted, f"covered: {quote(', '.join(sorted(covered)), 120)}"))
    elif "content-digest" in covered:
        flaws += _digest(message)
    if type(parameters.get("created")) is not int:
        flaws.append(fail("timestamp-missing", f"{_INPUT} says when it was created", "no created parameter"))
    return tuple(flaws)


def _digest(message: Message) -> list[Finding]:
    wanted = f"{_DIGEST} is the SHA-256 or SHA-512 of the raw body (RFC 9530)"
    try:
        stated = _dictionary(message, _DIGEST)
    except Unreadable:
        return [fail("digest-malformed", wanted, quote(message.headers.first(_DIGEST), 80))]
    known = {name: value for name, value in stated.items() if name in _HASHES}
    if not known:
        return [fail("digest-unknown", wanted, quote(", ".join(stated), 80) or "none")]
    for name, value in known.items():
        octets = value[0] if isinstance(value, tuple) else None
        right = hashlib.new(_HASHES[name], message.body).digest()
        if not isinstance(octets, bytes) or not same(octets.hex(), right.hex()):
            return [fail("digest-mismatch", wanted, f"{name} of other bytes")]
    return []


def _write(message: Message, by: Signing, how: Spelling) -> Lines:
    digest = base64.b64encode(hashlib.sha256(message.body).digest()).decode("ascii")
    lines: Lines = [] if _DIGEST in message.headers else [(_DIGEST, f"sha-256=:{digest}:")]
    complete = Message(message.body, HeaderList([*message.headers, *lines]), message.url, message.method)
    components: list[Any] = [(name, {}) for name in _COVERED if name.startswith("@") or name in complete.headers]
    parameters: dict[str, Any] = {"created": int(by.moment), "alg": "hmac-sha256"}
    if by.identifier:
        parameters["keyid"] = by.identifier
    inputs: dict[str, Any] = {}
    signatures: dict[str, Any] = {}
    for number, key in enumerate(by.keys, 1):
        label = f"sig{number}"
        inputs[label] = (components, parameters)
        signed = base_of(complete, label, components, parameters)
        signatures[label] = (base64.b64decode(mac(key, signed, "base64")), {})
    written: Any = http_sf.ser
    return [*lines, (_INPUT, written(inputs)), (how.header or RFC9421.header, written(signatures))]


RFC9421 = Scheme("rfc9421", "Signature", _FORM, _read, _write, timed=True, several=True)
