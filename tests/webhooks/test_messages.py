"""Messages to a receiver are signed as its scheme says, and each forgery is one that our own verifier refuses."""

from __future__ import annotations

import base64

import pytest

from fixtures.forged_messages import LARGE_BYTES, reserialised, severity, variants
from fixtures.messages import Sender, moment, octets
from prodverify.judges.schemes.message import Message
from prodverify.judges.signatures import Trust, judge
from prodverify.record.findings import Severity
from prodverify.target.receivers import Receiver
from prodverify.wire.exchange import HeaderList

NOON = 1_789_992_000.0
URL = "https://api.example"
SECRETS = {"standard-webhooks": "whsec_" + base64.b64encode(b"s" * 24).decode()}
HOW = {"hex": {"signed": "{timestamp}.{body}", "timestamp_header": "X-Timestamp"}, "rfc9421": {"key_id": "k"}}
SCHEMES = ("hex", "github", "stripe", "slack", "shopify", "twilio", "standard-webhooks", "rfc9421")
TIMED = frozenset({"hex", "stripe", "slack", "standard-webhooks", "rfc9421"})


def receiver(scheme, **more):
    how = {"name": "r", "path": "/hook", "secret": "s", "body": '{"id": "{id}"}', **HOW.get(scheme, {}), **more}
    return Receiver(scheme=scheme, **how)


def sender(scheme, **more):
    return Sender(receiver(scheme, **more), URL, SECRETS.get(scheme, "secret"), NOON)


def rejected(by, sent):
    """The rules by which a careful receiver refuses what was sent; empty where it is right."""
    message = Message(sent.body, HeaderList(sent.lines), URL + sent.path)
    found = judge(message, Trust(by.receiver.scheme, SECRETS.get(by.receiver.scheme, "secret"), by.how))
    return [finding.rule for finding in found if finding.severity is not Severity.INFO]


EVERY = [(scheme, name) for scheme in SCHEMES for name in variants(receiver(scheme))]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_valid_message_is_one_that_a_careful_receiver_takes(scheme):
    by = sender(scheme)
    sent = by.message()

    assert [] == rejected(by, sent)
    assert sent.identifier in sent.body.decode()
    assert octets(by.signature(sent)) in sent.digests


@pytest.mark.parametrize(("scheme", "name"), EVERY, ids="-".join)
def test_a_variant_is_refused_by_a_careful_receiver_unless_it_is_genuine(scheme, name):
    by, variant = sender(scheme), variants(receiver(scheme))[name]
    sent = variant.make(by)
    timely = name in ("stale", "future")  # right but for its time, which is judged elsewhere

    assert (variant.kind == "genuine" or timely) == (rejected(by, sent) == [])
    assert (LARGE_BYTES == len(sent.body)) == variant.large


def test_another_version_stands_before_a_signature_and_not_at_its_end(monkeypatch):
    by = sender("standard-webhooks")
    sent = next(sent for sent in iter(by.message, None) if by.signature(sent).endswith("v0="))
    monkeypatch.setattr(by, "message", lambda: sent)

    changed = variants(by.receiver)["prefix"].make(by)

    # Its last letter alone would be the same signature to receivers that do not mind the bits that mean nothing.
    assert [f"v2,{by.signature(sent)}"] == [value for name, value in changed.lines if name.lower() == by.header]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_is_probed_within_twenty_requests(scheme):
    assert 10 <= len(variants(receiver(scheme))) <= 18  # the valid one and its repeat are two more


@pytest.mark.parametrize("scheme", SCHEMES)
def test_only_schemes_that_sign_a_timestamp_are_probed_with_others(scheme):
    names = {"stale", "future", "time-no-number", "time-missing"}

    assert (names if scheme in TIMED else set()) == names & set(variants(receiver(scheme)))


@pytest.mark.parametrize(("scheme", "header"), [("slack", "X-Slack-Request-Timestamp"), ("hex", "X-Timestamp")])
def test_a_timestamp_lies_outside_the_tolerance_on_either_side(scheme, header):
    by, known = sender(scheme), variants(receiver(scheme))
    stamps = [int(dict(known[name].make(by).lines)[header]) - NOON for name in ("stale", "future")]

    assert [-305, 305] == stamps


def test_a_timestamp_is_taken_away_or_replaced_wherever_it_stands():
    for scheme in TIMED:
        by, known = sender(scheme), variants(receiver(scheme))
        missing, text = known["time-missing"].make(by), known["time-no-number"].make(by)

        assert not any(by.stamp() in value for _, value in missing.lines), scheme
        assert any("soon" in value for _, value in text.lines), scheme


def test_no_two_messages_have_the_same_id():
    by = sender("github")
    first, second = by.message(), by.message()

    assert first.identifier != second.identifier
    assert first.identifier == dict(first.lines)["X-GitHub-Delivery"]


def test_json_is_written_with_other_spacing_and_means_the_same():
    assert b'{\n "a": 1\n}' == reserialised(b'{"a": 1}')
    assert b'{"a" :1}' == reserialised(b'{\n "a": 1\n}')
    assert b"a=1" == reserialised(b"a=1")
    assert "reserialised" not in variants(receiver("twilio", body="a=1"))


def test_only_stripes_own_packages_may_take_what_comes_from_the_future():
    assert Severity.WARN is severity("future", receiver("stripe"))
    assert Severity.FAIL is severity("future", receiver("slack"))
    assert Severity.FAIL is severity("stale", receiver("stripe"))


def test_the_receivers_clock_is_known_by_its_date():
    assert NOON + 2 == moment(NOON, 1000.0, 1002.5)
    assert 1002.5 == moment(None, 1000.0, 1002.5)
