"""The difference of two schemas is empty for equal ones, explains every other pair, and nothing that is ignored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.catalog.difference import LONGEST_LINE, MOST_LINES, Difference, difference
from prodverify.data.catalog.lines import line

NAMES = st.sampled_from(["users", "app.orders", '"a b"', '"x"".y"', "events_2026"])
KINDS = st.sampled_from(["table", "column", "index", "view", "policy", "trigger", "owner of", "grants on"])
DEFINITIONS = st.text(st.characters(codec="utf-8"), max_size=20)


@st.composite
def schemas(draw):
    pairs = st.tuples(KINDS, NAMES, DEFINITIONS)
    found = draw(st.dictionaries(st.tuples(KINDS, NAMES), pairs.map(lambda pair: pair[2]), max_size=12))
    return tuple(
        sorted({
            line(kind, f"{name}:" if kind.endswith((" of", " on")) else name, definition)
            for (kind, name), definition in found.items()
        })
    )  # fmt: skip


@given(schemas())
def test_equal_schemas_do_not_differ(lines):
    assert Difference() == difference(lines, lines)
    assert not difference(lines, reversed(lines))


@given(schemas(), schemas())
def test_what_differs_explains_the_other_schema(expected, found):
    told = difference(expected, found)

    assert found == told.applied(expected)
    assert len(told) <= len(expected) + len(found)


@given(st.lists(st.text(max_size=30), unique=True), st.lists(st.text(max_size=30), unique=True))
def test_lines_of_no_known_form_are_compared_as_they_are(expected, found):
    told = difference(expected, found)

    assert set(found) == set(told.applied(expected))


def test_a_difference_is_told_as_lines():
    expected = ["table a", "column a.x integer", "index i on a USING btree (x)", "table gone"]
    found = ["table a", "column a.x bigint", "index i on a USING btree (x)", "view new as SELECT 1"]

    assert [
        "- table gone",
        "+ view new as SELECT 1",
        "~ column a.x integer",
        "> column a.x bigint",
    ] == difference(expected, found).as_lines()


def test_the_evidence_of_a_difference_is_bounded():
    few = difference([f"table t{number}" for number in range(MOST_LINES)], [])
    many = difference([f"table t{number} {'x' * LONGEST_LINE}" for number in range(MOST_LINES + 2)], [])

    assert few.as_lines() == few.as_evidence()
    assert MOST_LINES + 1 == len(many.as_evidence())
    assert "... 2 more" == many.as_evidence()[-1]
    assert {LONGEST_LINE + 1} == {len(line) for line in many.as_evidence()[:-1]}


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("column t.tags text[]*", "column t.tags text[] not null"),
        ("function f(text[],integer[])*", "function f(text[],integer[]) returns text"),
        ("*?", "table what?"),
    ],
)
def test_nothing_but_a_star_is_special_in_a_pattern(pattern, line):
    assert not difference([], [line], [pattern])
    assert difference([], [line.replace("[]", "[1]").replace("?", "!")], [pattern])


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("* events_20*", ["+ table other"]),
        ("table events_2026*", ["+ owner of table events_2026: app", "+ table other"]),
        ("table*", ["+ owner of table events_2026: app"]),
        ("events_2026", ["+ owner of table events_2026: app", "+ table events_2026 partition", "+ table other"]),
        ("TABLE*", ["+ owner of table events_2026: app", "+ table events_2026 partition", "+ table other"]),
    ],
)
def test_what_a_pattern_matches_from_start_to_end_is_ignored(pattern, left):
    found = ["table events_2026 partition", "owner of table events_2026: app", "table other"]

    assert left == difference([], found, [pattern]).as_lines()


def test_what_is_ignored_is_ignored_on_both_sides():
    assert not difference(["table events_2025"], ["table events_2026"], ["table events_*"])


def test_two_lines_about_one_object_are_told_each():
    assert ["+ table a", "+ table a unlogged"] == difference([], ["table a", "table a unlogged"]).as_lines()
