"""The code's revisions against those of a database: in sync, behind, ahead, diverged, half done, edited."""

import pytest

from prodverify.data.migrations.history import History, Recorded, Revision, Trouble
from prodverify.data.migrations.manner import Manner, numbered
from prodverify.judges.migrations import judge, judge_done, judge_unedited
from prodverify.record.states import state_of

LINE = History.of([Revision("a"), Revision("b", ("a",)), Revision("c", ("b",))])
FORK = History.of([Revision("a"), Revision("b", ("a",)), Revision("c", ("a",))])
MERGED = History.of([*FORK.revisions, Revision("m", ("b", "c"))])
NAMED = History.of(
    [Revision("a", labels=("one",)), Revision("x", labels=("two",)), Revision("y", ("x",), needs=("a",))]
)
HEADS = Manner("Alembic", "heads", "scripts", "alembic upgrade head", "alembic current")
RUNS = Manner("Rails", "all", "scripts", "migrate", "status", late="runs", key=numbered)
REFUSES = Manner("goose", "all", "scripts", "goose up", "goose status", late="refuses", key=numbered)
SKIPS = Manner("Drizzle", "all", "scripts", "migrate", "status", late="skips", key=numbered)
LATEST = Manner("golang-migrate", "latest", "scripts", "up", "version", late="skips", key=numbered, tells_trouble=True)
APPS = Manner(
    "Django", "all", "scripts", "migrate", "showmigrations", family=lambda name: name.partition(".")[0], bears_gaps=True
)
BEARS = Manner("Rails", "all", "scripts", "migrate", "status", key=numbered, bears_gaps=True)
UNORDERED = Manner("Knex", "all", "scripts", "knex migrate:latest", "knex migrate:list")
CHAIN = History.chain(map(Revision, ["1", "2", "9", "10"]))
SQUASHED = History.of(
    [
        Revision("shop.1", labels=("shop",)),
        Revision("shop.2", ("shop.1",), labels=("shop",)),
        Revision("shop.1_to_2", labels=("shop",), replaces=("shop.1", "shop.2")),
        Revision("shop.3", ("shop.2", "shop.1_to_2"), labels=("shop",)),
        Revision("users.1", labels=("users",)),
    ]
)
LATER = "migrations-run-later"
APPLIED = ("s.1", "u.1", "u.2", "s.2", "other.1")
ALL_APPS = {"shop.1", "shop.2", "shop.1_to_2", "shop.3", "users.1"}


def recorded(*names, means="heads", exists=True, **more):
    return Recorded(frozenset(names), "table versions", exists, means, **more)


def every(*names, **more):
    return recorded(*names, means="all", **more)


def latest(*names, **more):
    return recorded(*names, means="latest", **more)


@pytest.mark.parametrize(
    ("code", "database", "rules", "state"),
    [
        (LINE, recorded("c"), [], "pass"),
        (LINE, recorded("b"), ["migrations-pending"], "fail"),
        (LINE, recorded(), ["migrations-pending"], "fail"),
        (LINE, recorded(exists=False), ["migrations-table-missing"], "fail"),
        (LINE, recorded("z"), ["migrations-unknown-revision"], "fail"),
        (LINE, recorded("b", "z"), ["migrations-diverged"], "fail"),
        (LINE, recorded("c", "z"), ["migrations-code-behind"], "warn"),
        (LINE, recorded("b", "c"), ["migrations-stale-row"], "warn"),
        (FORK, recorded("b", "c"), ["migrations-several-heads"], "warn"),
        (FORK, recorded("b"), ["migrations-pending", "migrations-several-heads"], "fail"),
        (MERGED, recorded("m"), [], "pass"),
        (MERGED, recorded("b", "c"), ["migrations-pending"], "fail"),
        (NAMED, recorded("a", "y"), ["migrations-several-heads"], "pass"),
        (NAMED, recorded("y"), ["migrations-several-heads"], "pass"),  # y needs a, so Alembic drops the row of a
        (NAMED, recorded("x"), ["migrations-pending", "migrations-several-heads"], "fail"),
        (NAMED.restricted(["one"]), recorded("a"), [], "pass"),
        (NAMED.restricted(["two"]), recorded("a", "y"), ["migrations-several-heads"], "pass"),
        (History.of_heads(["c"]), recorded("c"), [], "pass"),
        (History.of_heads(["b", "c"]), recorded("c"), ["migrations-pending"], "fail"),
        (History.of_heads(["c"]), recorded("b"), ["migrations-unknown-revision"], "fail"),
    ],
)
def test_rows_that_are_heads_have_their_verdicts(code, database, rules, state):
    findings = judge(code, database, HEADS)

    assert rules == [finding.rule for finding in findings]
    assert state == state_of(findings)
    assert all(finding.next_step for finding in findings if finding.severity != "info")


