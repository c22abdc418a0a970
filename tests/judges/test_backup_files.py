"""A backup's file is as large as usual, whole, encrypted as promised and nobody else's; or it is named what is not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.archives.facts import Facts
from prodverify.data.backups.stored import Stored
from prodverify.judges.backup_files import (
    FEWEST_BYTES,
    Earlier,
    Sizes,
    Whole,
    judge_earlier_encryption,
    judge_earlier_sizes,
    judge_encryption,
    judge_integrity,
    judge_privacy,
    judge_size,
)
from prodverify.record.findings import inconclusive
from prodverify.record.states import state_of

AT = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
FACTS = Facts(
    format="custom", codec="", compression="lz4", size_bytes=1000, sha256="a" * 64, server_version="", tool_version="",
    server_major=18, tool_major=18, database="db", encoding="UTF8", extensions=frozenset(), roles=frozenset(),
    taken_at=AT, self_checking=False, unsupported="",
)  # fmt: skip
WHOLE = Whole("db.dump", FACTS, "", "", "a" * 64, 1000, "a" * 64, 1000)


def stored(size):
    return Stored("db.dump", AT, size, False)


def judged(findings):
    return findings[-1].rule, state_of(findings).value


def sized(size, before, percent=80.0, last=3):
    return judge_size(stored(size), [stored(each) for each in before], percent, last)


@pytest.mark.parametrize(
    ("size", "rule", "state"),
    [
        (800, "backup-size", "pass"),
        (799, "backup-shrunk", "fail"),
        (10_000, "backup-size", "pass"),
        (FEWEST_BYTES, "backup-shrunk", "fail"),
        (FEWEST_BYTES - 1, "backup-empty", "fail"),
        (0, "backup-empty", "fail"),
    ],
)
def test_a_backup_that_shrank_is_told_with_both_sizes(size, rule, state):
    findings = sized(size, [900, 1000, 1100, 5, 5])
    assert (rule, state) == judged(findings)
    assert str(size) in findings[0].observed


def test_the_median_of_an_even_number_lies_between_two():
    assert "799 bytes, 79.9 % of 1000 bytes" == sized(799, [500, 900, 1100, 9000], last=4)[0].observed


def test_fewer_backups_than_the_median_takes_are_not_judged():
    findings = sized(300, [1000, 1000])
    assert ("backup-size-not-judged", "pass") == judged(findings)
    assert "300 bytes, and 2 of 3 before it to compare with: not judged" == findings[0].observed
    assert "backup-empty" == sized(3, [])[0].rule


def test_growth_is_told_in_percent():
    assert "2500 bytes, 250.0 % of 1000 bytes" == sized(2500, [1000] * 3)[0].observed


@pytest.mark.parametrize(
    ("changes", "rule", "state"),
    [
        ({}, "backup-whole", "pass"),
        ({"facts": None, "damage": "it is cut off"}, "backup-damaged", "fail"),
        ({"sha256": "b" * 64}, "backup-damaged", "fail"),
        ({"size_bytes": 999}, "backup-damaged", "fail"),
        ({"recorded": "", "recorded_bytes": None}, "backup-unchecked", "warn"),
        ({"recorded": "", "facts": replace(FACTS, self_checking=True)}, "backup-whole", "pass"),
        ({"facts": None, "scheme": "age"}, "backup-whole", "pass"),
        ({"facts": None, "scheme": "age", "recorded": ""}, "backup-unchecked", "warn"),
        ({"facts": None, "scheme": "age", "sha256": "b" * 64}, "backup-damaged", "fail"),
    ],
)
def test_a_backup_is_whole_by_what_was_recorded_or_by_its_own_checksums(changes, rule, state):
    assert (rule, state) == judged(judge_integrity(replace(WHOLE, **changes)))


def test_a_format_without_checksums_is_named():
    (finding,) = judge_integrity(replace(WHOLE, recorded=""))
    assert "custom format with lz4 has no integrity check, and no sha256 was recorded" == finding.observed


@pytest.mark.parametrize(
    ("sizes", "rule", "state"),
    [
        ({"a": (7, None)}, "backups-before-not-read", "pass"),
        ({"a": (7, 7), "b": (9, 9)}, "backups-before-not-read", "pass"),
        ({"a": (7, 7), "b": (8, 9)}, "backup-damaged", "fail"),
        ({"a": (8, 7)}, "backup-damaged", "fail"),
        ({"a": (7, None, "it is cut off"), "b": (9, 9)}, "backups-before-not-read", "warn"),
        ({"a": (7, None, "it is cut off"), "b": (8, 9)}, "backup-damaged", "fail"),
    ],
)
def test_those_before_it_are_as_large_as_was_recorded(sizes, rule, state):
    assert (rule, state) == judged(judge_earlier_sizes(sized_so(sizes)))


def sized_so(sizes, refused=()):
    return Earlier(30, {name: Sizes(*each) for name, each in sizes.items()}, dict(refused))


def test_of_those_before_it_no_more_than_their_size_was_read_and_that_is_told():
    assert [] == judge_earlier_sizes(Earlier(0, {}))
    assert ["2 of 30 have a manifest, were looked at, and are; their content was not read"] == [
        finding.observed for finding in judge_earlier_sizes(sized_so({"a": (7, 7), "b": (9, 9)}))
    ]
    assert ["1 of 2 that were looked at are not, such as b of 8 bytes, where 9 are recorded"] == [
        finding.observed for finding in judge_earlier_sizes(sized_so({"a": (7, 7), "b": (8, 9)}))
    ]


def test_a_manifest_of_one_before_it_that_cannot_be_used_is_told():
    (told, _) = judge_earlier_sizes(sized_so({"a": (7, None, "a.manifest.json is about b"), "c": (9, 9)}))

    assert ("backup-manifest-damaged", "1 cannot be used, such as that of a: a.manifest.json is about b") == (
        told.rule, told.observed,
    )  # fmt: skip


REFUSED = {"a": inconclusive("backups-unreadable", "a place", "a: 403 InvalidObjectState", next_step="bring it back")}


@pytest.mark.parametrize("judge", [judge_earlier_sizes, lambda earlier: judge_earlier_encryption(earlier, "age")])
def test_where_none_before_it_can_be_looked_at_nothing_is_proven(judge):
    (refused,) = judge(Earlier(12, {}, REFUSED))
    (gone,) = judge(Earlier(12, {}))

    assert ("backups-before-unreadable", "inconclusive") == judged([refused]) == judged([gone])
    assert "none of 12 was looked at; 1 could not be, such as a: 403 InvalidObjectState" == refused.observed
    assert ("bring it back", "repeat the run") == (refused.next_step, gone.next_step)


def test_which_before_it_could_not_be_looked_at_is_told():
    said = "; 1 could not be, such as a: 403 InvalidObjectState"
    for finding in (
        *judge_earlier_sizes(sized_so({"b": (9, 9)}, REFUSED)),
        *judge_earlier_encryption(Earlier(30, {"b": "age"}, REFUSED), "age"),
    ):
        assert finding.observed.endswith(said)


@pytest.mark.parametrize(
    ("promised", "scheme", "state"),
    [
        ("age", "age", "pass"), ("age", "gpg", "fail"), ("age", "", "fail"),
        ("gpg", "gpg", "pass"), ("gpg", "openssl", "fail"),
        ("any", "openssl", "pass"), ("any", "", "fail"),
        ("none", "", "pass"), ("none", "age", "fail"),
    ],
)  # fmt: skip
def test_a_backup_is_encrypted_as_promised_or_not(promised, scheme, state):
    findings = judge_encryption("db.dump.age", promised, scheme, "")
    assert ("backup-encryption" if state == "pass" else "backup-encryption-differs", state) == judged(findings)


@pytest.mark.parametrize(
    ("schemes", "promised", "state"),
    [
        ({"a": "age", "b": "age"}, "age", "pass"), ({"a": "age", "b": ""}, "any", "fail"),
        ({"a": "age", "b": "gpg"}, "age", "fail"), ({"a": ""}, "none", "pass"), ({"a": "age"}, "none", "fail"),
    ],
)  # fmt: skip
def test_those_before_it_are_encrypted_as_promised_too(schemes, promised, state):
    findings = judge_earlier_encryption(Earlier(30, schemes), promised)
    assert ("backup-encryption" if state == "pass" else "backup-encryption-differs", state) == judged(findings)


def test_how_many_of_those_before_it_were_looked_at_is_told():
    assert [] == judge_earlier_encryption(Earlier(0, {}), "any")
    assert ["2 of 30 were looked at, and all are"] == [
        finding.observed for finding in judge_earlier_encryption(Earlier(30, {"a": "gpg", "b": "age"}), "any")
    ]
    assert ["1 of 2 that were looked at are not, such as b.sql, which is not encrypted"] == [
        finding.observed for finding in judge_earlier_encryption(Earlier(30, {"a.age": "age", "b.sql": ""}), "age")
    ]


def test_what_the_storage_encrypts_by_itself_does_not_count():
    findings = judge_encryption("db.dump", "any", "", "AES256")
    assert ["backup-encrypted-by-storage", "backup-encryption-differs"] == [finding.rule for finding in findings]
    assert "fail" == state_of(findings)


@pytest.mark.parametrize(
    ("open_to", "private", "rule", "state"),
    [
        ((), True, "backup-private", "pass"),
        (("everybody",), False, "backup-open-to-all", "warn"),
        (("everybody",), True, "backup-open-to-all", "fail"),
    ],
)
def test_a_backup_that_everybody_can_read_is_a_warning_or_breaks_the_promise(open_to, private, rule, state):
    assert (rule, state) == judged(judge_privacy("db.dump", open_to, private, {"object_lock": "Enabled"}))


def test_how_storage_protects_it_is_told():
    (finding,) = judge_privacy("db.dump", (), False, {"object_lock": "Enabled", "versioning": "off"})
    assert "nobody else, object lock Enabled, versioning off" == finding.observed


@given(
    st.text(max_size=400), st.integers(0, 2**70), st.lists(st.integers(0, 2**70), max_size=6), st.floats(1e-9, 100),
    st.text(max_size=400), st.text(max_size=80), st.none() | st.integers(),
)  # fmt: skip
def test_nothing_makes_them_raise(name, size, before, percent, text, digest, recorded_bytes):
    newest = Stored(name, None, size, False)
    whole = Whole(name, None, text, digest, digest, size, digest[:5], recorded_bytes)
    findings = [
        *judge_size(newest, [replace(newest, size_bytes=each) for each in before], percent, 3),
        *judge_integrity(whole),
        *judge_integrity(replace(whole, damage="")),
        *judge_encryption(name, "any", digest, text),
        *judge_privacy(name, [text] * 3, False, {text: text}),
        *judge_privacy(name, [], True, {text: text}),
    ]
    for finding in findings:
        (finding.expected + finding.observed).encode()
        assert len(finding.observed) < 900
