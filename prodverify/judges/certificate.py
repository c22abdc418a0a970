"""
A certificate as it came over the wire: the few facts that a judge needs, read from its DER.

RFC 5280 section 4.1 gives the order of the members, ITU-T X.690 how each is written. The standard library decodes a
certificate only once it was verified, and those that were not are the ones to be judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

_RSA = "1.2.840.113549.1.1.1"
_ELLIPTIC = "1.2.840.10045.2.1"
_CURVES = {
    "1.2.840.10045.3.1.1": ("P-192", 192),
    "1.3.132.0.33": ("P-224", 224),
    "1.2.840.10045.3.1.7": ("P-256", 256),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.132.0.34": ("P-384", 384),
    "1.3.132.0.35": ("P-521", 521),
}
_OTHER_KEYS = {
    "1.2.840.10040.4.1": "DSA",
    "1.2.840.113549.1.1.10": "RSA-PSS",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
_WEAK_SIGNATURES = {
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.113549.1.1.4": "MD5",
    "1.2.840.113549.1.1.5": "SHA-1",
    "1.2.840.10045.4.1": "SHA-1",
    "1.2.840.10040.4.3": "SHA-1",
}
_CA_ISSUERS = bytes.fromhex("06082b06010505073002")  # id-ad-caIssuers, RFC 5280 section 4.2.2.1
_SEQUENCE, _INTEGER, _OID, _BITS, _VERSION, _UTC_TIME = 0x30, 0x02, 0x06, 0x03, 0xA0, 0x17


class _Piece(NamedTuple):
    tag: int
    content: bytes
    whole: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    What it says. Times are seconds since the epoch. ``key_bits`` is 0 where the kind of key knows no other size;
    ``weak_hash`` names a hash that no signature is made with any more, and is empty for every other.
    """

    not_before: float
    not_after: float
    self_issued: bool
    key: str
    key_bits: int
    weak_hash: str
    names_issuers_place: bool

    @property
    def lifetime(self) -> float:
        """Seconds from its first moment to its last."""
        return self.not_after - self.not_before


def read(der: bytes) -> Certificate | None:
    """What a certificate says; None where it cannot be understood."""
    try:
        signed, algorithm, _ = _pieces(_one(der, _SEQUENCE))
        members = _pieces(signed.content)
        _, _, issuer, validity, subject, key, *_ = members[1:] if members[0].tag == _VERSION else members
        not_before, not_after = map(_moment, _pieces(validity.content))
        name, bits = _key(key.content)
        weak = _WEAK_SIGNATURES.get(_oid(_pieces(algorithm.content)[0]), "")
    except (ValueError, IndexError, OverflowError):
        return None
    return Certificate(
        not_before, not_after, issuer.whole == subject.whole, name, bits, weak, _CA_ISSUERS in signed.content
    )


def _key(content: bytes) -> tuple[str, int]:
    algorithm, bits = _pieces(content)
    kind, *parameters = _pieces(algorithm.content)
    named = _oid(kind)
    if named == _RSA:
        modulus = _pieces(_one(bits.content[1:], _SEQUENCE))[0]
        return "RSA", int.from_bytes(modulus.content, "big").bit_length()
    if named == _ELLIPTIC:
        curve = _oid(parameters[0])
        return _CURVES.get(curve, (curve, 0))
    return _OTHER_KEYS.get(named, named), 0


def _pieces(data: bytes) -> list[_Piece]:
    """The elements that ``data`` is made of. Raises ValueError where it is no DER."""
    found, at = [], 0
    while at < len(data):
        tag, length, start = data[at], data[at + 1], at + 2
        if length & 0x80:
            octets = length & 0x7F
            if not 1 <= octets <= 4:
                raise ValueError("no definite length")
            length, start = int.from_bytes(data[start : start + octets], "big"), start + octets
        if start + length > len(data):
            raise ValueError("cut")
        found.append(_Piece(tag, data[start : start + length], data[at : start + length]))
        at = start + length
    return found


def _one(data: bytes, tag: int) -> bytes:
    first = _pieces(data)[0]
    if first.tag != tag:
        raise ValueError("another element")
    return first.content


def _oid(piece: _Piece) -> str:
    if piece.tag != _OID or not piece.content:
        raise ValueError("no object identifier")
    numbers, number = [], 0
    for octet in piece.content:
        number = number << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _moment(piece: _Piece) -> float:
    text = piece.content.decode("ascii")
    if piece.tag == _UTC_TIME:  # two digits of the year, 1950 to 2049
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
