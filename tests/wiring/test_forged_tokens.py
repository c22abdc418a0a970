"""Forged tokens are exactly what careless readers believe, by the word of a library that reads tokens carefully."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from fixtures import public_keys, published_key
from fixtures.forged_tokens import FORGERIES, UPRIGHT, Token, calling, confused
from tests.judges.anything import DOCUMENTS

KEY = rsa.generate_private_key(65537, 2048)
PUBLIC = KEY.public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
JWK = json.loads(RSAAlgorithm.to_jwk(PUBLIC)) | {"kid": "ours"}
CLAIMS = {"sub": "machine", "role": "viewer"}
VALID = jwt.encode(CLAIMS, KEY, algorithm="RS256", headers={"kid": "ours"})


def token() -> Token:
    found = Token.of(VALID)
    assert found is not None
    return found


def careful(text: str) -> dict[str, Any]:
    return jwt.decode(text, PUBLIC, algorithms=["RS256"])


def unverified(text: str) -> dict[str, Any]:
    return jwt.decode(text, options={"verify_signature": False})


def test_a_careful_reader_believes_the_valid_token_and_none_of_the_forged() -> None:
    forged = [text for forge in FORGERIES.values() for _, text in forge(token())]
    forged += [text for _, text in confused(token(), [JWK])]

    assert CLAIMS == careful(VALID)
    assert len(set(forged)) == len(forged)
    for text in forged:
        with pytest.raises(jwt.InvalidTokenError):
            careful(text)


def test_forged_tokens_are_told_apart() -> None:
    told = [words for forge in FORGERIES.values() for words, _ in forge(token())]

    assert len(set(told)) == len(told)
    assert all(len(words) <= 60 for words in told)


def test_an_unsigned_token_says_so_in_three_ways() -> None:
    texts = [text for _, text in FORGERIES["unsigned"](token())]

    assert ["none", "None", "NONE"] == [jwt.get_unverified_header(text)["alg"] for text in texts]
    assert all(text.endswith(".") and text.count(".") == 2 for text in texts)
    assert all(CLAIMS == unverified(text) for text in texts)


def test_an_altered_signature_means_other_bytes() -> None:
    [(_, text)] = FORGERIES["altered"](token())
    ours, theirs = (public_keys.decoded(whole.rpartition(".")[2]) for whole in (VALID, text))

    assert VALID.rpartition(".")[0] == text.rpartition(".")[0]
    assert 1 == sum(one != other for one, other in zip(ours, theirs, strict=True))


def test_edited_claims_stand_under_the_old_signature() -> None:
    [(_, text)] = FORGERIES["edited"](token())

    assert {**CLAIMS, **UPRIGHT} == unverified(text)
    assert VALID.rpartition(".")[2] == text.rpartition(".")[2]


def hs256(text: str, key: bytes) -> bool:
    signed, _, signature = text.rpartition(".")
    return hmac.digest(key, signed.encode(), hashlib.sha256) == public_keys.decoded(signature)


def test_a_confused_reader_believes_whoever_has_the_public_key() -> None:
    whole, cut = (text for _, text in confused(token(), [{**JWK, "kid": "another"}, JWK]))

    assert hs256(whole, PEM)
    assert hs256(cut, PEM.rstrip())
    assert {"alg": "HS256", "kid": "ours", "typ": "JWT"} == jwt.get_unverified_header(whole)
    assert CLAIMS == unverified(whole)


def test_a_token_that_names_no_key_is_confused_with_the_first() -> None:
    unnamed = Token.of(jwt.encode(CLAIMS, KEY, algorithm="RS256"))
    assert unnamed is not None
    whole, _ = (text for _, text in confused(unnamed, [JWK]))

    assert hs256(whole, PEM)


def test_a_traversing_token_is_signed_with_nothing() -> None:
    texts = [text for _, text in FORGERIES["traversing"](token())]

    assert all(jwt.get_unverified_header(text)["kid"].endswith("/dev/null") for text in texts)
    assert all(hs256(text, b"") for text in texts)


def test_a_token_that_brings_its_key_is_believed_by_whoever_takes_it_from_there() -> None:
    texts = [text for _, text in FORGERIES["embedded"](token())]

    assert [published_key.KEY_ID, "ours"] == [jwt.get_unverified_header(text)["kid"] for text in texts]
    for text in texts:
        head = jwt.get_unverified_header(text)
        assert CLAIMS == jwt.decode(text, jwt.PyJWK.from_dict(head["jwk"]), algorithms=["RS256"])
        assert (head["kid"], False) == (head["jwk"]["kid"], "d" in head["jwk"])


def called() -> list[tuple[str, str]]:
    places = iter(f"http://127.0.0.1:1/{number}" for number in range(9))
    return list(calling(token(), lambda: next(places)))


def test_a_token_that_names_our_address_is_believed_by_whoever_takes_the_key_from_there() -> None:
    ours = {key.key_id: key for key in jwt.PyJWKSet.from_dict(dict(published_key.jwks())).keys}

    for _, text in called():
        head = jwt.get_unverified_header(text)
        assert CLAIMS == jwt.decode(text, ours[head["kid"]], algorithms=[head["alg"]])
        with pytest.raises(jwt.InvalidTokenError):
            careful(text)


def test_each_such_token_names_an_address_of_its_own() -> None:
    heads = [jwt.get_unverified_header(text) for _, text in called()]

    assert ["RS256", "HS256", "RS256"] == [head["alg"] for head in heads]
    assert ["http://127.0.0.1:1/0", "http://127.0.0.1:1/1", None] == [head.get("jku") for head in heads]
    assert [None, None, "http://127.0.0.1:1/2"] == [head.get("x5u") for head in heads]
    assert all("d" not in key for key in published_key.jwks()["keys"])


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "..", "e30.e30.", ".e30.x", "W10.e30.x", "e30.MQ.x", f"{VALID}.x"]
)
def test_what_is_no_signed_token_is_not_forged_upon(text: str) -> None:
    assert Token.of(text) is None


def test_a_token_is_no_text_that_could_be_printed() -> None:
    assert VALID.rpartition(".")[2] not in repr(token())


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
def test_rsa_keys_are_written_as_a_library_writes_them(bits: int) -> None:
    key = rsa.generate_private_key(65537, bits).public_key()

    assert key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() == public_keys.pem(
        json.loads(RSAAlgorithm.to_jwk(key))
    )


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_ec_keys_are_written_as_a_library_writes_them(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve).public_key()

    assert key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() == public_keys.pem(
        json.loads(ECAlgorithm.to_jwk(key))
    )


@pytest.mark.parametrize(
    "jwk",
    [{}, {"kty": "oct", "k": "AA"}, {"kty": "RSA", "n": 1, "e": "AQAB"}, {"kty": "EC", "crv": "P-1", "x": "", "y": ""}],
)
def test_other_keys_are_left_out(jwk: Mapping[str, Any]) -> None:
    assert "" == public_keys.pem(jwk)
    assert [JWK] == public_keys.keys({"keys": [jwk, JWK, 7]})


@settings(derandomize=True, max_examples=200, deadline=None)
@given(DOCUMENTS, st.text(max_size=40))
def test_any_document_of_keys_and_any_text_is_read(document: Any, text: str) -> None:
    assert isinstance(public_keys.keys(document), list)
    assert isinstance(public_keys.keys({"keys": [document, {"kty": "RSA", "n": text, "e": document}]}), list)
    assert isinstance(Token.of(text), Token | None)
