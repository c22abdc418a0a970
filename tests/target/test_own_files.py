"""The target files of this repository, and their schema, are right and complete."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from prodverify.target import complaints, section, shape
from prodverify.target.load import load
from prodverify.target.model import Promises
from prodverify.target.schema import rendered, schema

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ROOT / "targets"
FILES = sorted(TARGETS.glob("*.toml"))
COMMENTED_KEY = re.compile(r"^#(?=[a-z_]+ = |\[)", re.MULTILINE)
"""How example.toml begins a key that cannot stand beside the others."""


def sections(model=Promises):
    """Every section that a target file can have, at any depth."""
    found = {model}
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            found |= sections(inner)
    return found


def _models(annotation):
    if isinstance(annotation, type) and issubclass(annotation, section.Section):
        return {annotation}
    return set().union(*(_models(inner) for inner in getattr(annotation, "__args__", ())), set())


def keys_in(value, place, whole):
    """``(section, key)`` for every key of a file that is in the models."""
    model = shape.section_at(place, whole)
    found = set()
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if model and isinstance(value, dict):
            found.add((model.__name__, key))
        if isinstance(inner, (dict, list)):
            found |= keys_in(inner, (*place, key), whole)
    return found


def promised_keys():
    return {(model.__name__, key) for model in sections() for key in shape.keys_of(model)}


def test_the_schema_in_the_repository_is_current():
    assert rendered() == (TARGETS / "target.schema.json").read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_target_file_names_the_schema_and_keeps_it(file):
    text = file.read_text()
    assert text.splitlines()[0] == "#:schema ./target.schema.json"
    assert [error.message for error in jsonschema.Draft7Validator(schema()).iter_errors(tomllib.loads(text))] == []


def test_the_schema_refuses_what_the_loader_refuses():
    jsonschema.Draft7Validator.check_schema(schema())
    wrong = {"version": 1, "name": "ours", "permits": {"write": True}}
    assert [error.path[0] for error in jsonschema.Draft7Validator(schema()).iter_errors(wrong)] == ["permits"]


def test_the_schema_explains_each_key():
    explained = json.dumps(schema(), ensure_ascii=False)
    for model in sections():
        for key, field in shape.keys_of(model).items():
            assert field.description, f"{model.__name__}.{key}"
            assert json.dumps(field.description, ensure_ascii=False) in explained


def test_the_embedded_default_loads_without_any_variable():
    target = load("local", root=ROOT, environ={})
    assert (target.name, target.base_url, target.promises.embedded is not None) == ("local", "", True)


def test_the_example_loads_with_the_variables_that_it_names():
    variables = re.findall(r'env = "(\w+)"', (TARGETS / "example.toml").read_text())
    target = load("example", root=ROOT, environ=dict.fromkeys(variables, "long-enough"))
    assert set(target.promises.secrets) == set(target.secrets)


def test_the_example_has_every_key():
    text = COMMENTED_KEY.sub("", (TARGETS / "example.toml").read_text())
    said = tomllib.loads(text)
    assert promised_keys() == keys_in(said, (), said)
    assert Promises.model_validate_json(json.dumps(said)).name == "example"


def test_the_example_explains_every_key_in_the_words_of_the_models():
    lines = (TARGETS / "example.toml").read_text().splitlines()
    explained = {
        (re.sub(r"^#?\[*([a-z_.]+\.)?|\W.*", "", line), before.removeprefix("# "))
        for before, line in itertools.pairwise(lines)
        if before.startswith("# ")
    }
    wanted = {
        (key, field.description)
        for model in sections()
        for key, field in shape.keys_of(model).items()
        if (model.__name__, key) not in {("Promises", "secrets"), ("Promises", "roles")}
    }
    assert set() == wanted - explained


def test_every_pattern_of_the_models_has_words():
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', rendered()))
    assert set(complaints.PATTERNS) == {json.loads(pattern) for pattern in patterns}
