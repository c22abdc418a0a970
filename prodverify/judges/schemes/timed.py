"""
A timestamp that is signed with the raw body, in hex: Stripe's and Slack's.

Stripe's header is a list ``t=<seconds>,v1=<hex>``, with one v1 for every secret of a rotation; v0 is for test events
and is ignored. Slack's timestamp travels in a header of its own.
"""

from __future__ import annotations

from prodverify.judges.schemes.message import Claim, Lines, Message, Offer, Scheme, Signing, Spelling, mac
from prodverify.judges.schemes.reading import malformed, octets, only_line, seconds

_STRIPE_FORM = "t=<seconds>,v1=<64 lower-case hex digits>, the HMAC-SHA256 of timestamp, dot and raw body"
_SLACK_FORM = "v0=<64 lower-case hex digits>, the HMAC-SHA256 of v0:timestamp:raw body"
_SLACK_TIME = "X-Slack-Request-Timestamp"


def _read_stripe(message: Message, how: Spelling) -> Claim:
    header = how.header or STRIPE.header
    value = only_line(message, header, _STRIPE_FORM)
    parts = [part.strip(" \t").partition("=")[::2] for part in value.split(",")]
    times = [text for name, text in parts if name == "t"]
    signatures = [text for name, text in parts if name == "v1"]
    if not signatures or len(times) > 1:
        raise malformed(header, _STRIPE_FORM, value)
    stamp = seconds(times[0] if times else "", f"t of {header}")
    signed = octets(times[0]) + b"." + message.body
    others = sorted({name for name, _ in parts} - {"t", "v1", "v0"})
    return Claim(tuple(Offer(one, signed) for one in signatures), stamp=stamp, untold=tuple(others))


def _write_stripe(message: Message, by: Signing, how: Spelling) -> Lines:
    stamp = str(int(by.moment))
    signed = f"{stamp}.".encode() + message.body
    signatures = "".join(f",v1={mac(key, signed)}" for key in by.keys)
    return [(how.header or STRIPE.header, f"t={stamp}{signatures}")]


def _read_slack(message: Message, how: Spelling) -> Claim:
    header = how.header or SLACK.header
    value = only_line(message, header, _SLACK_FORM)
    if not value.startswith("v0="):
        raise malformed(header, _SLACK_FORM, value)
    text = message.headers.first(_SLACK_TIME).strip(" \t")
    stamp = seconds(text, _SLACK_TIME)
    return Claim((Offer(value[3:], b"v0:" + octets(text) + b":" + message.body),), stamp=stamp)


def _write_slack(message: Message, by: Signing, how: Spelling) -> Lines:
    stamp = str(int(by.moment))
    signature = mac(by.keys[0], f"v0:{stamp}:".encode() + message.body)
    return [(_SLACK_TIME, stamp), (how.header or SLACK.header, f"v0={signature}")]


STRIPE = Scheme("stripe", "Stripe-Signature", _STRIPE_FORM, _read_stripe, _write_stripe, timed=True, several=True)
SLACK = Scheme("slack", "X-Slack-Signature", _SLACK_FORM, _read_slack, _write_slack, timed=True)