@pytest.mark.parametrize(
    ("code", "database", "manner", "rules", "state"),
    [
        (CHAIN, every("1", "2", "9", "10"), RUNS, [], "pass"),
        (CHAIN, every("1", "2", "9"), RUNS, ["migrations-pending"], "fail"),
        (CHAIN, every("1", "9", "10"), RUNS, ["migrations-pending"], "fail"),
        (CHAIN, every("1", "9", "10"), REFUSES, ["migrations-out-of-order"], "fail"),
        (CHAIN, every("1", "9", "10"), SKIPS, ["migrations-out-of-order"], "fail"),
        (CHAIN, every("1", "9"), REFUSES, ["migrations-out-of-order", "migrations-pending"], "fail"),
        (CHAIN, every("1", "2", "9", "10", "11"), RUNS, ["migrations-code-behind"], "warn"),
        (CHAIN, every("1", "2", "3", "9", "10"), RUNS, ["migrations-code-behind"], "warn"),
        (CHAIN, every("1", "2", "9", "11"), RUNS, ["migrations-diverged"], "fail"),
        (CHAIN, every("11"), RUNS, ["migrations-unknown-revision"], "fail"),
        (CHAIN, every(), RUNS, ["migrations-pending"], "fail"),
        (CHAIN, every("1", "2", "9", "10", order=("1", "2", "9", "10")), REFUSES, [], "pass"),
        (
            CHAIN,
            every("1", "2", "9", "10", order=("1", "9", "2", "10")),
            REFUSES,
            ["migrations-applied-out-of-order"],
            "warn",
        ),
        (
            CHAIN,
            every("1", "2", "9", "10", order=("1", "9", "2", "10")),
            RUNS,
            ["migrations-applied-out-of-order"],
            "pass",
        ),
        (History.of_heads(["10"]), every("1", "2", "9", "10"), RUNS, [], "pass"),
        (History.of_heads(["10"]), every("1", "2", "9"), RUNS, ["migrations-pending"], "fail"),
        (History.of_heads(["9"]), every("1", "2", "9", "10"), RUNS, ["migrations-code-behind"], "warn"),
        (History.of_heads(["b"]), every("a", "b", "z"), UNORDERED, [], "pass"),
        (History.of_heads(["b"]), every("a", "b", "z", order="zab"), UNORDERED, [], "pass"),
        (History.of_heads(["b"]), every("a", "b", "z", order="abz"), UNORDERED, [LATER], "pass"),
        (History.of_heads("by"), every("a", "b", order="ba"), UNORDERED, ["migrations-pending", LATER], "fail"),
        (History.of_heads(["s.2", "u.1"]), every(*APPLIED, order=APPLIED), APPS, ["migrations-code-behind"], "warn"),
        (History.of_heads(["s.2", "u.2"]), every(*APPLIED, order=APPLIED), APPS, [], "pass"),
        (History.of_heads(["b", "y"]), every("a", "b", "z"), UNORDERED, ["migrations-pending"], "fail"),
        (History.of(map(Revision, "ab")), every("a", "b"), UNORDERED, [], "pass"),
        (History.of(map(Revision, "ab")), every("b"), UNORDERED, ["migrations-pending"], "fail"),
        (CHAIN, latest("10"), LATEST, [], "pass"),
        (CHAIN, latest("9"), LATEST, ["migrations-pending"], "fail"),
        (CHAIN, latest(), LATEST, ["migrations-pending"], "fail"),
        (CHAIN, latest("11"), LATEST, ["migrations-code-behind"], "warn"),
        (CHAIN, latest("5"), LATEST, ["migrations-diverged"], "fail"),
        (History.of_heads(["10"]), latest("10"), LATEST, [], "pass"),
        (History.of_heads(["10"]), latest("9"), LATEST, ["migrations-pending"], "fail"),
        (History.of_heads(["9"]), latest("10"), LATEST, ["migrations-code-behind"], "warn"),
        (CHAIN, latest("10"), RUNS, [], "pass"),  # a service that reports the newest alone
        (CHAIN, latest("10", troubles=(Trouble("failed", "10", "dirty"),)), LATEST, ["migrations-pending"], "fail"),
        (SQUASHED, every(*ALL_APPS), APPS, [], "pass"),
        (SQUASHED, every(*ALL_APPS - {"shop.1_to_2"}), APPS, [], "pass"),
        (SQUASHED, every(*ALL_APPS - {"shop.1", "shop.2"}), APPS, [], "pass"),
        (SQUASHED, every(*ALL_APPS - {"shop.2", "shop.1_to_2"}), APPS, ["migrations-pending"], "fail"),
        (SQUASHED, every(*ALL_APPS, "removed.1"), APPS, [], "pass"),
        (SQUASHED, every(*ALL_APPS, "shop.4"), APPS, ["migrations-code-behind"], "warn"),
        (SQUASHED, every(*ALL_APPS - {"users.1"}, "shop.4"), APPS, ["migrations-diverged"], "fail"),
    ],
)
def test_rows_that_are_migrations_have_their_verdicts(code, database, manner, rules, state):
    findings = judge(code, database, manner)

    assert rules == [finding.rule for finding in findings]
    assert state == state_of(findings)
    assert all(finding.next_step for finding in findings)


