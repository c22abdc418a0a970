"""
Which errors of arrivals may be ours, and no answer of the service: our credentials, our name server, our sockets.

A refusal is ours where its credential was never accepted in the whole run. One that was accepted before is right, and
a service that refuses it later breaks its promise.
"""

from __future__ import annotations

import errno
import os

from load.connection import UNKNOWN_HOST

_REFUSALS = frozenset({"status 401", "status 403"})
_NUMBERS = (
    errno.EMFILE,
    errno.ENFILE,
    errno.EADDRNOTAVAIL,  # every port is in use
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.ENETDOWN,
    errno.ENETUNREACH,
)
_UNCONNECTED = frozenset(f"connection failed: {os.strerror(number)}" for number in _NUMBERS)


def refused(reason: str) -> bool:
    """Whether the application refused a credential, at whatever step of the arrival."""
    return _bare(reason) in _REFUSALS


def unknown_host(reason: str) -> bool:
    """Whether our name server did not know the host."""
    return _bare(reason) == UNKNOWN_HOST


def unconnected(reason: str) -> bool:
    """Whether this machine could not open a connection at all."""
    return reason.endswith(tuple(_UNCONNECTED))


def timed_out(reason: str) -> bool:
    """Whether no answer came in time, or none was seen in time by a process that was itself too slow."""
    return _bare(reason).startswith(("no answer within ", "no connection within "))


def unasked(reason: str) -> bool:
    """Whether the request never left this machine."""
    return unknown_host(reason) or unconnected(reason)


def _bare(reason: str) -> str:
    """Without the step of a journey that it was about."""
    return reason.rpartition(": ")[2]
