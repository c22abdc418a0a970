"""Credentials that must open nothing are never the one that opens."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.forging import Presented, of_the_same_shape
from fixtures.generated import EXAMPLES, Generator


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


def test_malformed_credentials_are_few_and_never_valid() -> None:
    seen: list[str] = []

    Generator(None).credentials("practice_key_0001", seen.append)

    assert 0 < len(seen) <= EXAMPLES
    assert "practice_key_0001" not in seen
    assert "" not in seen


def test_a_gate_tries_the_same_values_each_time_and_a_canary_those_of_its_seed() -> None:
    def drawn(seed: int | None) -> list[str]:
        seen: list[str] = []
        Generator(seed).credentials("practice_key_0001", seen.append)
        return seen

    assert drawn(None) == drawn(None)
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_the_trouble_of_one_value_ends_the_generation() -> None:
    seen: list[str] = []

    def verify(variant: str) -> None:
        seen.append(variant)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        Generator(None).credentials("practice_key_0001", verify)

    assert 1 == len(seen)
