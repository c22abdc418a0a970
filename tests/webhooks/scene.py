"""Deliveries as our receiver would have got them."""

from prodverify.judges.deliveries import Attempt
from prodverify.judges.schemes.message import Message
from prodverify.judges.schemes.table import sign
from prodverify.judges.signatures import Trust
from prodverify.wire.exchange import HeaderList

# pragma: allowlist nextline secret
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOON = 1_789_992_000.0
STANDARD, HEX = Trust("standard-webhooks", SECRET), Trust("hex", SECRET)
BODY = b'{"event": "done"}'


def attempt(at=0.0, *, stamp=None, identifier="msg_1", trust=STANDARD, body=BODY, lines=(), hung_up=None):
    """One that arrived ``at`` seconds after noon, signed with the time ``stamp`` after noon, or that of its arrival."""
    signed = sign(
        trust.scheme,
        Message(body),
        [trust.secret],
        moment=NOON + (at if stamp is None else stamp),
        identifier=identifier,
    )
    message = Message(body, HeaderList([*lines, *signed]))
    return Attempt(message, NOON + at, None if hung_up is None else NOON + hung_up)