@pytest.mark.parametrize(
    ("names", "manner", "rules", "state"),
    [
        (("3", "5", "8", "9"), BEARS, ["migrations-script-removed"], "pass"),
        (("3", "5", "8", "9"), RUNS, ["migrations-code-behind"], "warn"),
        (("3", "8"), BEARS, ["migrations-pending", "migrations-script-removed"], "fail"),
        (("3", "8", "9", "10"), BEARS, ["migrations-code-behind", "migrations-script-removed"], "warn"),
        (("8", "8.5", "9"), BEARS, ["migrations-code-behind"], "warn"),
        # nothing shows that it is the same history
        (("3", "5"), BEARS, ["migrations-unknown-revision"], "fail"),
    ],
)
def test_rows_older_than_every_script_are_no_error_to_a_tool_that_passes_over_them(names, manner, rules, state):
    findings = judge(History.chain(map(Revision, ["8", "9"])), every(*names), manner)

    assert rules == [finding.rule for finding in findings]
    assert state == state_of(findings)
    if rules == ["migrations-script-removed"]:
        assert ["3, 5, older than all that have one (table versions)"] == [finding.observed for finding in findings]


@pytest.mark.parametrize(
    ("order", "rules"),
    [
        (("shop.1", "shop.2", "users.1", "shop.1_to_2"), ["migrations-script-removed"]),
        (("users.1", "shop.1_to_2", "shop.3"), ["migrations-code-behind"]),
        (("users.1", "shop.1", "shop.2"), ["migrations-diverged"]),
    ],
)
def test_of_an_app_the_rows_before_all_that_have_a_script_are_those_of_a_squash(order, rules):
    code = History.of([Revision("shop.1_to_2"), Revision("users.1")])

    assert rules == [finding.rule for finding in judge(code, every(*order, order=order), APPS)]


def test_two_last_migrations_of_one_app_are_told_and_those_of_two_apps_are_not():
    code = History.of([*SQUASHED.revisions, Revision("shop.4", ("shop.3",)), Revision("shop.4b", ("shop.3",))])

    (finding,) = judge(code, every(*ALL_APPS, "shop.4", "shop.4b"), APPS)

    assert ("migrations-several-heads", "one head in shop", "shop.4, shop.4b") == (
        finding.rule,
        finding.expected,
        finding.observed,
    )


