"""Every scheme signs what it accepts, refuses everything else, and never raises."""

import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import signatures
from prodverify.judges.schemes.message import Message, Spelling
from prodverify.judges.schemes.table import SCHEMES, read, sign, timed
from prodverify.judges.schemes.twilio import with_digest
from prodverify.judges.signatures import Trust
from prodverify.record.findings import Finding
from prodverify.target import delivering
from prodverify.target.webhooks import Webhook
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import BODIES, VALUES
from tests.judges.scene import rules

# pragma: allowlist nextline secret
SECRET, OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
EACH = pytest.mark.parametrize("scheme", sorted(SCHEMES))
SEVERAL = pytest.mark.parametrize("scheme", sorted(name for name, scheme in SCHEMES.items() if scheme.several))
BODY = b'{"event": "done", "n": 1}'
JSON = ("Content-Type", "application/json")
NAMES = [
    *("X-Signature", "X-Hub-Signature-256", "X-Shopify-Hmac-SHA256", "X-Twilio-Signature", "Stripe-Signature"),
    *("X-Slack-Signature", "X-Slack-Request-Timestamp", "webhook-id", "webhook-timestamp", "webhook-signature"),
    *("Signature", "Signature-Input", "Content-Digest", "Content-Type", "User-Agent"),
]
ODD = st.sampled_from(
    [
        *("t=1,v1=ab", "t=,v1=", "v0=é", "v1,", "v1, v1a,x", "v1,AAAA v1,", "sha256=", "1789992030", "-1", "²"),
        'sig1=("@method" "@query-param";name="a" "x");created=1',
        'sig1=("content-digest" "@status");created=-1;alg="rsa"',
        'sig1=();created="now"',
        "sig1=:AAAA:",
        "sig1=:AAAA",
        "sha-256=:AAAA:, sha-512=1",
        "sha-256=?1",
    ]
)
LINES = st.lists(st.tuples(st.sampled_from(NAMES), st.one_of(ODD, VALUES)), max_size=8).map(HeaderList)
URLS = st.sampled_from(
    ["https://a.example/x?bodySHA256=1", "http://[::1", "http://a:99999/", "", "https://a.example:443/é?a=b&a=c"]
)


def signed(scheme, *secrets, body=BODY, moment=1e9, how=None):
    url = with_digest("https://a.example/hook", body) if scheme == "twilio" else "https://a.example/hook"
    message = Message(body, HeaderList([JSON]), url)
    lines = sign(scheme, message, secrets or [SECRET], moment=moment, identifier="msg_1", how=how or Spelling())
    return Message(body, HeaderList([JSON, *lines]), url)


def judged(message, scheme, secret=SECRET, how=None):
    return rules(signatures.judge(message, Trust(scheme, secret, how or Spelling())))


@EACH
@settings(max_examples=40, deadline=None)
@given(body=st.binary(min_size=1, max_size=80), moment=st.integers(0, 10**10), secret=st.binary(min_size=8))
def test_what_is_signed_is_accepted_and_nothing_else(scheme, body, moment, secret):
    how = Spelling(encoding="hex")
    message = signed(scheme, secret.hex(), body=body, moment=moment, how=how)

    assert {} == judged(message, scheme, secret.hex(), how)
    assert judged(message, scheme, (secret + b"x").hex(), how)
    assert judged(Message(body + b" ", message.headers, message.url), scheme, secret.hex(), how)
    assert signatures.negative_controls(message, Trust(scheme, secret.hex(), how)) == []


@EACH
@settings(max_examples=150, deadline=None)
@given(body=BODIES, headers=LINES, url=URLS, secret=st.one_of(st.text(max_size=20), st.just(SECRET)), encoding=ODD)
def test_no_judge_of_signatures_raises(scheme, body, headers, url, secret, encoding):
    message = Message(body, headers, url)
    trust = Trust(scheme, secret, Spelling(prefix=encoding[:7]))
    found = [
        *signatures.judge(message, trust),
        *signatures.negative_controls(message, trust),
        *signatures.judge_rotation(message, trust, secret + "x", both=True),
        *signatures.judge_apart(message, trust, secret + "x"),
    ]
    for finding in found:
        assert isinstance(finding, Finding)
        for text in finding.as_dict().values():
            text.encode()
            assert len(text) < 700


@EACH
def test_a_flipped_byte_and_a_cut_header_are_refused(scheme):
    message, header = signed(scheme), SCHEMES[scheme].header
    cut = [(name, value[:-2] if name == header else value) for name, value in message.headers]

    assert judged(Message(b"x" + BODY[1:], message.headers, message.url), scheme)
    assert judged(Message(BODY, HeaderList(cut), message.url), scheme)
    assert {"signature-missing": "fail"} == judged(Message(BODY, HeaderList([JSON]), message.url), scheme)


@EACH
def test_the_scheme_that_matched_is_reported(scheme):
    message = signed(scheme)
    for other in sorted(SCHEMES.keys() - {scheme}):
        (found,) = signatures.judge(message, Trust(other, SECRET))
        assert "signature-scheme" == found.rule, other
        assert f'scheme "{scheme}"' in found.observed or "HMAC-SHA256 of the raw body" in found.observed


@SEVERAL
def test_a_rotation_signs_with_both(scheme):
    both, new, old = signed(scheme, SECRET, OLD), signed(scheme, SECRET), signed(scheme, OLD)

    def rotated(message, **asked):
        return rules(signatures.judge_rotation(message, Trust(scheme, SECRET), OLD, **asked))

    assert {} == judged(both, scheme) == judged(both, scheme, OLD)
    assert {} == rotated(both, both=True) == rotated(new, both=False) == rotated(old, both=False)
    assert {"rotation-broken": "fail"} == rotated(new, both=True) == rotated(old, both=True)
    assert {"rotation-broken": "fail"} == rotated(signed(scheme, "whsec_AAAA"), both=False)


