"""What the senders' own packages sign, we accept; what we sign, they accept; and what is forged, neither does."""

from __future__ import annotations

import base64
import json
import random
import time
from urllib.parse import parse_qs, urlencode

import pytest

from prodverify.judges.schemes.message import Message
from prodverify.judges.schemes.table import matching, read, sign
from prodverify.judges.schemes.twilio import with_digest
from prodverify.wire.exchange import HeaderList

SCHEMES = ("stripe", "slack", "standard-webhooks", "twilio", "rfc9421")
# pragma: allowlist nextline secret
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
LETTERS = 'az09 é漢😀"\\/&=+%\n\t{}'
BODIES = 30


def bodies(scheme):
    """JSON of all kinds of text, with all kinds of spacing; of Twilio every other one a form."""
    dice = random.Random(scheme)
    for number in range(BODIES):
        fields = {f"k{n}{dice.choice('aZ-')}": "".join(dice.choices(LETTERS, k=dice.randrange(9))) for n in range(4)}
        if scheme == "twilio" and number % 2:
            repeated = [*fields.items(), *list(fields.items())[:2], ("k0a", "again")]
            yield FORM, urlencode(repeated).encode()
        else:
            separators = dice.choice([(",", ":"), (", ", ": ")])
            yield JSON, json.dumps(fields, ensure_ascii=dice.random() < 0.5, separators=separators).encode()


def messages(scheme):
    for kind, body in bodies(scheme):
        url = "https://hooks.example/our/path?a=b"
        if scheme == "twilio" and kind == JSON:
            url = with_digest(url, body)
        lines = [("Content-Type", kind)]
        if scheme == "rfc9421":
            lines.append(sign(scheme, Message(body, HeaderList(lines), url), [SECRET])[0])  # Content-Digest
        yield Message(body, HeaderList(lines), url)


def question(do, scheme, message, moment, lines=()):
    return {
        "do": do,
        "scheme": scheme,
        "secret": SECRET,
        "moment": moment,
        "url": message.url,
        "body": base64.b64encode(message.body).decode(),
        "fields": fields_of(message),
        "lines": dict([*message.headers, *lines]),
    }


def fields_of(message):
    if message.headers.first("content-type") == FORM:
        return parse_qs(message.body.decode(), keep_blank_values=True)
    return None


def delivered(message, lines):
    return Message(message.body, HeaderList([*message.headers, *lines]), message.url)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_they_sign_we_accept(senders, scheme):
    now, asked = int(time.time()), list(messages(scheme))
    signed = senders([question("sign", scheme, message, now) for message in asked])

    for message, lines in zip(asked, signed, strict=True):
        claim = read(scheme, delivered(message, lines.items()))
        offer = matching(scheme, claim, SECRET)
        assert offer is not None, message.body
        assert () == offer.flaws
        assert claim.stamp is None or abs(claim.stamp - now) < 60


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_we_sign_they_accept_and_a_forgery_they_do_not(senders, scheme):
    now, asked = int(time.time()), list(messages(scheme))
    ours = [sign(scheme, message, [SECRET], moment=now, identifier="msg_1") for message in asked]
    forged = [sign(scheme, message, [SECRET[:-4] + "AAAA"], moment=now, identifier="msg_1") for message in asked]

    pairs = list(zip(asked, ours, strict=True))
    assert [True] * BODIES == senders([question("verify", scheme, m, now, lines) for m, lines in pairs])
    wrong = list(zip(asked, forged, strict=True))
    told = senders([question("verify", scheme, m, now, lines) for m, lines in wrong])
    assert [False] * BODIES == [answer is True for answer in told]
