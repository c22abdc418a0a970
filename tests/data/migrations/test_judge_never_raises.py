"""Whatever scripts and tables say, the judges answer; and only what agrees is in sync."""

from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision, Trouble
from prodverify.data.migrations.tools import TOOLS
from prodverify.judges.migrations import judge, judge_done, judge_unedited

NAMES = st.one_of(
    st.sampled_from(["1", "2", "03", "10", "1.2", "a.1", "a.2", "b.1", "٣", "9" * 200]), st.text(min_size=1, max_size=5)
)
REVISIONS = st.lists(
    st.builds(
        Revision,
        identifier=NAMES,
        parents=st.lists(NAMES, max_size=2).map(tuple),
        labels=st.lists(NAMES, max_size=1).map(tuple),
        checksum=st.sampled_from(["", "aa", "BB"]),
        replaces=st.lists(NAMES, max_size=2).map(tuple),
    ),
    max_size=6,
)


@st.composite
def histories(draw):
    revisions = draw(REVISIONS)
    make = draw(st.sampled_from([History.of, History.chain, History.of_heads]))
    try:
        return make(each.identifier for each in revisions) if make == History.of_heads else make(revisions)
    except BrokenHistory:
        return History.of(Revision(name) for name in dict.fromkeys(each.identifier for each in revisions))


RECORDED = st.builds(
    Recorded,
    applied=st.frozensets(NAMES, max_size=6),
    source=st.just("table versions"),
    table_exists=st.booleans(),
    means=st.sampled_from(["heads", "all", "latest"]),
    checksums=st.dictionaries(NAMES, st.sampled_from(["", "AA", "bb", "cc"])),
    troubles=st.lists(
        st.builds(Trouble, st.sampled_from(["failed", "partial", "locked", "running"]), NAMES, st.text(max_size=300)),
        max_size=3,
    ).map(tuple),
    order=st.lists(NAMES, max_size=6).map(tuple),
)
MANNERS = st.sampled_from([tool.manner for tool in TOOLS.values()])


@given(histories(), RECORDED, MANNERS, st.sampled_from(["warn", "fail"]))
def test_every_input_has_an_answer_that_can_be_printed(code, database, manner, code_behind):
    findings = [
        *judge(code, database, manner, code_behind=code_behind),
        *judge_done(database, manner),
        *judge_unedited(code, database, manner),
    ]

    for finding in findings:
        assert len(finding.observed) < 2000
        f"{finding.expected} {finding.observed} {finding.next_step}".encode()


@given(histories(), RECORDED, MANNERS)
def test_what_is_in_sync_has_the_same_on_both_sides(code, database, manner):
    if judge(code, database, manner) or database.means != "all" or not code.complete:
        return

    replaced = code.stood_for() | {each.identifier for each in code.revisions if each.replaces}
    families = {manner.family(name) for name in code.known} if manner.family else None
    counted = {name for name in database.applied if families is None or manner.family(name) in families}
    assert code.known - replaced == counted - replaced


@given(histories(), MANNERS)
def test_a_database_that_recorded_all_of_the_code_is_in_sync(code, manner):
    recorded = Recorded(code.known, "table versions", means="all")

    assert not [finding for finding in judge(code, recorded, manner) if finding.severity == "fail"]
