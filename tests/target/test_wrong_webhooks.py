"""What cannot be meant about webhooks is said in a sentence each."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import BOTH, HOOK, wrong

OTHER = '[roles.them]\nscheme = "header"\ncredential = "key"\n'
OLD = 'old = { env = "OUR_KEY" }\n'
WITH_OLD = BOTH.replace("[roles.us]", f"{OLD}[roles.us]")
PULL = "[webhooks.pull]\n"
NOBODY = HOOK.replace('secret = "key"\n', "").replace('deliver_to = "url"\n', "")
REGISTERED = (
    '[webhooks.registration]\npath = "/webhooks"\nrole = "us"\naddress_at = "url"\nremove_path = "/webhooks/"\n'
)


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "scheme",
            BOTH + HOOK + 'scheme = "standard"\n',
            (
                '[[webhooks]] "done" scheme: expected "hex", "github", "stripe", "slack", "shopify", "twilio", '
                '"standard-webhooks" or "rfc9421", came "standard"; did you mean "standard-webhooks"?'
            ),
        ),
        wrong(
            "prefix",
            BOTH + HOOK + 'scheme = "github"\nprefix = "sha256="\n',
            '[[webhooks]] "done" prefix: means nothing for scheme "github", which says its own; remove it',
        ),
        wrong(
            "signed",
            BOTH + HOOK + 'signed = "{timestamp}"\n',
            '[[webhooks]] "done" signed: expected a text that holds {body}, as "{timestamp}.{body}"',
            (
                '[[webhooks]] "done" timestamp_header: expected both or neither: {timestamp} in signed, and the header '
                "that carries it"
            ),
        ),
        wrong(
            "header-of-standard-webhooks",
            BOTH + HOOK + 'scheme = "standard-webhooks"\nheader = "X-Hook"\n',
            '[[webhooks]] "done" header: expected a name that ends in signature, as "svix-signature", came "X-Hook"',
        ),
        wrong(
            "headers",
            BOTH + HOOK + 'header = "X Signature"\nid_header = "Id:"\n',
            ('[[webhooks]] "done" header: expected the name of a header, as "X-Request-ID", without colon and spaces'),
            (
                '[[webhooks]] "done" id_header: expected the name of a header, as "X-Request-ID", without colon and '
                "spaces"
            ),
        ),
        wrong(
            "rotation",
            WITH_OLD + HOOK + 'previous_secret = "old"\n',
            '[[webhooks]] "done" rotation: expected "either": a signature of scheme "hex" is by one secret alone',
        ),
        wrong(
            "previous-secret",
            BOTH + HOOK + 'rotation = "either"\nprevious_secret = "key"\n',
            '[[webhooks]] "done" previous_secret: expected another secret than the one that signs',
        ),
        wrong(
            "secrets-unknown",
            BOTH
            + OTHER
            + HOOK
            + 'rotation = "either"\nprevious_secret = "kez"\nother_role = "them"\nother_secret = "x"\n',
            '[[webhooks]] "done" previous_secret: names no secret of [secrets]; did you mean "key"?',
            '[[webhooks]] "done" other_secret: names no secret of [secrets]; expected "key"',
        ),
        wrong(
            "other-role",
            BOTH + HOOK + 'other_role = "us"\n',
            '[[webhooks]] "done" other_role: expected a role of another workspace than role\'s',
        ),
        wrong(
            "other-secret",
            WITH_OLD + HOOK + 'other_secret = "old"\n',
            '[[webhooks]] "done" other_role: is missing; other_secret signs what that role triggers',
        ),
        wrong(
            "other-role-unknown",
            BOTH + HOOK + 'other_role = "uz"\n' + PULL + 'address = "/log"\nrole = "nobody"\n',
            '[[webhooks]] "done" other_role: no role "uz"; expected "us" or "anonymous"',
            '[[webhooks]] "done" pull.role: no role "nobody"; expected "us" or "anonymous"',
        ),
        wrong(
            "deliver-to",
            BOTH + HOOK.replace('deliver_to = "url"\n', ""),
            (
                '[[webhooks]] "done" deliver_to: is missing; it names our receiver\'s address, unless that is '
                "registered: [webhooks.registration], or deliveries are read from a log: [webhooks.pull]"
            ),
        ),
        wrong(
            "deliver-to-pointer",
            BOTH + HOOK.replace('"url"', '"/config~/url"'),
            (
                '[[webhooks]] "done" deliver_to: expected a member\'s name or a JSON Pointer (RFC 6901), '
                'came "/config~/url"'
            ),
        ),
        wrong(
            "deliver-to-nowhere",
            BOTH + 'body = { config = "text" }\n' + HOOK.replace('"url"', '"/config/url"'),
            '[[webhooks]] "done" deliver_to: leads through "config", which is no object in the body of that step',
        ),
        wrong(
            "seconds",
            BOTH + HOOK + "retries_within_seconds = 0\ngives_up_within_seconds = -1\n",
            '[[webhooks]] "done" retries_within_seconds: expected more than 0, came 0',
            '[[webhooks]] "done" gives_up_within_seconds: expected more than 0, came -1',
        ),
        wrong(
            "secret",
            BOTH + NOBODY + 'deliver_to = "url"\n',
            '[[webhooks]] "done" secret: is missing; expected the name of the secret that signs',
        ),
        wrong(
            "registered-and-named",
            BOTH + HOOK + 'id_header = "X-Id"\n' + REGISTERED,
            (
                '[[webhooks]] "done" deliver_to: forbidden beside registration: both name our receiver\'s address; '
                "remove one of the two"
            ),
        ),
        wrong(
            "registered-without-a-secret-and-a-name",
            BOTH + NOBODY + REGISTERED,
            (
                '[[webhooks]] "done" secret: is missing; it signs, unless the service makes one up: made_secret_at of '
                "[webhooks.registration]"
            ),
            (
                '[[webhooks]] "done" request_id_header: is missing; whatever happens in the workspace comes to an '
                "address that is registered, and this header tells what we caused: or id_header, the attempts of one "
                "delivery"
            ),
        ),
        wrong(
            "registered-with-too-many-secrets",
            BOTH
            + NOBODY
            + 'secret = "key"\nscheme = "standard-webhooks"\n'
            + REGISTERED
            + 'secret_at = "/a/b"\nmade_secret_at = "/secret"\nbody = { a = "b" }\n',
            (
                '[[webhooks]] "done" secret: means nothing beside made_secret_at, which says where the service tells '
                "the secret; remove it"
            ),
            (
                '[[webhooks]] "done" registration.secret_at: forbidden beside made_secret_at: the service or the '
                "target file makes the secret up, not both"
            ),
            '[[webhooks]] "done" registration.secret_at: leads through "a", which is no object in body',
        ),
        wrong(
            "registered-anywhere",
            BOTH
            + NOBODY
            + 'scheme = "github"\n'
            + REGISTERED.replace('"us"', '"uz"').replace('"url"', '"/u~rl"').replace('/webhooks/"', '/webhooks"')
            + 'made_secret_at = "/secret"\n'
            + PULL
            + 'address = "/log"\n',
            '[[webhooks]] "done" registration.role: no role "uz"; expected "us" or "anonymous"',
            (
                '[[webhooks]] "done" public_url: is missing; deliveries are read from a log, and it says which address '
                "is registered"
            ),
            (
                '[[webhooks]] "done" registration.remove_path: expected a path that ends in /, which the id follows, '
                'came "/webhooks"'
            ),
            (
                '[[webhooks]] "done" registration.address_at: expected a member\'s name or a JSON Pointer (RFC 6901), '
                'came "/u~rl"'
            ),
        ),
        wrong(
            "registered-and-refused-without-saying-how",
            BOTH
            + NOBODY
            + 'scheme = "github"\n'
            + REGISTERED
            + 'made_secret_at = "/secret"\n[webhooks.targets]\nrefused = ["ftp"]\n',
            (
                '[[webhooks]] "done" targets.registration: is missing; naming an address is registering it here: say '
                "how, and which one is accepted"
            ),
        ),
        wrong(
            "retry-after-alone",
            BOTH + HOOK + "retry_after_seconds = 2\n",
            '[[webhooks]] "done" retries_within_seconds: is missing; retry_after_seconds is about what is tried again',
        ),
        wrong(
            "retry-after-short",
            BOTH + HOOK + "retries_within_seconds = 0.5\nretry_after_seconds = 1\n",
            '[[webhooks]] "done" retry_after_seconds: expected at least 2, came 1',
        ),
        wrong(
            "pull-elsewhere",
            BOTH + HOOK + PULL + 'address = "https://bin.example/log"\n',
            '[[webhooks]] "done" pull.address: its host may not be asked; add "bin.example" to hosts in [asking]',
        ),
        wrong(
            "pull-nowhere",
            BOTH + HOOK + PULL + 'address = "bin.example"\n',
            (
                '[[webhooks]] "done" pull.address: expected an absolute http or https address, as '
                '"https://api.example", or a path of the service itself'
            ),
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)
