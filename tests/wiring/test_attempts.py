"""What is tried without the right credential: never the right one, few in number, and each told by what it presents."""

from __future__ import annotations

import base64
import json
import tomllib

import pytest

from fixtures.attempts import FAMILIES, LONG_CHARACTERS, Attempt
from fixtures.forging import HeaderLines, Presented
from prodverify.target.model import Promises
from prodverify.target.sessions import MOST_TRIES

KEY = Presented("X-API-Key", "", "relay_4eC39HqLyjWDarjtT1zdp7dc")
BEARER = Presented("Authorization", "Bearer ", "gW8sQ2-tT1zdp7dc")
BASIC = Presented("Authorization", "Basic ", "practice-4711", "alice")
COOKIE = Presented("Cookie", "csrf=1; sid=", "4eC39HqLyjWDarjtT1zdp7dc")
EVERY = pytest.mark.parametrize("shown", [KEY, BEARER, BASIC, COOKIE], ids=["key", "bearer", "basic", "cookie"])


def promises(more: str = "") -> Promises:
    text = f'version = 1\nname = "ours"\n{more}'
    return Promises.model_validate_json(json.dumps(tomllib.loads(text)))


def attempts(shown: Presented, family: str, more: str = "") -> list[Attempt]:
    return list(FAMILIES[family].made(shown, promises(more)))


def values(shown: Presented, family: str, more: str = "") -> list[HeaderLines]:
    return [attempt.lines for attempt in attempts(shown, family, more)]


@EVERY
def test_no_attempt_presents_the_credential_as_it_was_agreed(shown: Presented) -> None:
    tried = [attempt for family in FAMILIES for attempt in attempts(shown, family)]

    assert shown.line(shown.credential) not in [attempt.lines for attempt in tried]
    assert len(tried) <= 30
    assert len({attempt.presented for attempt in tried}) == len(tried)
    assert shown.credential not in "".join(attempt.presented for attempt in tried)


def test_empty_credentials_are_told_byte_for_byte() -> None:
    assert [[("X-API-Key", "")], [("X-API-Key", "null")]] == values(KEY, "empty")
    assert ["", "Bearer", "Bearer ", "Bearer null"] == [line[0][1] for line in values(BEARER, "empty")]