def test_what_only_some_of_a_squashed_migration_lacks_is_named_and_not_the_whole():
    (finding,) = judge(SQUASHED, every("shop.1", "users.1"), APPS)

    assert "2 migrations in table versions; 2 pending: shop.2, shop.3" == finding.observed


def test_what_none_of_a_squashed_migration_has_is_the_squashed_one():
    (finding,) = judge(SQUASHED, every("users.1"), APPS)

    assert "1 migration in table versions; 2 pending: shop.1_to_2, shop.3" == finding.observed


def test_pending_revisions_are_named_in_the_order_in_which_they_run():
    (finding,) = judge(MERGED, recorded("a"), HEADS)

    assert "head a in table versions; 3 pending: b, c, m" == finding.observed
    assert "head m" == finding.expected


def test_heads_alone_are_named_and_not_counted():
    (finding,) = judge(History.of_heads(["9", "10"]), every("8", "9"), RUNS)

    assert "heads 10, 9" == finding.expected
    assert "2 migrations in table versions; the database is behind: 10" == finding.observed


def test_many_pending_revisions_are_counted_and_the_first_of_them_named():
    code = History.chain(Revision(str(number)) for number in range(1, 100))

    (finding,) = judge(code, every("1"), RUNS)

    assert "1 migration in table versions; 98 pending: 2, 3, 4, 5, 6, 7 and 92 more" == finding.observed


def test_what_is_late_is_told_from_what_is_new():
    late, pending = judge(CHAIN, every("1", "9"), REFUSES)

    assert (
        "2 migrations in table versions; 2 not applied, and older than the newest that is: goose refuses to go on"
        == (late.observed)
    )
    assert "2 migrations in table versions; 1 pending: 10" == pending.observed
    assert "older than the newest applied: 2" in judge(CHAIN, every("1", "9", "10"), RUNS)[0].observed


def test_where_histories_part_is_named():
    (finding,) = judge(CHAIN, every("1", "2", "5", "10"), RUNS)

    assert finding.observed.endswith("unknown revision 5, and 1 pending: 9; last in common 2")


def test_code_that_is_behind_breaks_the_promise_where_the_target_says_so():
    (finding,) = judge(LINE, recorded("c", "z"), HEADS, code_behind="fail")

    assert ("fail", "migrations-code-behind") == (finding.severity, finding.rule)


@pytest.mark.parametrize(
    ("kind", "rule", "state"),
    [
        ("failed", "migrations-failed", "fail"),
        ("partial", "migrations-half-applied", "fail"),
        ("locked", "migrations-locked", "fail"),
        ("running", "migrations-running", "inconclusive"),
    ],
)
def test_each_trouble_has_its_finding(kind, rule, state):
    troubles = (Trouble(kind, "7", "7 is dirty"), Trouble(kind, "8", "8 is dirty"))

    findings = judge_done(latest("7", troubles=troubles), LATEST)

    assert [rule] == [finding.rule for finding in findings]
    assert "7 is dirty, and 1 more (table versions)" == findings[0].observed
    assert state == state_of(findings)
    assert [] == judge_done(latest("7"), LATEST)


def test_an_applied_script_that_was_edited_is_named():
    code = History.chain([Revision("1", checksum="aa"), Revision("2", checksum="bb"), Revision("3")])

    def found(**checksums):
        rows = {name.removeprefix("v"): checksum for name, checksum in checksums.items()}
        return judge_unedited(code, every("1", "2", "3", checksums=rows), RUNS)

    assert [] == found(v1="AA", v2="bb", v3="cc", v4="dd")
    assert [] == found()
    (finding,) = found(v1="aa", v2="bc")
    assert "2 changed after Rails applied it (checksum in table versions)" == finding.observed
    assert "migrations-edited" == finding.rule


def test_without_a_table_nothing_is_called_whole():
    missing = every(exists=False)

    assert ["migrations-table-missing"] == [finding.rule for finding in judge_done(missing, LATEST)]
    assert ["migrations-table-missing"] == [finding.rule for finding in judge_unedited(CHAIN, missing, RUNS)]
