"""Clients get a token for their secret, and the token opens what their role may have, as long as it is good."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping

import httpx
import jwt
import pytest

from fixtures.relay.clients import KEYS_PATH, TOKEN_PATH
from fixtures.relay.issuer import AUDIENCE, ISSUER, LIFETIME_SECONDS, Issuer, SigningKey, claims, new_key
from fixtures.relay.worthless import WORTHLESS_TOKENS, Making, tokens

GRANT = {"grant_type": "client_credentials"}
Token = Callable[..., httpx.Response]


@pytest.fixture
def token(wire: httpx.Client, values: Mapping[str, str]) -> Token:
    """Asks for a token, as the sown client where nothing else is said."""

    def ask(form: object = GRANT, **more: object) -> httpx.Response:
        return wire.post(TOKEN_PATH, **{"data": form, "auth": ("machine", values["machine_secret"]), **more})

    return ask


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_client_gets_a_token_that_nobody_may_keep(token: Token) -> None:
    answer = token()

    assert 200 == answer.status_code
    assert {"token_type": "Bearer", "expires_in": LIFETIME_SECONDS}.items() <= answer.json().items()
    assert "no-store" == answer.headers["cache-control"]
    assert "no-cache" == answer.headers["pragma"]


def test_anybody_can_check_a_token_by_the_public_keys(token: Token, wire: httpx.Client) -> None:
    text = token().json()["access_token"]
    keys = jwt.PyJWKSet.from_dict(wire.get(KEYS_PATH).json())
    key = keys[jwt.get_unverified_header(text)["kid"]]

    said = jwt.decode(text, key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER)

    assert ("machine", "developer") == (said["sub"], said["role"])
    assert said["iat"] <= time.time() < said["exp"] == said["iat"] + LIFETIME_SECONDS


def test_the_private_half_of_the_key_is_told_to_nobody(wire: httpx.Client) -> None:
    [key] = wire.get(KEYS_PATH).json()["keys"]

    assert {"kty", "n", "e", "alg", "use", "kid"} == set(key)


def test_a_token_opens_what_its_role_may_have(token: Token, wire: httpx.Client) -> None:
    lines = bearer(token().json()["access_token"])

    assert 200 == wire.get("/actions", headers=lines).status_code
    assert 200 == wire.get("/workspaces/current", headers=lines).status_code
    assert 403 == wire.get("/audit", headers=lines).status_code


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_case_of_the_scheme_and_spaces_behind_it_mean_nothing(
    scheme: str, token: Token, wire: httpx.Client
) -> None:
    text = token().json()["access_token"]

    assert 200 == wire.get("/actions", headers={"Authorization": f"{scheme} {text}"}).status_code


def test_a_token_counts_alone_and_in_its_own_scheme(token: Token, wire: httpx.Client) -> None:
    text = token().json()["access_token"]

    for lines in (
        [("Authorization", f"Bearer {text}"), ("Authorization", f"Bearer {text}")],
        [("Authorization", f"Bearer {text}"), ("X-API-Key", "relay_nobody")],
        [("Authorization", f"Basic {text}")],
        [("Authorization", text)],
    ):
        assert 401 == wire.get("/actions", headers=lines).status_code


@pytest.mark.parametrize("name", WORTHLESS_TOKENS)
def test_worthless_tokens_are_signed_and_open_nothing(name: str, values: Mapping[str, str], wire: httpx.Client) -> None:
    [key] = jwt.PyJWKSet.from_dict(wire.get(KEYS_PATH).json()).keys
    unlimited = {"verify_exp": False, "verify_nbf": False, "verify_aud": False, "verify_iss": False}

    assert "machine" == jwt.decode(values[name], key, algorithms=["RS256"], options=unlimited)["sub"]
    assert 401 == wire.get("/actions", headers=bearer(values[name])).status_code


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, 400, "invalid_request"),
        ({**GRANT, "x": "y" * 5000}, 400, "invalid_request"),
    ],
)
def test_what_is_no_request_for_a_token_is_refused(form: object, status: int, error: str, token: Token) -> None:
    answer = token(form)

    assert (status, {"error": error}) == (answer.status_code, answer.json())


@pytest.mark.parametrize("pair", [("machine", "wrong"), ("nobody", "wrong"), ("", ""), ("machine", "")])
def test_a_client_without_the_right_secret_gets_none(pair: tuple[str, str], token: Token, wire: httpx.Client) -> None:
    by_form = {"client_id": pair[0], "client_secret": pair[1]}

    for answer in (
        token(auth=pair),
        wire.post(TOKEN_PATH, data={**GRANT, **by_form}),
        wire.post(TOKEN_PATH, data=GRANT),
    ):
        assert (401, {"error": "invalid_client"}) == (answer.status_code, answer.json())
        assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("sent", ["Basic", "Basic %%%", "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Bearer x"])
def test_a_credential_that_cannot_be_read_is_none(sent: str, wire: httpx.Client) -> None:
    assert 401 == wire.post(TOKEN_PATH, data=GRANT, headers={"Authorization": sent}).status_code


def test_the_secret_may_stand_in_the_form(wire: httpx.Client, values: Mapping[str, str]) -> None:
    form = {**GRANT, "client_id": "machine", "client_secret": values["machine_secret"]}

    assert 200 == wire.post(TOKEN_PATH, data=form).status_code
    assert 400 == wire.post(TOKEN_PATH, json=form).status_code


def test_a_relay_that_was_told_no_key_makes_its_own() -> None:
    issuer = Issuer(None)

    said = issuer.read(issuer.issue("machine", "viewer", "w").encode())

    assert said is not None
    assert ("machine", "viewer", "w") == (said["sub"], said["role"], said["workspace"])
    assert Issuer(None).read(issuer.issue("machine", "viewer", "w").encode()) is None


@pytest.mark.parametrize("text", [b"", b"x", b"a.b.c", b"\xff.\xff.\xff", b"x" * 5000])
def test_what_is_no_token_says_nothing(text: bytes) -> None:
    assert Issuer(None).read(text) is None


def test_a_claim_that_is_missing_makes_a_token_worthless() -> None:
    issuer = Issuer(None)
    good = claims("machine", "viewer", "w", at=time.time())

    for missing in ("exp", "nbf", "iss", "aud", "sub"):
        assert issuer.read(issuer.key.signed({k: v for k, v in good.items() if k != missing}).encode()) is None


def test_the_key_of_a_stage_is_in_a_file_of_its_owner_alone(tmp_path) -> None:
    made = Making(tmp_path / "issuer.pem").tokens()

    assert 0o600 == (tmp_path / "issuer.pem").stat().st_mode & 0o777
    assert set(WORTHLESS_TOKENS) == set(made) == set(tokens(SigningKey(new_key()), claims("m", "r", "w", at=0.0)))
    assert Issuer(tmp_path / "issuer.pem").key.jwk["kid"] == jwt.get_unverified_header(made["expired_token"])["kid"]


def test_a_stage_without_a_place_for_its_key_says_so(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        Making(tmp_path / "nowhere" / "issuer.pem").tokens()
