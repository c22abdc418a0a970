"""What a failed exchange means: from the exceptions of the wire to one finding that says what to do."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable

import httpcore

from prodverify.record.findings import inconclusive
from prodverify.wire.deadline import NameNotResolved, Patience, TooLarge
from prodverify.wire.question import Question
from prodverify.wire.unjudged import Kind, Unanswered

# Without a way out of our own machine the service was not heard.
_OUR_NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EPERM})

_NEXT_STEPS: dict[Kind, str] = {
    "dns": "Check the host's name in base_url and the name resolution of the machine that runs the suite.",
    "connect": "Check that the service listens at that address and that no firewall stands between.",
    "tls": "Look at the certificate (openssl s_client); name a private authority as ca_bundle in [asking].",
    "timeout": "Find out why the service was slow, or raise the timeouts in [asking] if that is its promise.",
    "closed": "Look for a crash or a restart in the service's log at this time.",
    "protocol": "Look at the answer's bytes (curl -v --raw); the service, or a proxy before it, breaks HTTP/1.1.",
    "too-large": "Raise max_wire_kilobytes in [asking] if the service promises answers of that size.",
}
_OUR_STEPS: dict[Kind, str] = {
    "connect": "Check the network, and the proxy in [asking], of the machine that runs the suite.",
    "protocol": "Correct the request in the check or the target file.",
}


def unanswered(
    error: httpcore.TimeoutException | httpcore.NetworkError | httpcore.ProtocolError | httpcore.ProxyError,
    question: Question,
    patience: Patience,
    clean: Callable[[str], str],
) -> Unanswered:
    """The exception for ``question``; ``clean`` redacts what the service or a library says."""
    kind, observed, ours = _meaning(error, patience)
    step = _OUR_STEPS.get(kind, _NEXT_STEPS[kind]) if ours else _NEXT_STEPS[kind]
    asked = f"an answer to {question.method} {question.place}"
    finding = inconclusive(f"unanswered-{kind}", clean(asked), clean(observed), next_step=step)
    return Unanswered(kind, finding, ours=ours)


def _meaning(error: Exception, patience: Patience) -> tuple[Kind, str, bool]:
    cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else None
    said = (cause.strerror if cause else None) or str(error) or type(error).__name__
    match error:
        case NameNotResolved():
            return "dns", f"the host's name was not resolved: {said}", True
        case TooLarge():
            return "too-large", f"more than {patience.received} bytes came before the answer was whole", False
        case httpcore.ProxyError():
            return "connect", f"the proxy refused: {said}", True
        case httpcore.ConnectError() if isinstance(cause, ssl.SSLCertVerificationError):
            return "tls", f"the certificate was not accepted: {cause.verify_message}", False
        case httpcore.ConnectError() if isinstance(cause, ssl.SSLError):
            return "tls", f"TLS was not agreed on: {cause.reason or said}", False
        case httpcore.ConnectError():
            return "connect", f"no connection: {said}", cause is not None and cause.errno in _OUR_NETWORK
        case httpcore.ConnectTimeout():
            return "timeout", "no connection in time", False
        case httpcore.PoolTimeout():
            return "timeout", "too many requests of ours were under way", True
        case httpcore.TimeoutException():
            heard = f"after {patience.received} bytes" if patience.received else "no byte came"
            return "timeout", f"no whole answer in time, {heard}", False
        case httpcore.LocalProtocolError():
            # h11 quotes the value that it refuses, which may be a credential.
            return "protocol", "the request cannot be written as HTTP/1.1", True
        case httpcore.NetworkError():
            return "closed", f"the connection broke: {said}", False
        case _ if patience.ended_by_peer:
            return "closed", f"the connection was closed after {patience.received} bytes of the answer", False
        case _:
            return "protocol", f"what came is not HTTP/1.1: {said if len(said) <= 200 else said[:200] + '…'}", False
