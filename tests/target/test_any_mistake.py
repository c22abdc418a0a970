"""Whatever a person gets wrong in a target file, the answer is a complaint: no traceback, and no secret in it."""

from __future__ import annotations

import copy
import functools
import json
import tomllib
from pathlib import Path

import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodverify.target.load import TargetError, load

ROOT = Path(__file__).resolve().parents[2]
LOCAL = tomllib.loads((ROOT / "targets" / "local.toml").read_text())
SECRET = "s3cret-of-ours-4711"
VALUES = st.sampled_from([None, True, -1, 0, 1.5, 10**9, "", "x", "/", "über", SECRET, [], ["x"], [[]], {}, {"x": 1}])


def places(value, place=()):
    """Every place in a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*place, key)
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*place, key))


PLACES = sorted(places(LOCAL), key=repr)
IN_SECRETS = [
    place for place in PLACES if place[0] == "secrets" or "credential" in place or place[-1] in ("dsn", "secret")
]


def replaced(said, place, value):
    """The same with one value replaced, or taken away where it is None; unchanged where the place is gone."""
    holder = said
    for part in place[:-1]:
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError):
            return said
    if isinstance(holder, (dict, list)) and (isinstance(holder, dict) or place[-1] < len(holder)):
        if value is None:
            del holder[place[-1]]
        else:
            holder[place[-1]] = value
    return said


@functools.cache
def section(name, value):
    return tomlkit.dumps({name: json.loads(value)})


def written(said):
    """The text of a target file, of which most is the same each time; what is no table has to come first."""
    sections = [section(name, json.dumps(value)) for name, value in said.items()]
    return "\n".join(sorted(sections, key=lambda text: text.startswith("[")))


def outcome(said, folder):
    """What is said about a file; empty where it is right."""
    file = folder / "ours.toml"
    file.write_text(written(said))
    try:
        load(str(file), root=ROOT, environ={})
    except TargetError as wrong:
        said_of_file = wrong.complaints
    else:
        return ""
    assert said_of_file
    assert all(complaint.startswith(f"{file}: ") for complaint in said_of_file)
    return "\n".join(said_of_file)


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=4))
def test_any_mistakes_are_complained_about_or_harmless(tmp_path, mistakes):
    said = copy.deepcopy(LOCAL)
    for place, value in mistakes:
        try:
            said = replaced(said, place, value)
        except (KeyError, TypeError):
            continue
    outcome(said, tmp_path)


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(IN_SECRETS))
def test_a_secret_written_where_its_name_belongs_is_not_repeated(tmp_path, place):
    for secret in (SECRET, SECRET.replace("-", "_")):
        assert secret not in outcome(replaced(copy.deepcopy(LOCAL), place, secret), tmp_path)
