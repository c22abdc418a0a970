"""Parts of secrets beside an ellipsis: whoever cuts a text to a readable length may cut a secret in two."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prodverify.wire.sensitive import MASK

SHORTEST = 6
"""Characters of a secret that are worth something to whoever reads them; fewer occur by chance."""

_ELLIPSIS = re.compile(r"\u2026|\.\.\.")


def masked(text: str, forms: Sequence[str]) -> str:
    """``text`` with the beginning of a form before an ellipsis, and the end of one behind it, masked."""
    told = at = 0
    pieces = []
    while cut := _ELLIPSIS.search(text, at):
        before, behind = text[told : cut.start()], text[cut.end() :]
        begun, ended = _longest_begun(before, forms), _longest_ended(behind, forms)
        pieces += [before[: len(before) - begun], MASK if begun else "", cut[0], MASK if ended else ""]
        told = at = cut.end() + ended
    return "".join([*pieces, text[told:]])


def _longest_begun(before: str, forms: Sequence[str]) -> int:
    """Characters at the end of ``before`` that are the beginning of a form."""
    tail = before[-SHORTEST:]
    longest = 0
    for form in forms if len(tail) == SHORTEST else ():
        at = form.find(tail)
        while at >= 0:
            if before.endswith(form[: at + SHORTEST]):
                longest = max(longest, at + SHORTEST)
            at = form.find(tail, at + 1)
    return longest


def _longest_ended(behind: str, forms: Sequence[str]) -> int:
    """Characters at the beginning of ``behind`` that are the end of a form."""
    head = behind[:SHORTEST]
    longest = 0
    for form in forms if len(head) == SHORTEST else ():
        at = form.find(head)
        while at >= 0:
            if behind.startswith(form[at:]):
                longest = max(longest, len(form) - at)
            at = form.find(head, at + 1)
    return longest
