"""
Twilio's: HMAC-SHA1 in base64, over the address that was asked and, of a form, its sorted fields.

A body that is no form is covered by the address: its query carries ``bodySHA256``. Twilio signs the address with its
port or without, so both are tried. https://www.twilio.com/docs/usage/security
"""

from __future__ import annotations

import hashlib
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlsplit, urlunsplit

from prodverify.judges.schemes.message import Claim, Lines, Message, Offer, Scheme, Signing, Spelling, mac, same
from prodverify.judges.schemes.reading import only_line
from prodverify.record.findings import Finding, fail

_FORM = "<28 characters of base64>, the HMAC-SHA1 of the address and the form's sorted fields"
_DIGEST = "bodySHA256"
_PORTS = {"http": 80, "https": 443}


def _read(message: Message, how: Spelling) -> Claim:
    value = only_line(message, how.header or TWILIO.header, _FORM)
    fields, flaws = _fields(message), _flaws(message)
    offers = tuple(
        Offer(value, (address + fields).encode("utf-8", "replace"), flaws) for address in _spelled(message.url)
    )
    return Claim(offers, "base64", "sha1")


def _write(message: Message, by: Signing, how: Spelling) -> Lines:
    signed = (message.url + _fields(message)).encode("utf-8", "replace")
    return [(how.header or TWILIO.header, mac(by.keys[0], signed, "base64", "sha1"))]


def with_digest(url: str, body: bytes) -> str:
    """The address under which a body that is no form is delivered."""
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{_DIGEST}={hashlib.sha256(body).hexdigest()}"


def _fields(message: Message) -> str:
    """Name and value of each field, sorted by name and then by value, each pair once."""
    if _stated(message) is not None or not _is_form(message):
        return ""
    try:
        pairs = parse_qsl(message.body.decode("utf-8", "replace"), keep_blank_values=True)
    except ValueError:  # more fields than the parser reads
        return ""
    return "".join(name + value for name, value in sorted(set(pairs)))


def _flaws(message: Message) -> tuple[Finding, ...]:
    stated = _stated(message)
    if stated is None:
        covered = not message.body or _is_form(message)
        wanted = f"a body that is no form is covered by {_DIGEST} in the address"
        return () if covered else (fail("signature-body-uncovered", wanted, f"no {_DIGEST}"),)
    if same(stated, hashlib.sha256(message.body).hexdigest()):
        return ()
    return (fail("digest-mismatch", f"{_DIGEST} is the SHA-256 of the raw body in hex", "another digest"),)


def _is_form(message: Message) -> bool:
    return message.headers.first("content-type").split(";")[0].strip().lower() == "application/x-www-form-urlencoded"


def _stated(message: Message) -> str | None:
    parts = _split(message.url)
    try:
        return parse_qs(parts.query).get(_DIGEST, [None])[0] if parts else None
    except ValueError:
        return None


def _spelled(url: str) -> list[str]:
    """The address as it stands, and with its port taken off or written out."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        return [url]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    other = host if parts.port else f"{host}:{_PORTS.get(parts.scheme, 443)}"
    return [url, urlunsplit(parts._replace(netloc=other))]


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is read here and nowhere else for what it raises
    except ValueError:
        return None
    return parts


TWILIO = Scheme("twilio", "X-Twilio-Signature", _FORM, _read, _write)
