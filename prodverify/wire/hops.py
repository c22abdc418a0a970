"""Where plain HTTP led: the answers on the way, and how the way ended. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prodverify.wire.exchange import Exchange

End = Literal[
    "answered",  # by something that sends nobody on
    "nothing",  # no connection, or one that ended without a byte
    "silent",  # no answer in time
    "untrusted",  # TLS was not agreed on
    "elsewhere",  # a host that may not be asked
    "nowhere",  # a redirect that names no address
    "endless",  # one redirect after another
    "unclear",  # anything else
]


@dataclass(frozen=True, slots=True)
class Hops:
    """
    ``asked`` is the address, in full, that came first; ``answers`` are what was answered in turn; ``leads`` is the
    address that was not asked any more, ``said`` why.
    """

    asked: str
    answers: tuple[Exchange, ...]
    end: End
    leads: str = ""
    said: str = ""
