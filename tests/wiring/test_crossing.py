"""Which origins ask which endpoints, whatever kind of service a target file describes."""

from __future__ import annotations

import json
import tomllib

import pytest

from fixtures.origins import WORD, before, crossings, foreign, readers
from prodverify.target.cors import Cors
from prodverify.target.model import Promises

OWN = "https://api.service.example"
KEY = '[secrets]\nkey = { env = "KEY" }\n'
USER = KEY + '[roles.user]\nscheme = "bearer"\ncredential = "key"\n'
VISITOR = KEY + '[roles.visitor]\nscheme = "cookie"\nlogin_path = "/in"\ncredential = "key"\n'
CLERK = KEY + '[roles.clerk]\nscheme = "basic"\nusername = "a"\ncredential = "key"\n'
ME = '[[endpoints]]\nname = "me"\npath = "/me"\nroles = { %s = 200, anonymous = 401 }\n'
LIST = '[[endpoints]]\nname = "list"\npath = "/list"\nroles = { user = 200 }\n'
OPEN = '[[endpoints]]\nname = "open"\npath = "/open"\nroles = { anonymous = 200 }\n'
MAKE = '[[endpoints]]\nname = "make"\npath = "/list"\nmethod = "POST"\nroles = { user = 201 }\n'


def described(text: str) -> Promises:
    return Promises.model_validate_json(json.dumps(tomllib.loads('version = 1\nname = "ours"\n' + text)))


def crossed(text: str) -> list[tuple[str, str, bool]]:
    return [(one.endpoint.name, one.reader, one.thorough) for one in crossings(described(text))]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (OPEN, []),
        (OPEN + "[cors]\n", [("open", "anybody", True)]),
        (MAKE + USER + "[cors]\n", []),
        (OPEN + MAKE + ME % "user" + USER + "[cors]\n", [("me", "caller", True)]),
        (LIST + ME % "user" + USER + "[cors]\n", [("me", "caller", True), ("list", "caller", False)]),
        (ME % "visitor" + VISITOR + "[cors]\n", [("me", "browser", True)]),
        (ME % "clerk" + CLERK + "[cors]\n", [("me", "browser", True)]),
        (ME % "visitor" + VISITOR + '[cors]\npublic = ["me"]\n', [("me", "anybody", True)]),
        (LIST + OPEN + USER + '[cors]\nendpoints = ["open"]\n', [("open", "anybody", True)]),
        (
            LIST + ME % "user" + USER + '[cors]\nendpoints = ["me", "list"]\n',
            [("list", "caller", True), ("me", "caller", True)],
        ),
        (
            ME % "user" + USER + '[cors]\n[asking]\nclient_certificate = "c"\nclient_key = "k"\n',
            [("me", "browser", True)],
        ),
    ],
)
def test_what_is_read_with_a_credential_is_asked_by_foreign_pages(text: str, asked: list[tuple[str, str, bool]]):
    assert asked == crossed(text)


ASKED = (
    '[[endpoints]]\nname = "asked"\npath = "/asked"\nmethod = "OPTIONS"\nprofile = "preflight"\n'
    'headers = { Origin = "https://a.example" }\n'
)
ANY = '[cors]\norigins = ["*"]\n'


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (ME % "user" + USER + "[cors]\n", None),
        (ME % "user" + USER + '[cors]\norigins = ["https://a.example"]\n', ("me", "https://a.example")),
        (ME % "visitor" + VISITOR + '[cors]\norigins = ["https://a.example"]\n', None),
        (OPEN + ANY, None),
        (OPEN + ANY + 'headers = ["X-Page"]\n', ("open", f"https://verifier-{WORD}.example")),
        (ASKED, ("asked", "https://a.example")),
    ],
)
def test_a_preflight_is_asked_for_where_browsers_ask_for_one(text: str, asked: tuple[str, str] | None):
    found = before(described(text))

    assert asked == (found and (found[0].name, dict(found[1])["Origin"]))


def test_endpoints_that_nobody_named_are_bounded():
    many = "".join(LIST.replace("list", f"list{number}") for number in range(30))

    assert 10 == len(crossed(many + USER + "[cors]\n"))


def test_a_service_that_lets_nobody_in_is_asked_by_likenesses_of_itself():
    assert foreign(OWN, Cors(), "1f") == (
        "https://verifier-1f.example",
        "null",
        "https://api.service.example.verifier.example",
        "https://verifierapi.service.example",
        "https://verifierservice.example",
        "https://apixservice.example",
        "http://api.service.example",
    )


def test_the_others_are_likenesses_of_who_is_let_in():
    assert foreign(OWN, Cors(origins=("https://app.example:8443",)), "1f") == (
        "https://verifier-1f.example",
        "null",
        "https://app.example.verifier.example",
        "https://verifierapp.example:8443",
        "https://appxexample:8443",
        "http://app.example:8443",
    )


def test_a_subdomain_of_a_domain_that_is_let_in_is_no_stranger():
    origins = foreign(OWN, Cors(origins=("https://*.service.example",)), "1f")

    assert "https://verifierservice.example" in origins
    assert "http://service.example" in origins
    assert [] == [origin for origin in origins if origin.endswith(".service.example")]


def test_what_is_for_everybody_is_asked_by_strangers_alone():
    assert ("https://verifier-1f.example", "null") == foreign(OWN, Cors(origins=("*",)), "1f")
    assert ("https://verifier-1f.example",) == readers(Cors(origins=("*",)), "1f")


def test_the_service_itself_and_addresses_without_names_have_no_likeness():
    assert foreign("http://127.0.0.1:8000", Cors(), "1f") == (
        "https://verifier-1f.example",
        "null",
        "https://127.0.0.1.verifier.example",
    )
    assert foreign("http://[::1]:8000", Cors(), "1f") == ("https://verifier-1f.example", "null")
    assert "http://localhost:8000" not in foreign("http://localhost:8000", Cors(), "1f")


def test_one_page_stands_for_every_origin_that_is_declared():
    declared = Cors(origins=("https://app.example", "https://*.partner.example"))

    assert ("https://app.example", "https://verifier.partner.example") == readers(declared, "1f")


def test_likenesses_of_many_origins_are_bounded():
    many = Cors(origins=tuple(f"https://app{number}.service.example" for number in range(40)))

    assert len(foreign(OWN, many, "1f")) <= 2 + 3 * 5
