"""What answers to signed and to forged messages say of a receiver."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import receiving
from prodverify.record.findings import Finding, Severity
from prodverify.wire.exchange import HeaderList
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules

REFUSED = (400, 401, 403)
DIGEST = bytes(range(32))
ENCODED = base64.b64encode(DIGEST).decode()


@pytest.mark.parametrize(
    ("status", "accepted", "expected"),
    [
        (200, (), {}),
        (299, (), {}),
        (202, (202,), {}),
        (200, (202,), {"receiver-refuses-valid": "fail"}),
        (300, (), {"receiver-refuses-valid": "fail"}),
        (401, (), {"receiver-refuses-valid": "fail"}),
        (429, (), {"receiver-limited": "inconclusive"}),
        (499, (), {"receiver-refuses-valid": "fail"}),
        (500, (), {"receiver-breaks": "fail"}),
    ],
)
def test_a_valid_message_is_taken(status, accepted, expected):
    assert expected == rules(receiving.judge_valid(answer(status), accepted))


def test_a_refusal_proves_nothing_where_the_clocks_differ():
    found = receiving.judge_valid(answer(401), (), clocks_differ=True)
    assert {"receiver-clocks-differ": "inconclusive"} == rules(found)
    assert [] == receiving.judge_valid(answer(200), (), clocks_differ=True)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, {"receiver-accepts-forgery": "fail"}),
        (299, {"receiver-accepts-forgery": "fail"}),
        (300, {"receiver-refusal-other": "warn"}),
        (400, {}),
        (401, {}),
        (403, {}),
        (404, {"receiver-refusal-other": "warn"}),
        (413, {"receiver-refusal-other": "warn"}),
        (422, {"receiver-refusal-other": "warn"}),
        (429, {"receiver-limited": "inconclusive"}),
        (499, {"receiver-refusal-other": "warn"}),
        (500, {"receiver-breaks": "fail"}),
        (599, {"receiver-breaks": "fail"}),
    ],
)
def test_a_forged_message_is_refused(status, expected):
    assert expected == rules(receiving.judge_forged(answer(status), "no signature", REFUSED))


def test_other_statuses_of_refusal_can_be_declared():
    assert {} == rules(receiving.judge_forged(answer(422), "no signature", (422,)))
    assert {"receiver-refusal-other": "warn"} == rules(receiving.judge_forged(answer(401), "no signature", (422,)))


def test_what_is_large_may_be_refused_for_that():
    assert [] == receiving.judge_forged(answer(413), "a megabyte", REFUSED, large=True)
    assert {"receiver-accepts-forgery": "fail"} == rules(
        receiving.judge_forged(answer(202), "a megabyte", REFUSED, large=True)
    )


def test_what_is_tolerated_weighs_less():
    found = receiving.judge_forged(answer(200), "a future", REFUSED, severity=Severity.WARN)
    assert {"receiver-accepts-forgery": "warn"} == rules(found)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (202, {}),
        (300, {"receiver-overlooks-signature": "fail"}),
        (401, {"receiver-overlooks-signature": "fail"}),
        (429, {"receiver-limited": "inconclusive"}),
        (500, {"receiver-breaks": "fail"}),
    ],
)
def test_a_right_signature_is_found_among_others(status, expected):
    assert expected == rules(receiving.judge_genuine(answer(status), "another before it", ()))


@pytest.mark.parametrize(("status", "expected"), [(200, {}), (401, {}), (499, {}), (500, {"receiver-breaks": "fail"})])
def test_an_odd_spelling_may_be_taken_or_refused(status, expected):
    assert expected == rules(receiving.judge_odd(answer(status), "capitals"))


@pytest.mark.parametrize("text", [DIGEST.hex(), DIGEST.hex().upper(), ENCODED, f"v1,{ENCODED} expected"])
def test_a_refusal_does_not_tell_the_right_signature(text):
    revealed = {"receiver-reveals-signature": "fail"}

    assert revealed == rules(receiving.judge_discretion(answer(401, {}, {"detail": text}), [DIGEST]))
    assert revealed == rules(receiving.judge_discretion(answer(401, {"X-Expected": text}), [DIGEST]))
    assert [] == receiving.judge_discretion(answer(202, {}, {"detail": text}), [DIGEST])
    assert [] == receiving.judge_discretion(answer(401, {}, {"detail": text}), [DIGEST[::-1]])


def test_what_the_request_held_itself_is_no_news():
    sent = HeaderList([("X-Signature", DIGEST.hex().upper())])
    echoed = answer(401, {}, {"detail": ENCODED}, request_headers=sent)

    assert [] == receiving.judge_discretion(echoed, [DIGEST])


def test_the_finding_does_not_quote_the_signature():
    (found,) = receiving.judge_discretion(answer(401, {}, {"detail": ENCODED}), [DIGEST])

    assert not any(form in str(found.as_dict()) for form in (ENCODED, DIGEST.hex()))


@pytest.mark.parametrize(
    ("after", "own", "expected"),
    [
        (3, True, {"receiver-effect-missing": "fail"}),
        (4, True, {}),
        (5, True, {"receiver-effect-repeated": "fail"}),
        (4, False, {}),
        (5, False, {"receiver-effect-unclear": "inconclusive"}),
        (2, False, {"receiver-effect-unclear": "inconclusive"}),
    ],
)
def test_a_message_has_one_effect(after, own, expected):
    assert expected == rules(receiving.judge_effect(3, after, own=own))


@pytest.mark.parametrize(
    ("status", "counts", "own", "expected"),
    [
        (409, (1,), True, {}),
        (202, (1, 1), True, {}),
        (202, (1, 1), False, {}),
        (202, (1, 2), True, {"receiver-acts-again": "fail"}),
        (202, (1, 2), False, {"receiver-effect-unclear": "inconclusive"}),
        (202, (1, 2, 3), False, {"receiver-acts-again": "fail"}),
        (202, (1, 2, 2), False, {"receiver-effect-unclear": "inconclusive"}),
        (202, (2, 1), True, {"receiver-effect-unclear": "inconclusive"}),
        (202, (), True, {"receiver-replay-untold": "info"}),
        (429, (1,), True, {"receiver-limited": "inconclusive"}),
        (500, (1,), True, {"receiver-breaks": "fail"}),
    ],
)
def test_a_repeat_has_no_second_effect(status, counts, own, expected):
    assert expected == rules(receiving.judge_replay(answer(status), counts, own=own))


@settings(max_examples=60)
@given(
    exchange=exchanges(),
    digests=st.lists(st.binary(min_size=1, max_size=4), max_size=3),
    counts=st.lists(st.integers(), max_size=3),
)
def test_judges_only_find(exchange, digests, counts):
    found = [
        *receiving.judge_valid(exchange, (200,)),
        *receiving.judge_forged(exchange, "x", REFUSED),
        *receiving.judge_genuine(exchange, "x", ()),
        *receiving.judge_odd(exchange, "x"),
        *receiving.judge_discretion(exchange, digests),
        *receiving.judge_replay(exchange, counts, own=False),
    ]
    assert all(isinstance(finding, Finding) for finding in found)
