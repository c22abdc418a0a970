"""Handshakes with the place that speaks TLS: guarded, paid for, in time, and nothing is ever sent inside them."""

from __future__ import annotations

import errno
import math
import socket
import ssl
import warnings
from dataclasses import dataclass

import httpcore

from prodverify.target.load import Target
from prodverify.target.transport import DEFAULT_PORT, host_and_port, speaks_tls
from prodverify.wire import clock, quiet
from prodverify.wire.address import Address
from prodverify.wire.budget import Budget
from prodverify.wire.deadline import Backend, Patience
from prodverify.wire.guard import Guard
from prodverify.wire.handshakes import UNTRIED, Attempt, Handshakes
from prodverify.wire.run import Run
from prodverify.wire.transport import trust
from prodverify.wire.unjudged import Refused

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_ORDER = ("1.3", "1.0", "1.1", "1.2")
"""A handshake that is known to work follows those that may be met with silence, and tells that from throttling."""

_UNOFFERED = frozenset({"NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE", "NO_CIPHER_MATCH"})
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG"})
_OLDEST_CIPHERS = "ALL:@SECLEVEL=0"  # TLS 1.0 and 1.1 sign with SHA-1, which higher levels forbid
_LEGACY_SERVERS = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, which ssl names from Python 3.12 on
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME
_DER = 2  # X509_FILETYPE_ASN1


@dataclass(frozen=True, slots=True)
class _Seen:
    """One handshake, and what an accepted one showed."""

    attempt: Attempt
    chain: tuple[bytes, ...] = ()
    whole: bool = True
    negotiated: str = ""