@EACH
def test_another_receivers_secret_opens_nothing(scheme):
    trust = Trust(scheme, SECRET)

    assert [] == signatures.judge_apart(signed(scheme), trust, OLD)
    shared = signatures.judge_apart(signed(scheme), Trust(scheme, OLD), SECRET)
    assert {"secret-shared": "fail"} == rules(shared)


def test_names_of_svix_are_a_spelling_of_standard_webhooks():
    how = Spelling(header="svix-signature")
    message = signed("standard-webhooks", how=how)

    assert ["svix-id", "svix-timestamp", "svix-signature"] == [name for name, _ in message.headers][1:]
    assert {} == judged(message, "standard-webhooks", how=how)


def test_an_asymmetric_signature_alone_is_told_not_judged():
    lines = [("webhook-id", "a"), ("webhook-timestamp", "1"), ("webhook-signature", "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNV")]

    assert {"signature-asymmetric": "inconclusive"} == judged(Message(BODY, HeaderList(lines)), "standard-webhooks")


def test_an_unknown_version_beside_a_valid_one_is_told():
    message = signed("standard-webhooks")
    lines = [(n, f"v9,x v1a,y {v}" if n == "webhook-signature" else v) for n, v in message.headers]
    message = Message(BODY, HeaderList(lines))

    assert {"signature-not-verified": "info"} == judged(message, "standard-webhooks")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("t=1,v1=%s,v0=00", {}),
        ("t=1,v1=00,v1=%s", {}),
        ("v1=%s", {"timestamp-missing": "fail"}),
        ("t=x,v1=%s", {"timestamp-malformed": "fail"}),
        ("t=1,t=1,v1=%s", {"signature-malformed": "fail"}),
        ("t=1,v0=%s", {"signature-malformed": "fail"}),
        ("t=2,v1=%s", {"signature-mismatch": "fail"}),
    ],
)
def test_the_list_of_stripe_is_read(header, expected):
    right = signed("stripe", moment=1).headers.first("Stripe-Signature").partition("v1=")[2]
    message = Message(BODY, HeaderList([("Stripe-Signature", header % right)]))

    assert expected == judged(message, "stripe")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("Content-Digest", "sha-256=:AAAA:"), {"signature-mismatch": "fail"}),
        (("Content-Type", "text/plain"), {"signature-mismatch": "fail"}),
        (("Signature-Input", "nonsense("), {"signature-malformed": "fail"}),
        (("Signature-Input", 'other=("@method");created=1'), {"signature-unsupported": "inconclusive"}),
        (("Signature-Input", 'sig1=("@method");created=1;alg="ed25519"'), {"signature-unsupported": "inconclusive"}),
        (("Signature-Input", 'sig1=("x";sf);created=1'), {"signature-unsupported": "inconclusive"}),
        (("Signature", "nonsense("), {"signature-malformed": "fail"}),
    ],
)
def test_what_a_message_signature_covers_is_verified(change, expected):
    message = signed("rfc9421")
    lines = [change if name == change[0] else (name, value) for name, value in message.headers]

    assert expected == judged(Message(BODY, HeaderList(lines), message.url), "rfc9421")


def test_a_digest_of_another_body_is_found_though_the_signature_is_right():
    message = signed("rfc9421")

    assert {"digest-mismatch": "fail"} == judged(Message(b"{}", message.headers, message.url), "rfc9421")


def test_a_secret_of_another_form_is_inconclusive():
    assert {"signature-secret-unreadable": "inconclusive"} == judged(
        signed("standard-webhooks"), "standard-webhooks", "not base64!"
    )
    how = Spelling(encoding="hex")
    assert {"signature-secret-unreadable": "inconclusive"} == judged(signed("hex"), "hex", "xyz", how)


def test_a_timestamp_is_told_where_the_scheme_signs_one():
    for name, scheme in SCHEMES.items():
        assert (1e9 if scheme.timed else None) == read(name, signed(name)).stamp


def test_the_target_file_knows_the_schemes_and_which_have_room_for_several():
    named = Webhook.model_fields["scheme"].annotation.__args__

    assert sorted(SCHEMES) == sorted(named)
    assert {name for name, scheme in SCHEMES.items() if scheme.several} == delivering.SEVERAL


OWN = Spelling("X-Sig", "v1=", signed="v1:{timestamp}:{url}:{body}", timestamp_header="X-Time")


def test_a_senders_own_text_around_timestamp_address_and_body_is_signed():
    message = signed("hex", how=OWN, moment=7)
    expected = hmac.digest(SECRET.encode(), b"v1:7:https://a.example/hook:" + BODY, "sha256").hex()

    assert [("X-Time", "7"), ("X-Sig", f"v1={expected}")] == list(message.headers)[1:]
    assert {} == judged(message, "hex", how=OWN)
    assert 7.0 == read("hex", message, OWN).stamp
    assert timed("hex", OWN)
    assert not timed("hex")


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [("8", "signature-mismatch"), ("", "timestamp-missing"), ("soon", "timestamp-malformed")],
)
def test_a_senders_own_timestamp_is_signed(stamp, expected):
    lines = [(name, stamp if name == "X-Time" else value) for name, value in signed("hex", how=OWN, moment=7).headers]
    message = Message(BODY, HeaderList(lines), "https://a.example/hook")

    assert {expected: "fail"} == judged(message, "hex", how=OWN)
