"""PostgreSQL's names of encodings, and Python's."""

from __future__ import annotations

import codecs

_PYTHON = {"KOI8R": "koi8_r", "KOI8U": "koi8_u", "EUC_CN": "gb2312"}
"""Those that Python calls otherwise, beside WIN1252 and its like."""


def decoded(text: bytes, encoding: str) -> str:
    """
    ``text`` in the encoding that PostgreSQL calls ``encoding``; as UTF-8 where Python has no such one.

    What cannot be read becomes U+FFFD.
    """
    try:
        return text.decode(codecs.lookup(_PYTHON.get(encoding) or encoding.replace("WIN", "cp")).name, "replace")
    except (LookupError, ValueError):  # nothing told which it is, or one that Python does not have, or not for this
        return text.decode("utf-8", "replace")
