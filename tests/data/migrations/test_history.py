"""What scripts say of each other makes a history, or a sentence that says why not."""

import pytest

from prodverify.data.migrations.history import BrokenHistory, History, Revision


@pytest.mark.parametrize(
    ("revisions", "complaint"),
    [
        ([Revision("a"), Revision("a")], "two scripts call themselves a"),
        ([Revision("b", ("a",))], "b follows or needs a, and no script is that revision"),
        ([Revision("a", ("b",)), Revision("b", ("a",))], "a, b follow each other in a circle"),
    ],
)
def test_scripts_that_make_no_history_are_refused(revisions, complaint):
    with pytest.raises(BrokenHistory) as caught:
        History.of(revisions)

    assert complaint == str(caught.value)


def test_a_number_that_two_scripts_have_is_refused():
    with pytest.raises(BrokenHistory, match="two scripts call themselves 1"):
        History.chain([Revision("1"), Revision("1")])


def test_a_chain_has_one_head_and_scripts_that_follow_nothing_are_all_heads():
    revisions = [Revision("1", checksum="x"), Revision("2")]

    assert {"2"} == History.chain(revisions).heads
    assert {"1": "x"} == History.chain(revisions).checksums
    assert {"1", "2"} == History.of(revisions).heads


def test_rows_that_are_heads_stand_for_all_before_them_and_other_rows_do_not():
    chain = History.chain(map(Revision, "123"))

    assert {"1", "2"} == chain.applied({"2"}, "heads")
    assert {"1", "2"} == chain.applied({"2"}, "latest")
    assert {"2"} == chain.applied({"2"}, "all")


def test_what_replaces_others_is_applied_once_all_of_them_are():
    code = History.of([Revision("1"), Revision("2"), Revision("12", replaces=("1", "2")), Revision("3")])

    assert {"1", "2", "12"} == code.applied({"1", "2"}, "all")
    assert {"1"} == code.applied({"1"}, "all")
    assert {"1", "2", "12"} == code.applied({"12"}, "all")


def test_a_branch_is_its_heads_and_all_that_they_need():
    code = History.of(
        [
            Revision("a", labels=("one",)),
            Revision("b", ("a",)),
            Revision("x", labels=("two",), needs=("a",)),
            Revision("z", labels=("three",)),
        ]
    )

    assert {"a", "x"} == code.restricted(["two"]).known
    assert {"a", "b", "z"} == code.restricted(["one", "three"]).known
    assert {"one", "two", "three"} == code.labels
