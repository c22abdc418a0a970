"""What was observed, as one short printable line: safe to print, to encode and to put into a report."""

from __future__ import annotations

LONGEST = 200
"""Characters that a finding quotes at most of what was observed."""


def quote(observed: object, longest: int = LONGEST) -> str:
    """
    ``observed`` on one line of at most ``longest`` characters; what cannot be printed is escaped, a cut shows as ``…``.

    Bytes are read as UTF-8. Lone surrogates are escaped, so that the result can always be encoded.
    """
    start = observed[: 4 * longest + 4].decode("utf-8", "replace") if isinstance(observed, bytes) else str(observed)
    # One character may become ten (\U0010ffff); cutting first keeps a body of megabytes cheap.
    whole = "".join(map(_printable, start[: longest + 1]))
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"


def listed(names: list[str] | tuple[str, ...], longest: int = LONGEST) -> str:
    """Names joined by commas, cut like a quotation."""
    return quote(", ".join(name[:longest] for name in names[:50]), longest)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