def test_altered_credentials_differ_in_what_they_are_named_for() -> None:
    key = KEY.credential
    tried = attempts(KEY, "altered")
    shown = {one.presented.removeprefix("a valid credential with "): one.lines[0][1] for one in tried}

    assert key[:-1] == shown["its last character changed"][:-1]
    assert key[1:] == shown["its first character changed"][1:]
    assert key[:-1] == shown["its last character missing"]
    assert key[1:] == shown["its first character missing"]
    assert key[: len(key) // 2] == shown["its first half"]
    assert key * 2 == shown["itself twice"]
    assert key == shown["a space in its middle"].replace(" ", "")
    assert key.lower() == shown["the case of its letters turned round"].lower()
    assert key not in shown.values()


@pytest.mark.parametrize("credential", ["0123456789abcdef", "550e8400-e29b-41d4-a716-446655440000", "ABCDEF01"])
def test_hexadecimal_means_the_same_in_either_case(credential: str) -> None:
    tried = values(Presented("X-API-Key", "", credential), "altered")

    assert [] == [line for line in tried if line[0][1] != credential and line[0][1].lower() == credential.lower()]


@pytest.mark.parametrize("credential", ["a", "7", "-"])
def test_the_shortest_credential_is_altered_too(credential: str) -> None:
    tried = [lines[0][1] for lines in values(Presented("X-API-Key", "", credential), "altered")]

    assert tried
    assert credential not in [value.strip() for value in tried if value != f" {credential}"]


def test_schemes_that_some_role_presents_are_not_strange() -> None:
    bearer = '[secrets]\nk = { env = "K" }\n[roles.us]\nscheme = "bearer"\ncredential = "k"\n'
    basic = '[roles.them]\nscheme = "basic"\nusername = "us"\ncredential = "k"\n'
    bare = '[roles.bare]\nscheme = "header"\nheader = "Authorization"\ncredential = "k"\n'

    def schemes(more: str) -> list[str]:
        return [lines[0][1].replace(BEARER.credential, "").strip() for lines in values(BEARER, "scheme", more)]

    assert ["Unknown", "Basic", ""] == schemes(bearer)
    assert ["Unknown", ""] == schemes(bearer + basic)
    assert ["Unknown", "Basic"] == schemes(bearer + bare)


def test_schemes_besides_the_roles_own_are_a_promise_of_the_target() -> None:
    bearer = '[secrets]\nk = { env = "K" }\n[roles.us]\nscheme = "bearer"\ncredential = "k"\n'

    def schemes(listed: str) -> list[str]:
        more = f"{bearer}[identity]\nschemes = {listed}\n"
        return [lines[0][1].partition(" ")[0] for lines in values(BEARER, "scheme", more)][:-1]

    assert ["Unknown", "Basic", "Token"] == schemes('["Digest"]')
    assert ["Unknown", "Basic"] == schemes('["token"]')


def test_a_session_cookie_has_no_scheme() -> None:
    assert [] == attempts(COOKIE, "scheme")


def test_no_scheme_is_tried_where_none_is_taken() -> None:
    told = [one.presented for one in attempts(BEARER, "scheme", '[identity]\nschemes = [""]\n')]

    assert "no scheme" not in told
    assert "the scheme Unknown" in told


def test_cookies_that_carry_a_credential_on_purpose_are_left_out() -> None:
    session = Presented("Cookie", "csrf=1; token=", COOKIE.credential)
    [(_, in_cookies)], _ = values(session, "elsewhere")

    assert f"api_key={COOKIE.credential}; access_token={COOKIE.credential}" == in_cookies
    assert [[]] == values(BEARER, "elsewhere", "[identity]\ncookies = []\n")


def test_credentials_elsewhere_leave_their_own_place_empty() -> None:
    cookies, body = attempts(KEY, "elsewhere")

    assert ["Cookie"] == [name for name, _ in cookies.lines]
    assert f"api_key={KEY.credential}" in cookies.lines[0][1]
    assert {"api_key": KEY.credential, "access_token": KEY.credential} == body.body
    assert [] == body.lines


@EVERY
def test_long_credentials_begin_with_the_valid_one(shown: Presented) -> None:
    if shown.username:
        return
    lengths = [len(lines[0][1]) - len(shown.before) for lines in values(shown, "long")]

    assert list(LONG_CHARACTERS) == lengths
    assert all(attempt.unreadable and not attempt.raw for attempt in attempts(shown, "long"))


@pytest.mark.parametrize(
    ("shown", "holding"),
    [
        (BEARER, ["a valid credential with NUL behind it"]),
        (
            Presented("Cookie", "session=", "eyJhIjoxfQ.Zx8_kQ.4fVx0b"),
            [
                "a valid credential with a space in its middle",
                "a valid credential with a letter of UTF-8",
                "a valid credential with a byte that is no text",
                "a valid credential with NUL behind it",
            ],
        ),
        (
            Presented(
                "Authorization",
                "Bearer ",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.4fVx0bZx8_kQ",  # pragma: allowlist secret
            ),
            [
                "a valid credential with a space in its middle",
                "a valid credential with a letter of UTF-8",
                "a valid credential with a byte that is no text",
                "a valid credential with NUL behind it",
            ],
        ),
    ],
    ids=["compared", "cookie", "signed"],
)
def test_what_decoders_skip_leaves_a_decoded_credential_valid(shown: Presented, holding: list[str]) -> None:
    made = [*attempts(shown, "altered"), *attempts(shown, "garbled")]

    assert holding == [attempt.presented for attempt in made if attempt.holds_valid]


def test_an_account_is_spared_from_more_wrong_passwords_than_lock_it() -> None:
    named, counted = [], []
    for name in FAMILIES:
        for attempt in attempts(BASIC, name):
            scheme, _, pair = attempt.lines[0][1].partition(" ") if attempt.lines else ("", "", "")
            user, _, password = (
                base64.b64decode(pair).decode("latin-1").partition(":") if scheme == "Basic" else ("",) * 3
            )
            named += [attempt] if user == BASIC.username and password != BASIC.credential else []
            counted += [attempt] if attempt.counted else []

    assert named == counted
    assert MOST_TRIES == len(named)
    assert not any(attempt.counted for name in FAMILIES for attempt in attempts(KEY, name))


def test_only_what_no_library_writes_goes_out_raw() -> None:
    assert [False, False, True] == [attempt.raw for attempt in attempts(KEY, "garbled")]
    assert [False, False, True, False] == [attempt.raw for attempt in attempts(BEARER, "empty")]
    assert not any(attempt.raw for attempt in attempts(BASIC, "garbled"))
