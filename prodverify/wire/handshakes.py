"""What a service's side of TLS was seen to do: pure data, taken once and judged many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal[
    "accepted",  # the handshake came to its end
    "agreed",  # the service agreed to the version, and ended the handshake afterwards
    "distrusted",  # the certificate was not accepted by us
    "refused",  # the service said that it does not speak so
    "closed",  # the connection ended without a word, or with one about the service's own trouble
    "silent",  # no answer in time
    "not-tls",  # what came is no TLS
    "unreached",  # there was no connection
    "unoffered",  # our own OpenSSL cannot offer it
    "unclear",  # anything else
    "untried",
]


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one handshake ended. ``said`` is OpenSSL's word for it, ``code`` its number of what it did not verify."""

    outcome: Outcome
    said: str = ""
    code: int = 0


UNTRIED = Attempt("untried")


@dataclass(frozen=True, slots=True)
class Handshakes:
    """
    Several handshakes with one place, all at ``at`` (seconds since the epoch, by our clock).

    ``versions`` are those that offered one version alone and verified nothing. ``client`` verified as any client does;
    where that failed, ``trust`` verified the chain without name and dates, ``name`` the name alone, ``dates`` the chain
    with its dates. ``chain`` is what was sent, in DER, the service's own certificate first; ``whole`` is false where
    our Python shows that one alone. ``private`` says that the authorities to trust were named, in place of the
    system's.
    """

    host: str
    port: int
    server_name: str
    at: float
    versions: Mapping[str, Attempt] = field(default_factory=dict)
    client: Attempt = UNTRIED
    trust: Attempt = UNTRIED
    name: Attempt = UNTRIED
    dates: Attempt = UNTRIED
    chain: tuple[bytes, ...] = ()
    whole: bool = True
    negotiated: str = ""
    private: bool = False

    @property
    def place(self) -> str:
        """Where it was, for a person."""
        where = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        return where if self.server_name == self.host else f"{where} as {self.server_name}"
