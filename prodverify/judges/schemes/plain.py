"""
HMAC-SHA256 of the raw body in one header: any sender's own, GitHub's and Shopify's.

Nothing in the latter two says when: whoever recorded a delivery can send it again. A sender's own may sign a timestamp
that travels in another header, in whatever text it puts around both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Literal

from prodverify.judges.quotation import quote
from prodverify.judges.schemes.message import Claim, Lines, Message, Offer, Scheme, Signing, Spelling, Unreadable, mac
from prodverify.judges.schemes.reading import octets, only_line, seconds
from prodverify.record.findings import fail

_HEX = "<64 lower-case hex digits>, the HMAC-SHA256 of the raw body"
_BASE64 = "<44 characters of base64>, the HMAC-SHA256 of the raw body"
Encoding = Literal["hex", "base64"]
_PLACES = re.compile(r"(\{timestamp\}|\{url\}|\{body\})")


def _read(
    header: str, encoding: Encoding, prefixed: Callable[[Spelling], str], message: Message, how: Spelling
) -> Claim:
    prefix, form = prefixed(how), _HEX if encoding == "hex" else _BASE64
    wanted = f"{quote(prefix, 40)}{form}"
    value = only_line(message, how.header or header, wanted)
    if not value.startswith(prefix):
        seen = f"{quote(value, 16)} ({len(value)} characters)"
        raise Unreadable(fail("signature-prefix", wanted, f"another prefix or none: {seen}"))
    text = message.headers.first(how.timestamp_header).strip(" \t") if how.timestamp_header else ""
    stamp = seconds(text, how.timestamp_header) if how.timestamp_header else None
    return Claim((Offer(value[len(prefix) :], _filled(message, how, text)),), encoding, stamp=stamp)


def _write(
    header: str, encoding: Encoding, prefixed: Callable[[Spelling], str], message: Message, by: Signing, how: Spelling
) -> Lines:
    stamp = str(int(by.moment)) if how.timestamp_header else ""
    signature = mac(by.keys[0], _filled(message, how, stamp), encoding)
    timestamp = [(how.timestamp_header, stamp)] if how.timestamp_header else []
    return [*timestamp, (how.header or header, prefixed(how) + signature)]


def _filled(message: Message, how: Spelling, stamp: str) -> bytes:
    filling = {"{timestamp}": octets(stamp), "{url}": message.url.encode("utf-8", "replace"), "{body}": message.body}
    return b"".join(filling.get(part, part.encode("utf-8", "replace")) for part in _PLACES.split(how.signed))


def _scheme(
    name: str, header: str, encoding: Encoding, prefixed: Callable[[Spelling], str], *, id_header: str = ""
) -> Scheme:
    return Scheme(
        name=name,
        header=header,
        form=_HEX if encoding == "hex" else _BASE64,
        read=partial(_read, header, encoding, prefixed),
        write=partial(_write, header, encoding, prefixed),
        id_header=id_header,
    )


HEX = _scheme("hex", "X-Signature", "hex", lambda how: how.prefix)
GITHUB = _scheme("github", "X-Hub-Signature-256", "hex", lambda _: "sha256=", id_header="X-GitHub-Delivery")
SHOPIFY = _scheme("shopify", "X-Shopify-Hmac-SHA256", "base64", lambda _: "", id_header="X-Shopify-Webhook-Id")
