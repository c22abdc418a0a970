"""The forms in which a secret turns up in text: as it is, and as URLs, JSON, HTML, base64 and hex write it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from prodverify.wire import sensitive

# Shorter pieces of base64 occur by chance in a megabyte of random text.
_MIN_BASE64 = 8
# Shorter secrets in other letters may be words ("SHA256" in lower case is one).
_MIN_OTHER_CASE = 12
# What writers of JSON escape lest HTML reads it, and how they write a code point: Go, Jinja, PHP, .NET.
_HTML_SAFE = (("<>&", "04x"), ("<>&'", "04x"), ("<>&'\"", "04X"), ("<>&'\"+`", "04X"))


def of(secret: str) -> tuple[str, ...]:
    """Every form of ``secret``, longest first; itself is one of them."""
    return tuple(sorted(set(_forms(secret)), key=lambda form: (-len(form), form)))


def encoded(text: str) -> bytes:
    """``text`` as the bytes that it came from; a lone surrogate, which JSON may spell, as UTF-8 would write it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _forms(secret: str) -> Iterator[str]:
    raw = encoded(secret)
    yield secret
    if len(secret) >= _MIN_OTHER_CASE and sensitive.value(secret):
        # A host's name is told in lower case, and a hexadecimal key is the same key in either.
        yield from (secret.lower(), secret.upper())
    for url in (quote(raw, safe=""), quote(raw), quote_plus(raw), quote(raw, safe="!$&'()*+,;=:@/?-._~")):
        yield url
        yield _lower_escapes(url)
        yield url.replace("%", "%25")  # a URL in a URL
    for ascii_only in (True, False):
        written = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield written
        yield written.replace("/", "\\/")
        yield json.dumps(written, ensure_ascii=ascii_only)[1:-1]  # JSON in a JSON string
        yield from _html(written)  # JSON in an attribute, as pytest-html writes it
        yield from _safe_in_html(written)
    for escaped in _html(secret):
        yield escaped
        yield from _html(escaped)  # HTML in JSON in an attribute
    yield raw.hex()
    yield raw.hex().upper()
    yield from _base64(raw)


def _html(text: str) -> Iterator[str]:
    escaped = html.escape(text)
    yield escaped
    yield html.escape(text, quote=False)
    yield escaped.replace("&#x27;", "&apos;")  # as XML has it
    yield escaped.replace("&#x27;", "&#39;")
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")  # as MarkupSafe and Go write it


def _safe_in_html(written: str) -> Iterator[str]:
    for escaped, digits in _HTML_SAFE:
        plain = written.replace('\\"', '"') if '"' in escaped else written
        yield "".join(f"\\u{ord(one):{digits}}" if one in escaped else one for one in plain)


def _lower_escapes(url: str) -> str:
    pieces = url.split("%")
    return "%".join([pieces[0], *(piece[:2].lower() + piece[2:] for piece in pieces[1:])])


def _base64(raw: bytes) -> Iterator[str]:
    # Inside a longer text (user:password) the secret starts at any of three places of a group of four characters.
    # What depends on its neighbours is left out at both ends.
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            encoded = encode(bytes(offset) + raw).decode("ascii")
            start = -(-offset * 8 // 6)
            core = encoded[start : (offset + len(raw)) * 8 // 6]
            if len(core) >= _MIN_BASE64:
                yield core
