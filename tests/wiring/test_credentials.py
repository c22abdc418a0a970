"""Credentials that must open nothing are never the one that opens."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.forging import Presented, another, hexadecimal, of_the_same_shape

ALPHABETS = st.sampled_from(["abcdef0123456789", "ABCDEF0123456789", "abcdefXYZ0189_-", "äß~!"])


@settings(derandomize=True, max_examples=200, database=None)
@given(st.text("abcdefXYZ0189_-", min_size=8, max_size=60))
def test_a_stranger_has_the_shape_of_a_key_and_is_never_the_key(key: str) -> None:
    stranger = of_the_same_shape(key)

    assert key != stranger
    assert len(key) == len(stranger) or not any(map(str.isalnum, key))


@pytest.mark.parametrize(
    ("key", "prefix"),
    [
        ("practice_4eC39HqLyjWDarjtT1zdp7dc", "practice_"),
        ("relay_Zm9v_YmFyYmF6_", "relay_"),
        ("0123456789abcdef", ""),
    ],
)
def test_a_stranger_keeps_what_names_the_kind_of_a_key(key: str, prefix: str) -> None:
    stranger = of_the_same_shape(key)

    assert stranger.startswith(prefix)
    assert stranger[len(prefix) :] != key[len(prefix) :]


def test_a_password_travels_with_its_user_name() -> None:
    shown = Presented("Authorization", "Basic ", "practice-4711", "alice")

    [(header, value)] = shown.line("practice-4712")

    assert "Authorization" == header
    assert b"alice:practice-4712" == base64.b64decode(value.removeprefix("Basic "))


@settings(derandomize=True, max_examples=200, database=None)
@given(ALPHABETS.flatmap(lambda alphabet: st.text(alphabet, min_size=1, max_size=40)))
def test_another_character_is_another_whatever_the_alphabet(key: str) -> None:
    changed = another(key[0], key)

    assert changed != key[0]
    assert changed.lower() != key[0].lower()
    assert 1 == len(changed)
    assert changed.isascii()


@settings(derandomize=True, max_examples=200, database=None)
@given(st.binary(min_size=1, max_size=40))
def test_another_last_character_means_other_bytes_in_base64(data: bytes) -> None:
    text = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    changed = text[:-1] + another(text[-1], "-" + text)

    assert data != base64.urlsafe_b64decode(changed + "=" * (-len(changed) % 4))


@pytest.mark.parametrize(
    ("credential", "expected"),
    [("0f", True), ("0F", True), ("0-f", True), ("0fF", False), ("sk_0f", False), ("0g", False)],
)
def test_hexadecimal_is_of_one_case(credential: str, expected: bool) -> None:
    assert expected == hexadecimal(credential)
