"""Lines of a log: found by the request's id or not, complete or not, and nobody's secret in them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges import logs, moments, secrecy
from prodverify.record.states import state_of
from prodverify.target.observability import Logs
from prodverify.wire import disguises

NOON = 1_795_262_400.0  # 2026-11-21T12:00:00Z
REQUEST, TRACE = "7f3a9c0d1e2b4a5f", "4bf92f3577b34da6a3ce929d0e0e4736"
ASKED = logs.Asked(REQUEST, TRACE, NOON, NOON + 0.5)
TOKEN = "k3y-Of+Nobody/42"  # pragma: allowlist secret
FORMS = {"token": disguises.of(TOKEN)}


def promised(**keys):
    return Logs(endpoint="list", **keys)


def line(**members):
    return json.dumps({"request_id": REQUEST, "at": "2026-11-21T12:00:00.250Z", "level": "info", **members})


def said(findings):
    return [finding.rule for finding in findings], str(state_of(findings))


@pytest.mark.parametrize(
    ("lines", "rules", "state"),
    [
        ([line()], [], "pass"),
        ([line(request_id="another")], ["log-line-missing"], "fail"),
        ([], ["log-line-missing"], "fail"),
        ([f"GET /actions {REQUEST}"], ["log-id-elsewhere"], "fail"),
        ([line(request_id=None, id=REQUEST)], ["log-id-elsewhere"], "fail"),
        ([line(), line()], ["log-lines-many"], "fail"),
    ],
)
def test_a_request_has_its_line(lines, rules, state):
    assert (rules, state) == said(logs.judge_request(lines, ASKED, promised(lines=1)))


def test_a_request_may_leave_several_lines_where_none_says_how_many():
    assert [] == logs.judge_request([line(), line()], ASKED, promised())
    assert ["log-lines-few"] == said(logs.judge_request([line()], ASKED, promised(lines=2)))[0]


def test_a_line_is_found_by_its_trace_where_that_names_it():
    found_by = promised(found_by="trace_id", id_at="/trace/parent")
    held = line(request_id=None, trace={"parent": f"00-{TRACE}-00f067aa0ba902b7-01"})

    assert [] == logs.judge_request([held], ASKED, found_by)


@pytest.mark.parametrize(
    ("members", "rules"),
    [
        ({"status": 200, "http": {"path": "/"}}, []),
        ({"status": 200, "http": {"path": ""}}, ["log-member-missing"]),
        ({"status": 0, "http": {"path": "/"}}, []),
        ({"http": {"path": "/"}}, ["log-member-missing"]),
    ],
)
def test_the_line_has_the_members_that_were_promised(members, rules):
    assert rules == said(logs.judge_request([line(**members)], ASKED, promised(members=("status", "/http/path"))))[0]


@pytest.mark.parametrize(
    ("at", "rules"),
    [
        ("2026-11-21T11:59:55Z", []),  # five seconds before it was sent
        ("2026-11-21T11:59:54.999Z", ["log-time-off"]),
        ("2026-11-21T12:00:05.500Z", []),  # five seconds after it was answered
        ("2026-11-21T12:00:05.501Z", ["log-time-off"]),
        ("2026-11-21T13:00:00.250+01:00", []),
        ("2026-11-21T12:00:00.250123456Z", []),  # as Go writes it
        ("2026-11-21T12:00:00,250Z", []),
        ("2026-11-21 12:00:00", ["log-time-zoneless"]),
        ("2026-11-21 14:00:00", ["log-time-zoneless"]),  # of another zone, and nobody says which
        ("2026-11-21 14:00:07", ["log-time-off"]),
        (NOON, []),
        (NOON * 1e3, []),
        (NOON * 1e6, []),
        (int(NOON) * 10**9, []),
        (str(NOON), []),
        ("2026-11-21 12:00:00.250 UTC", []),  # as PostgreSQL writes it
        ("2026-11-21 13:00:00 +0100", []),  # as Ruby does
        ("now", ["log-time-unreadable"]),
        ("UTC", ["log-time-unreadable"]),
        (None, ["log-time-unreadable"]),
        (True, ["log-time-unreadable"]),
    ],
)
def test_its_time_can_be_read_and_is_ours(at, rules):
    assert rules == said(logs.judge_request([line(at=at)], ASKED, promised(time_at="/at")))[0]


def test_its_level_and_its_trace_are_there():
    kept = promised(level_at="/level", trace_id_at="/trace_id")

    assert [] == logs.judge_request([line(trace_id=TRACE)], ASKED, kept)
    assert ["log-level-missing", "log-trace-differs"] == said(logs.judge_request([line(level="")], ASKED, kept))[0]


@pytest.mark.parametrize(
    ("lines", "rules"),
    [
        ([line(), "{}"], []),
        ([line(), "Traceback (most recent call last):", '  File "a.py", line 1'], ["log-line-not-json"]),
        ([line(), "[1, 2]"], ["log-line-not-json"]),
        ([line(), '{"n": NaN}'], ["log-line-not-json"]),
        ([line(), '{"text": "\udcff"}'], ["log-line-not-json"]),  # no UTF-8
        ([line(), '{"a":' * 5000], ["log-line-not-json"]),
        ([line(text="x" * (1 << 18))], ["log-line-long"]),
        ([], ["log-unseen"]),
    ],
)
def test_every_line_is_one_object(lines, rules):
    assert rules == said(logs.judge_lines(lines))[0]


def test_no_line_of_anybody_is_quoted():
    for other in ("alice@example.org logged in", '{"person": "alice@example.org"'):
        (found,) = logs.judge_lines([line(), other])
        assert "alice" not in f"{found.expected}{found.observed}{found.next_step}"


def test_an_id_is_looked_for_as_a_whole():
    asked = logs.Asked("4711", TRACE, NOON, NOON)

    assert [] == logs.of_request([line(request_id="14711"), line(request_id="4711a")], asked, promised())
    assert 3 == len(
        logs.of_request([line(request_id=4711), line(request_id="a-4711"), line(request_id="4711")], asked, promised())
    )
    slashed = logs.Asked("host/4711", TRACE, NOON, NOON)
    assert 1 == len(logs.of_request([r'{"request_id": "host\/4711"}'], slashed, promised()))


def test_what_was_left_unread_is_told():
    note = "only the first 9 bytes were read"

    assert (["log-read-in-part"], "pass") == said(logs.judge_lines([line()], note))
    assert (["log-read-in-part"], "pass") == said(logs.judge_secrets([line()], ASKED, promised(), FORMS, note))


@pytest.mark.parametrize("form", [TOKEN, "k3y-Of%2BNobody%2F42", "azN5LU9mK05vYm9keS80Mg", TOKEN.encode().hex()])
def test_a_secret_is_found_in_whatever_form_it_stands(form):
    (found,) = logs.judge_secrets([line(), line(header=f"Bearer {form}")], ASKED, promised(), FORMS)

    assert ("log-secret", "token in line 2") == (found.rule, found.observed)
    assert form not in f"{found.expected}{found.observed}{found.next_step}"


@pytest.mark.parametrize(
    ("lines", "rules", "state"),
    [
        ([line()], [], "pass"),
        ([line(request_id="another")], ["log-line-missing"], "fail"),  # silence proves nothing
        ([line(dsn="postgresql://relay:hunter22@db/relay")], ["log-secret"], "fail"),
        ([line(token="of-somebody-else")], ["log-member-unmasked"], "warn"),
        ([line(token="***")], [], "pass"),
    ],
)
def test_a_line_tells_no_secret(lines, rules, state):
    assert (rules, state) == said(logs.judge_secrets(lines, ASKED, promised(), FORMS))


@pytest.mark.parametrize(
    ("members", "rules"),
    [
        ({"event": "authentication.failed"}, ["log-event-missing"]),
        ({"event": "refused", "status": 403}, []),
        ({"event": "refused", "status": "403"}, []),
        ({"event": "refused", "status": 401}, ["log-event-missing"]),
        ({"event": "refused", "status": 403, "request_id": "another"}, ["log-line-missing"]),
    ],
)
def test_a_refusal_leaves_the_line_that_was_promised(members, rules):
    words = {"event": "refused", "status": "403"}

    assert rules == said(logs.judge_event([line(**members)], ASKED, promised(), words))[0]


@given(st.lists(st.one_of(st.text(), st.dictionaries(st.text(), st.text()).map(json.dumps)), max_size=4), st.text())
def test_no_line_makes_a_judge_raise(lines, note):
    kept = promised(lines=1, members=("a", "/b/c"), time_at="/at", level_at="/level", trace_id_at="/t")
    for asked in (ASKED, logs.Asked("", "", 0.0, 0.0)):
        logs.judge_lines(lines, note)
        logs.judge_request(lines, asked, kept)
        logs.judge_event(lines, asked, kept, {"event": "x"})
        logs.judge_secrets(lines, asked, kept, FORMS)


@pytest.mark.parametrize("depth", [300, 600, 900])
def test_a_line_that_is_nested_deeply_makes_no_judge_raise(depth):
    nested = "[" * depth + "]" * depth
    lines = [f'{{"request_id": "{REQUEST}", "at": {nested}, "level": {nested}, "event": {nested}, "t": {nested}}}']
    kept = promised(members=("event",), time_at="/at", level_at="/level", trace_id_at="/t")

    assert state_of(logs.judge_request(lines, ASKED, kept)) in ("fail", "pass")
    logs.judge_event(lines, ASKED, kept, {"event": "x"})
    logs.judge_secrets(lines, ASKED, kept, FORMS)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.text())))
def test_anything_is_a_moment_or_none(value):
    found = moments.read(value)

    assert found is None or isinstance(found.seconds, float)


def test_only_the_first_of_many_secrets_are_told():
    forms = {f"secret {number}": (f"value-{number}",) for number in range(9)}
    found = secrecy.held([("the line", " ".join(f"value-{number}" for number in range(9)))], forms, rule="log-secret")

    assert 5 == len(found)
