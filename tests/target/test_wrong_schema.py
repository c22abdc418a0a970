"""Mistakes in ``[schema]``: each one complaint that says what was expected."""

import pytest

from tests.target.wrong_files import BOTH, wrong

DATABASE = '[database]\ndsn = "key"\n'
SCRATCH = '[schema.scratch]\nupgrade = ["tool", "up"]\ndowngrade = ["tool", "down"]\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "no-database",
            BOTH + '[schema]\nsnapshot = "schema.txt"\n',
            "[database] dsn: is missing; [schema] speaks of its schema",
        ),
        wrong(
            "no-such-key",
            BOTH + DATABASE + '[schema]\nsnapshott = "schema.txt"\n',
            '[schema] snapshott: no such key; did you mean "snapshot"?',
        ),
        wrong(
            "everything-ignored",
            BOTH + DATABASE + '[schema]\nsnapshot = "a"\n[[schema.ignore]]\nlines = "* *"\nreason = "noise"\n',
            "[schema] ignore #1.lines: would ignore every line; expected a pattern, as 'table events_20*'",
        ),
        wrong(
            "no-command",
            BOTH + DATABASE + '[schema.scratch]\nupgrade = []\ndowngrade = ["tool", "down"]\n',
            '[schema] scratch.upgrade: expected a command, as ["alembic", "upgrade", "head"]',
        ),
        wrong(
            "a-variable-that-is-none",
            BOTH + DATABASE + SCRATCH + 'dsn_env = "DATABASE-URL"\n',
            '[schema] scratch.dsn_env: expected the name of a variable, came "DATABASE-URL"',
        ),
        wrong(
            "a-scheme-that-is-none",
            BOTH + DATABASE + SCRATCH + 'dsn_scheme = "postgresql://"\n',
            '[schema] scratch.dsn_scheme: expected what stands before "://", as "postgresql+psycopg", came "postgresql://"',
        ),
        wrong(
            "too-many-rows",
            BOTH + DATABASE + SCRATCH + "rows = 100001\n",
            "[schema] scratch.rows: expected at most 100000, came 100001",
        ),
    ],
)
def test_a_mistake_about_the_schema_is_told_in_one_sentence(complaints_about, content, complaints):
    assert complaints == complaints_about(content)
