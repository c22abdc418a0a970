"""What each sender publishes as signed is what we sign, and what we accept."""

import pytest

from prodverify.judges import signatures
from prodverify.judges.schemes.message import Message, Spelling
from prodverify.judges.schemes.table import matching, read, sign
from prodverify.judges.schemes.twilio import with_digest
from prodverify.judges.signatures import Trust
from prodverify.wire.exchange import HeaderList

FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")
SLACK = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
TWILIO = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = b"CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309"
# pragma: allowlist nextline secret
KEY = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="


@pytest.mark.parametrize(
    ("scheme", "secret", "message", "moment", "identifier", "expected"),
    [
        pytest.param(
            "github",
            "It's a Secret to Everybody",
            Message(b"Hello, World!"),
            0,
            "",
            ("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
            id="GitHub",
        ),
        pytest.param(
            "hex",
            "Jefe",
            Message(b"what do ya want for nothing?"),
            0,
            "",
            ("X-Signature", "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            id="RFC 4231 case 2",
        ),
        pytest.param(
            "slack",
            "8f742231b10e8888abcd99yyyzzz85a5",
            Message(SLACK),
            1531420618,
            "",
            ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
            id="Slack",
        ),
        pytest.param(
            "standard-webhooks",
            # pragma: allowlist nextline secret
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            Message(b'{"test": 2432232314}'),
            1614265330,
            # pragma: allowlist nextline secret
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            id="Standard Webhooks",
        ),
        pytest.param(
            "stripe",
            "whsec_test_secret",
            Message(b'{"id":"evt_test"}'),
            1492774577,
            "",
            (
                "Stripe-Signature",
                "t=1492774577,v1=22f7d74836ddad3284a2b80853dd2fe731655c1bfddcff3c3666a500cf3abd80",
            ),
            id="Stripe",
        ),
        pytest.param(
            "twilio",
            "12345",
            Message(CALL, HeaderList([FORM]), TWILIO),
            0,
            "",
            ("X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            id="Twilio",
        ),
    ],
)
def test_a_published_vector_is_what_we_sign_and_accept(scheme, secret, message, moment, identifier, expected):
    lines = sign(scheme, message, [secret], moment=moment, identifier=identifier)
    delivered = Message(message.body, HeaderList([*message.headers, *lines]), message.url)

    assert expected == lines[-1]
    assert [] == signatures.judge(delivered, Trust(scheme, secret))


def test_the_vector_of_rfc_9421_is_accepted():
    lines = [
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        JSON,
        (
            "Signature-Input",
            'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
        ),
        ("Signature", "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"),
    ]
    message = Message(b'{"hello": "world"}', HeaderList(lines), "https://example.com/foo?param=Value&Pet=dog")
    how = Spelling(encoding="base64")
    claim = read("rfc9421", message, how)

    assert 1618884473.0 == claim.stamp
    assert matching("rfc9421", claim, KEY, how) is not None
    # It is right, and covers no body.
    found = signatures.judge(message, Trust("rfc9421", KEY, how))
    assert ["signature-body-uncovered"] == [finding.rule for finding in found]


def test_the_digests_of_rfc_9530_are_verified():
    body = b'{"hello": "world"}\n'
    digests = {
        # pragma: allowlist nextline secret
        "sha-256": "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
        # pragma: allowlist nextline secret
        "sha-512": ("YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg=="),
    }
    for name, digest in digests.items():
        signed = sign("rfc9421", Message(body, HeaderList([JSON]), "https://a.example/"), ["a secret"], moment=1)
        assert name != "sha-256" or ("Content-Digest", f"{name}=:{digest}:") == signed[0]
        lines = [JSON, ("Content-Digest", f"{name}=:{digest}:")]
        message = Message(body, HeaderList([*lines, *signed[1:]]), "https://a.example/")
        rules = [finding.rule for finding in read("rfc9421", message).offers[0].flaws]
        assert [] == rules


def test_a_body_that_is_no_form_is_covered_by_the_address():
    body = b'{"property": "value", "boolean": true}'
    url = with_digest(TWILIO, body)

    assert url.endswith("&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620")
    lines = sign("twilio", Message(body, HeaderList([JSON]), url), ["12345"])
    # pragma: allowlist nextline secret
    assert [("X-Twilio-Signature", "a9nBmqA0ju/hNViExpshrM61xv4=")] == lines


def test_a_field_that_repeats_counts_each_value_once():
    body = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
    lines = sign("twilio", Message(body, HeaderList([FORM]), TWILIO), ["12345"])

    # pragma: allowlist nextline secret
    assert [("X-Twilio-Signature", "IK+Dwps556ElfBT0I3Rgjkr1wJU=")] == lines


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        # pragma: allowlist nextline secret
        (TWILIO, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (TWILIO.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ],
)
def test_an_address_is_signed_with_its_port_or_without(url, signature):
    message = Message(CALL, HeaderList([FORM, ("X-Twilio-Signature", signature)]), url)

    assert [] == signatures.judge(message, Trust("twilio", "12345"))
