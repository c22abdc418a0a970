"""What cannot be meant about receivers is said in a sentence each."""

from __future__ import annotations

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import BOTH, wrong

IN = '[[receivers]]\nname = "in"\npath = "/hook"\nsecret = "key"\nbody = "x"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "scheme",
            BOTH + IN + 'scheme = "githab"\n',
            (
                '[[receivers]] "in" scheme: expected "hex", "github", "stripe", "slack", "shopify", "twilio", '
                '"standard-webhooks" or "rfc9421", came "githab"; did you mean "github"?'
            ),
        ),
        wrong(
            "prefix",
            BOTH + IN + 'scheme = "github"\nprefix = "x="\nkey_id = "k"\n',
            '[[receivers]] "in" prefix: means nothing for scheme "github", which says its own; remove it',
            '[[receivers]] "in" key_id: means nothing for scheme "github"; remove it',
        ),
        wrong(
            "signed",
            BOTH + IN + 'signed = "{timestamp}"\n',
            '[[receivers]] "in" signed: expected a text that holds {body}, as "{timestamp}.{body}"',
            (
                '[[receivers]] "in" timestamp_header: expected both or neither: {timestamp} in signed, and the header '
                "that carries it"
            ),
        ),
        wrong(
            "header-of-standard-webhooks",
            BOTH + IN + 'scheme = "standard-webhooks"\nheader = "X-Hook"\n',
            '[[receivers]] "in" header: expected a name that ends in signature, as "svix-signature", came "X-Hook"',
        ),
        wrong(
            "method",
            BOTH + IN + 'method = "GET"\n',
            '[[receivers]] "in" method: expected a method that has a body, came "GET"',
        ),
        wrong(
            "headers",
            BOTH + IN + 'headers = { Cookie = "a=b", Host = "x", X-Event = " x" }\n',
            ('[[receivers]] "in" headers.Cookie: carries a credential; declare a role, whose secret stands in no file'),
            '[[receivers]] "in" headers.Host: Host is sent by itself; remove it',
            '[[receivers]] "in" headers.X-Event: expected visible ASCII characters, spaces only inside',
        ),
        wrong(
            "references",
            BOTH + IN.replace('"key"', '"kez"') + 'role = "os"\n[receivers.effect]\npath = "/done"\nrole = "uss"\n',
            '[[receivers]] "in" role: no role "os"; expected "us" or "anonymous"',
            '[[receivers]] "in" effect.role: no role "uss"; did you mean "us"?',
            '[[receivers]] "in" secret: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "no-id",
            BOTH + IN + 'deduplicates = true\n[receivers.effect]\npath = "/done/{id}"\n',
            (
                '[[receivers]] "in" id_header: is missing; a message is told from its repeat by an id: in a header, or '
                "as {id} in body"
            ),
            (
                '[[receivers]] "in" effect.path: holds {id}, and no message has an id: name id_header, or write {id} '
                "in body"
            ),
        ),
        wrong(
            "statuses",
            BOTH + IN + "accepted_statuses = [300]\nrefused_statuses = [299, 500]\n",
            '[[receivers]] "in" accepted_statuses #1: expected a status of success, 200 to 299, came 300',
            '[[receivers]] "in" refused_statuses #1: expected a status of refusal, 300 to 499, came 299',
            '[[receivers]] "in" refused_statuses #2: expected a status of refusal, 300 to 499, came 500',
        ),
        wrong("twice", BOTH + IN + IN, '[[receivers]] "in" name: 2 entries have this name; expected one'),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    "more",
    [
        "accepted_statuses = [200, 299]\nrefused_statuses = [300, 499]\n",
        'id_header = "X-Id"\ndeduplicates = true\n',
        'scheme = "shopify"\ndeduplicates = true\n',
        'signed_url = "https://us.example/hook"\nheaders = { X-GitHub-Event = "ping" }\n',
    ],
)
def test_a_receiver_may_be_told_in_other_ways(folder, more):
    (folder / "ours.toml").write_text(BOTH + IN + more, encoding="utf-8")

    assert "in" == load("ours.toml", root=folder, environ={"OUR_KEY": "x" * 20}).promises.receivers[0].name
