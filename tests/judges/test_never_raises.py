"""No judge raises, whatever comes, and no finding is longer than a person reads or than a file can hold."""

from hypothesis import given, settings
from hypothesis import strategies as st

from prodverify.judges import (
    access,
    audit,
    cache_control,
    cookies,
    csp,
    disclosure,
    document,
    framing,
    health,
    hsts,
    meta,
    nosniff,
    pointer,
    problem,
    rate_limit,
    reading,
    referrer_policy,
    request_id,
    schema,
    trace_context,
)
from prodverify.record.findings import Finding
from prodverify.target.asking import Health
from prodverify.target.promises import Audit, Errors
from prodverify.target.rate_limit import RateLimit
from tests.judges.anything import DOCUMENTS, HEADERS, VALUES, exchanges
from tests.judges.scene import NOON

ERRORS = Errors(members=("type", "title", "status", "request_id"), request_id_header="X-Request-ID")
LOG = Audit(path="/audit", role="admin")
HEALTH = Health.model_validate(
    {
        "name": "a",
        "path": "/health",
        "components": {"database": "ok"},
        "version_at": "/version",
        "answers_within_ms": 1.0,
        "schema": {
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"const": "ok", "multipleOf": 0.1}},
        },
    }
)
SCHEMA = {
    "items": {"multipleOf": 0.01, "pattern": "^a+$", "uniqueItems": True},
    "properties": {"id": {"enum": [1, "a"]}},
}


def limit(window):
    names = ("Retry-After", "X-RateLimit-Limit", "RateLimit", "X-RateLimit-Reset", "Z" * 5000)
    return RateLimit(
        requests=2, window_seconds=0.7, window=window, role="a", journey="a", headers=names, accepted_headers=names
    )


def everything(one, other, third, text, window):
    """What every judge finds."""
    promise, answers = limit(window), [one, other, third]
    for profile in ("api", "html", "redirect", "error"):
        yield from (
            *hsts.judge(one.headers, profile=profile, https=profile != "api"),
            *csp.judge_scripts(one.headers, profile=profile, meta=[text]),
            *framing.judge(one.headers, profile=profile),
            *nosniff.judge(one.headers, profile=profile),
            *referrer_policy.judge(one.headers, profile=profile, meta=text),
            *disclosure.judge(one.headers, profile=profile),
        )
    for carrier in ("authorization", "cookie"):
        yield from cache_control.judge(one, carrier=carrier)
    for session in ((), ("__Host-a", "a")):
        yield from cookies.judge(one.headers, https=bool(session), session=session)
    yield from rate_limit.judge_burst(answers, promise)
    yield from rate_limit.judge_refusal(one, promise)
    yield from rate_limit.judge_countdown(answers, promise)
    yield from problem.judge(one, ERRORS)
    yield from request_id.judge(answers, "X-Request-ID")
    yield from request_id.judge_inbound(other, one, "X-Request-ID", text, "echo")
    yield from trace_context.judge(other, one)
    yield from health.judge(one, HEALTH)
    yield from health.judge_components(one, HEALTH)
    yield from health.judge_version(one, HEALTH, expected=text)
    yield from health.judge_time(one, HEALTH)
    yield from schema.judge_answer(one, SCHEMA)
    yield from access.judge_status(one, 403, text)
    yield from access.judge_rejection(one, other)
    yield from access.judge_malformed(one)
    yield from access.judge_unharmed(one)
    yield from audit.judge_log(one, LOG)
    yield from audit.judge_filter(one, other, one, LOG, text, text)
    yield from audit.judge_secrets(one, LOG, {text: text, "other": "Q" * 10})


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    one=exchanges(),
    other=exchanges(),
    third=exchanges(),
    text=VALUES,
    window=st.sampled_from(["clock", "first_request", "continuous", "unknown"]),
)
def test_judges_only_find(one, other, third, text, window):
    for found in everything(one, other, third, text, window):
        assert isinstance(found, Finding)
        for told in found.as_dict().values():
            assert len(told) <= 450
            assert told.isprintable()
            told.encode()


@settings(derandomize=True, max_examples=300, deadline=None)
@given(headers=HEADERS, text=VALUES, value=DOCUMENTS)
def test_parsers_only_parse(headers, text, value):
    said = reading.read(headers, date=NOON, window_seconds=60.0)
    assert said.wait_seconds is None or said.wait_seconds >= 0
    assert isinstance(reading.classify(text, date=NOON), tuple)
    assert isinstance(meta.read(text), meta.Meta)
    assert isinstance(hsts.parse(text), str | hsts.Hsts)
    assert isinstance(pointer.lookup(value, text), object)
    assert all(pointer.lookup(value, place) is leaf for place, _, leaf in pointer.walk(value))


@settings(derandomize=True, max_examples=200, deadline=None)
@given(one=exchanges())
def test_documents_are_read_or_refused_with_a_reason(one):
    found = document.read(one)
    assert not isinstance(found, document.Unreadable) or found.reason


@settings(derandomize=True, max_examples=150, deadline=None)
@given(described=DOCUMENTS, value=DOCUMENTS)
def test_schemas_of_any_kind_are_applied_or_refused(described, value):
    assert all(isinstance(found, Finding) for found in schema.judge(value, described))
