"""Reading what schemes have in common: one header line, a timestamp in whole seconds, an id."""

from __future__ import annotations

from prodverify.judges.numeral import whole
from prodverify.judges.quotation import quote
from prodverify.judges.schemes.message import Message, Unreadable
from prodverify.record.findings import fail


def only_line(message: Message, header: str, form: str) -> str:
    """The one value of the signature's header. Raises Unreadable for none, several and an empty one."""
    values = message.headers.all(header)
    wanted = f"{header}: {form}"
    if not values:
        raise Unreadable(fail("signature-missing", wanted, "no signature header"))
    if len(values) > 1:
        raise Unreadable(fail("signature-several", f"one header line: {wanted}", f"{len(values)} header lines"))
    value = values[0].strip(" \t")
    if not value:
        raise Unreadable(fail("signature-empty", wanted, "an empty signature header"))
    return value


def seconds(text: str, where: str) -> float:
    """The moment that whole seconds name. Raises Unreadable where there are none, or no number."""
    wanted = f"{where} carries the seconds since 1970 as a whole number"
    if not text:
        raise Unreadable(fail("timestamp-missing", wanted, "no timestamp"))
    moment = whole(text)
    if moment is None:
        raise Unreadable(fail("timestamp-malformed", wanted, quote(text, 40)))
    return float(moment)


def named(message: Message, header: str) -> str:
    """The id that a signed header carries. Raises Unreadable where it is missing or empty."""
    value = message.headers.first(header).strip(" \t")
    if not value:
        raise Unreadable(fail("delivery-id-missing", f"{header} carries the id that is signed", "none"))
    return value


def octets(text: str) -> bytes:
    """The bytes of a header's text, which was read as Latin-1; what is not is never the same as what was sent."""
    return text.encode("latin-1", "replace")


def malformed(header: str, form: str, seen: str) -> Unreadable:
    """A signature header of another shape."""
    return Unreadable(fail("signature-malformed", f"{header}: {form}", f"{quote(seen, 16)} ({len(seen)} characters)"))
