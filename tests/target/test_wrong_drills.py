"""Mistakes in ``[backups.drill]``: each one complaint that says what was expected."""

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import KEY, TOP, wrong

PLACE = TOP + '[backups]\ndirectory = "kept"\n'
DATABASE = PLACE.replace("[backups]", KEY + '[database]\ndsn = "key"\n[backups]')
QUERY = '[[backups.drill.queries]]\nname = "q"\nsql = "SELECT 1"\n'
SLICE = '[[backups.drill.slices]]\ntable = "t"\ncolumn = "at"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "unknown-mode",
            PLACE + '[backups.drill]\ncompare = ["manifest", "achive"]\n',
            '[backups] drill.compare #2: expected "manifest", "archive" or "live", came "achive"; '
            'did you mean "archive"?',
        ),
        wrong(
            "mode-twice",
            PLACE + '[backups.drill]\ncompare = ["archive", "archive"]\n',
            '[backups] drill.compare #2: names "archive" a second time',
        ),
        wrong(
            "live-without-slices",
            DATABASE + '[backups.drill]\ncompare = ["live"]\n',
            '[backups] drill.slices: is missing; compare says "live", and a whole table is never compared so',
        ),
        wrong(
            "slices-without-database",
            PLACE + SLICE,
            "[backups] drill.slices: needs [database]: old rows are read in the live database that it names",
        ),
        wrong(
            "slice-of-no-table",
            DATABASE + SLICE.replace('"t"', '"t; DROP"'),
            '[backups] drill.slices #1.table: expected table or schema.table, came "t; DROP"',
        ),
        wrong(
            "negative-margin",
            DATABASE + SLICE + "before_seconds = -1.0\n",
            "[backups] drill.slices #1.before_seconds: expected at least 0, came -1.0",
        ),
        wrong(
            "expects-nothing",
            PLACE + QUERY,
            "[backups] drill.queries.q.expect: is missing; expected expect, min_rows or max_age_seconds",
        ),
        wrong(
            "query-twice",
            PLACE + 2 * (QUERY + "expect = 1\n"),
            "[backups] drill.queries.q.name: 2 queries have this name; expected one",
        ),
        wrong(
            "empty-query",
            PLACE + QUERY.replace("SELECT 1", " ; ") + "expect = 1\n",
            "[backups] drill.queries.q.sql: is empty; expected one statement that reads",
        ),
        wrong(
            "no-such-key",
            PLACE + '[backups.drill]\nidentity = "nothing"\n',
            "[backups] drill.identity: names no secret of [secrets]; there are none",
        ),
        wrong(
            "no-jobs",
            PLACE + "[backups.drill]\njobs = 0\n",
            "[backups] drill.jobs: expected more than 0, came 0",
        ),
        wrong(
            "misspelt",
            PLACE + '[backups.drill]\namchek = "off"\n',
            '[backups] drill.amchek: no such key; did you mean "amcheck"?',
        ),
    ],
)
def test_it_is_told(complaints_about, content, complaints):
    assert complaints == complaints_about(content)


def test_what_is_right_is_taken(folder):
    (folder / "ours.toml").write_text(
        DATABASE + '[backups.drill]\ncompare = ["live"]\nidentity = "key"\n' + SLICE + QUERY + "expect = true\n"
    )
    drill = load(str(folder / "ours.toml"), root=folder, environ={"OUR_KEY": "12345678"}).promises.backups.drill

    assert (("live",), "true", 3600.0) == (drill.compare, drill.queries[0].expect, drill.slices[0].before_seconds)