class TlsProbe:
    """
    Shakes hands on behalf of one run. Each handshake counts as a request of the run's budget and keeps its pace.

    ``deadline`` is the monotonic moment after which none is begun.
    """

    def __init__(self, target: Target, run: Run, *, deadline: float = math.inf) -> None:
        promises = target.promises
        self._asking, self._folder, self._run, self._deadline = promises.asking, target.folder, run, deadline
        self._budget = Budget(run.folder, requests=self._asking.requests, rate_per_second=self._asking.rate_per_second)
        # Where we may ask was judged with the target file; the guard stands here as it does before every request.
        guard = Guard(target.base_url, hosts=(*self._asking.hosts, *promises.tls.places), writes=False)
        self._host, self._port = host_and_port(speaks_tls(promises), DEFAULT_PORT)
        self._server_name = promises.tls.server_name or self._host
        guard.check_place(Address("https", self._host, self._port))
        self._backend = Backend()

    def observe(self) -> Handshakes:
        """Four handshakes that offer one version each, and one that verifies; three more where that one is refused."""
        if self._asking.proxy:
            raise Refused(
                "handshake-through-proxy",
                "a connection on which we shake hands ourselves",
                "a proxy is between, and [asking] names it",
                "Run this check from where the service is reached without a proxy.",
            )
        at = clock.now()
        versions: dict[str, Attempt] = {}
        shown = client = trusted = name = dates = _Seen(UNTRIED)
        for version in _ORDER:
            seen = self._offered(version)
            versions[version] = seen.attempt
            shown = shown if shown.chain else seen
            if seen.attempt.outcome == "unreached":
                break
        if shown.chain:
            client = trusted = name = dates = self._tried(self._ordinary())
            if client.attempt.outcome != "accepted":
                trusted = self._tried(self._chain_alone(_NO_CHECK_TIME))
                name = self._tried(self._name_alone(shown.chain[0]))
                dates = self._tried(self._chain_alone())
        return Handshakes(
            host=self._host,
            port=self._port,
            server_name=self._server_name,
            at=at,
            versions=versions,
            client=client.attempt,
            trust=trusted.attempt,
            name=name.attempt,
            dates=dates.attempt,
            chain=shown.chain,
            whole=shown.whole,
            negotiated=client.negotiated or shown.negotiated,
            private=bool(self._asking.ca_bundle),
        )

    def _offered(self, version: str) -> _Seen:
        try:
            context = self._lenient(_VERSIONS[version], _VERSIONS[version])
        except (ValueError, ssl.SSLError) as error:
            return _Seen(Attempt("unoffered", str(error)))
        return self._tried(context)

    def _tried(self, context: ssl.SSLContext) -> _Seen:
        """A handshake, and a second one where the connection just ended: it may have met a limit on connections."""
        seen = self._shaken(context)
        return self._shaken(context) if seen.attempt.outcome == "closed" else seen

    def _ordinary(self) -> ssl.SSLContext:
        context = trust(self._asking, self._folder)
        context.hostname_checks_common_name = False  # no browser reads it any more (RFC 9525 section 2)
        return context

    def _lenient(
        self, oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
    ) -> ssl.SSLContext:
        """Offers whatever can be offered, verifies nothing, and shows our certificate where one is declared."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers(_OLDEST_CIPHERS)
        context.options |= _LEGACY_SERVERS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that these versions are old is what we ask about
            context.minimum_version, context.maximum_version = oldest, newest
        if self._asking.client_certificate:
            key = str(self._folder / self._asking.client_key) if self._asking.client_key else None
            context.load_cert_chain(str(self._folder / self._asking.client_certificate), key)
        return context

    def _chain_alone(self, flags: int = 0) -> ssl.SSLContext:
        context = self._lenient()
        if self._asking.ca_bundle:
            context.load_verify_locations(str(self._folder / self._asking.ca_bundle))
        else:
            context.load_default_certs()
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= flags
        return context

    def _name_alone(self, own: bytes) -> ssl.SSLContext:
        """Trusts the service's own certificate itself, so that its names are all that is left to verify."""
        context = self._lenient()
        context.load_verify_locations(cadata=own)
        context.verify_mode, context.check_hostname = ssl.CERT_REQUIRED, True
        context.hostname_checks_common_name = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        return context

    def _shaken(self, context: ssl.SSLContext) -> _Seen:
        """One handshake, of which nothing but its end is wanted."""
        self._budget.spend(deadline=self._deadline)
        with quiet.asking(self._run.folder):
            until = clock.monotonic() + self._asking.connect_timeout_seconds
            self._backend.patience = Patience(until=until, bytes_left=0)
            try:
                stream = self._backend.connect_tcp(self._host, self._port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                return _Seen(Attempt("unreached", str(error) or "no connection in time"))
            plain = stream.get_extra_info("socket")
            assert isinstance(plain, socket.socket)
            # ssl bounds the whole handshake by this, not each of its reads.
            plain.settimeout(max(0.001, until - clock.monotonic()))
            try:
                connection = context.wrap_socket(
                    plain, server_hostname=self._server_name, do_handshake_on_connect=False
                )
            except (OSError, ValueError) as error:  # it has ended by now, or a name that cannot be asked for
                plain.close()
                return _Seen(_meaning(error) if isinstance(error, OSError) else _unclear(str(error)))
            with connection:
                try:
                    connection.do_handshake()
                except OSError as error:
                    return _ended(connection, error)
                return _shown(connection)


def _ended(connection: ssl.SSLSocket, error: OSError) -> _Seen:
    """A handshake that failed; the cipher is known from the moment at which the service agreed to the version."""
    attempt = _meaning(error)
    if attempt.outcome in ("refused", "closed", "unclear") and connection.cipher():
        chain = _sent(connection)
        return _Seen(Attempt("agreed", attempt.said), chain, whole=bool(chain))
    return _Seen(attempt)


def _meaning(error: OSError) -> Attempt:
    match error:
        case ssl.SSLCertVerificationError():
            return Attempt("distrusted", error.verify_message, error.verify_code)
        case TimeoutError():
            return Attempt("silent", "no answer in time")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ConnectionError() | OSError(errno=errno.ENOTCONN):
            return Attempt("closed", "the connection ended")
        case ssl.SSLError():
            return _by_reason(error.reason or "")
        case _:
            return _unclear(str(error))


def _by_reason(reason: str) -> Attempt:
    """By OpenSSL's word: an alert is the service's own refusal, unless it speaks of its own trouble."""
    if reason == "TLSV1_ALERT_INTERNAL_ERROR":
        # Of a passing trouble; or always, where a version is switched on that the service's OpenSSL cannot sign for.
        return Attempt("closed", reason)
    if "ALERT" in reason or reason == "UNSUPPORTED_PROTOCOL":
        return Attempt("refused", reason)
    if reason in _UNOFFERED:
        return Attempt("unoffered", reason)
    return Attempt("not-tls", reason) if reason in _NOT_TLS else _unclear(reason)


def _unclear(said: str) -> Attempt:
    return Attempt("unclear", said or "no reason given")


def _shown(connection: ssl.SSLSocket) -> _Seen:
    cipher = connection.cipher()
    negotiated = f"{connection.version()}, {cipher[0]}" if cipher else str(connection.version())
    if chain := _sent(connection):
        return _Seen(Attempt("accepted"), chain, negotiated=negotiated)
    own = connection.getpeercert(binary_form=True)
    return _Seen(Attempt("accepted"), (own,) if own else (), whole=False, negotiated=negotiated)


def _sent(connection: ssl.SSLSocket) -> tuple[bytes, ...]:
    """The certificates that were sent, in DER; none where this Python does not show them."""
    # Public from Python 3.13 on; before that the same method lies one layer further down.
    inner = getattr(connection, "_sslobj", None)
    unverified = getattr(connection, "get_unverified_chain", None) or getattr(inner, "get_unverified_chain", None)
    sent = unverified() if unverified else None
    return tuple(one if isinstance(one, bytes) else one.public_bytes(_DER) for one in sent or ())
