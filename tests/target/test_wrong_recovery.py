"""Mistakes in ``[recovery]``: each one complaint that says what was expected."""

import pytest

from tests.target.wrong_files import TOP, wrong

RECOVERY = TOP + '[recovery]\ndatabase = "app"\n'
COPIES = RECOVERY + 'copies = "base"\n'
STANZA = '[recovery.pgbackrest]\nstanza = "main"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "no-source",
            RECOVERY,
            "[recovery] copies: is missing; expected a folder of physical copies, or [recovery.pgbackrest]",
        ),
        wrong(
            "two-sources",
            COPIES + STANZA,
            "[recovery] copies: means nothing beside [recovery.pgbackrest]; remove one of the two",
        ),
        wrong(
            "no-database",
            TOP + '[recovery]\ncopies = "base"\n',
            "[recovery] database: is missing; expected the database of the copy that is read back",
        ),
        wrong(
            "no-zone",
            COPIES + 'recover_to = "2026-11-21 09:00:00"\n',
            '[recovery] recover_to: expected a moment with its zone, as "2026-11-21T09:00:00Z"',
        ),
        wrong(
            "two-moments",
            COPIES + 'recover_to = "2026-11-21T09:00:00Z"\nrecover_to_seconds_ago = 60\n',
            "[recovery] recover_to_seconds_ago: means nothing beside recover_to; remove one of the two",
        ),
        wrong(
            "a-point-and-an-age",
            COPIES + "recover_to_seconds_ago = 60\nmax_age_seconds = 60\n",
            "[recovery] max_age_seconds: is the age of the end of the WAL, and recover_to stops before it; "
            "declare it in a target of its own",
        ),
        wrong(
            "slower-than-nothing",
            COPIES + "slower_percent = 50.0\nlast_drills = 3\n",
            "[recovery] slower_percent: needs rto_seconds: how long a recovery takes is judged where it is promised",
        ),
        wrong(
            "a-median-of-nothing",
            COPIES + "rto_seconds = 60.0\nlast_drills = 3\n",
            "[recovery] last_drills: means nothing without slower_percent",
        ),
        wrong(
            "a-query-without-expectation",
            COPIES + '[[recovery.queries]]\nname = "q"\nsql = " ; "\n',
            "[recovery] queries.q.expect: is missing; expected expect, min_rows or max_age_seconds",
            "[recovery] queries.q.sql: is empty; expected one statement that reads",
        ),
        wrong(
            "no-stanza",
            RECOVERY + '[recovery.pgbackrest]\nconfig = "x"\n',
            "[recovery] pgbackrest.stanza: is missing; expected the name of the stanza",
        ),
    ],
)
def test_a_mistake_about_recovery_is_told_in_one_sentence(complaints_about, content, complaints):
    assert complaints == complaints_about(content)
