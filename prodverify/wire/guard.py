"""What the suite does not ask: hosts that the target does not name, and writes that are not permitted."""

from __future__ import annotations

from collections.abc import Iterable

from prodverify.wire import sensitive
from prodverify.wire.address import DEFAULT_PORTS, Address, split
from prodverify.wire.unjudged import Refused

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TRACE = "TRACE"
"""Safe by RFC 9110 section 9.2.1, and it sends back what it got: it is asked without credential and body alone."""


class Guard:
    """
    Lets pass what one target allows.

    ``hosts`` are further hosts: ``host:port`` allows that port, ``host`` alone the ports 80 and 443. ``plain`` is the
    one that is asked in the clear to see what it does. ``writes`` is the target's permit.
    """

    def __init__(self, base_url: str, *, hosts: Iterable[str], writes: bool, plain: str = "") -> None:
        self.base, _ = split(base_url)
        self._plain = _places(plain) if plain else set()
        self._writes = writes
        self._places = frozenset({(self.base.host, self.base.port)}.union(*map(_places, hosts)))

    def address(self, url: str) -> tuple[Address, str]:
        """Origin and request target of ``url``. Raises Refused where it may not be asked."""
        try:
            address, target = split(url)
        except ValueError as error:
            raise Refused(
                "address-not-askable",
                "an http or https address without user name and password",
                str(error),
                "Correct the address in the target file, or look where the service sent us.",
            ) from None
        self.check_place(address)
        return address, target

    def check_place(self, address: Address) -> None:
        """Raises Refused where the target does not name this host and port."""
        if (address.host, address.port) not in self._places:
            raise Refused(
                "host-not-allowed",
                f"only {self.base.authority} and the hosts in [asking] are asked",
                f"{address} is none of them",
                f'Add "{address.host}:{address.port}" to hosts in [asking] if it belongs to this target.',
            )

    def check_plain(self, address: Address, headers: Iterable[bytes]) -> None:
        """Raises Refused where a credential would go in the clear to a service that is asked over HTTPS."""
        asked_in_the_clear = self.base.scheme == "http" and (address.host, address.port) not in self._plain
        if address.scheme == "https" or asked_in_the_clear:
            return
        if carried := [name.decode("latin-1") for name in headers if sensitive.name(name.decode("latin-1"))]:
            raise Refused(
                "credential-in-the-clear",
                "credentials travel over HTTPS alone",
                f"{carried[0]} was to be sent to {address}",
                "Correct the address in the target file, or look where the service sent us.",
            )

    def check_method(self, method: str, *, writes: bool, bare: bool = False) -> None:
        """
        Raises Refused where ``method`` may change something and that is not both declared and permitted.

        ``bare``: the request carries neither credential nor body.
        """
        if method in SAFE_METHODS:
            return
        if method == TRACE:
            self._check_trace(bare)
            return
        if not writes:
            raise Refused(
                "write-not-declared",
                "a check that sends anything but GET, HEAD or OPTIONS declares that it writes",
                f"{method} was to be sent without it",
                "Declare writes in the check.",
            )
        if not self._writes:
            raise Refused(
                "write-not-permitted",
                "the target permits writes",
                f"{method} was to be sent, and it does not",
                "Set writes = true in [permits] of the target file if this target may be written to.",
            )

    def _check_trace(self, bare: bool) -> None:
        if not bare:
            raise Refused(
                "trace-not-bare",
                "TRACE carries neither credential nor body (RFC 9110 section 9.3.8)",
                "it would send back what was given with it",
                "Ask without role and body in the check.",
            )


def _places(named: str) -> set[tuple[str, int]]:
    host, separator, port = named.rpartition(":")
    if separator and port.isdigit() and not host.endswith(":"):
        return {(host.strip("[]").lower(), int(port))}
    return {(named.strip("[]").lower(), port) for port in DEFAULT_PORTS.values()}
