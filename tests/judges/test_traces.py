"""Traces as stores tell them: Tempo's, OTLP's and Jaeger's JSON read alike, and judged beside what was sent."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given

from prodverify.judges import spans, traces
from prodverify.judges.trace_context import TraceParent
from prodverify.record.states import state_of
from prodverify.target.observability import Traces
from tests.judges.anything import DOCUMENTS

TRACE, CALLER, SERVER, CLIENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "0a" * 8, "0b" * 8
SENT = TraceParent("00", TRACE, CALLER, True)
PROMISED = Traces(address="tempo", endpoint="list", spans=("server", "client"), attributes=("http.route",))


def hexadecimal(text):
    return text


def in_base64(text):
    return base64.b64encode(bytes.fromhex(text)).decode()


def otlp(
    *,
    identity=hexadecimal,
    groups="resourceSpans",
    kind=2,
    parent=CALLER,
    ended=1_500,
    service="relay",
    route="/actions",
):
    def attributes(**values):
        return [{"key": key.replace("_", "."), "value": {"stringValue": value}} for key, value in values.items()]

    def span(span_id, parent_id, name, kind, **values):
        return {
            "traceId": identity(TRACE),
            "spanId": identity(span_id),
            "parentSpanId": identity(parent_id) if parent_id else "",
            "name": name,
            "kind": kind,
            "startTimeUnixNano": "1000",
            "endTimeUnixNano": str(ended),
            "attributes": attributes(**values),
            "events": [{"name": "exception", "attributes": attributes(exception_message="no such key")}],
        }

    written = [
        span(SERVER, parent, "GET /actions", kind, http_route=route),
        span(CLIENT, SERVER, "select", "SPAN_KIND_CLIENT", db_system="postgresql"),
    ]
    resource = {"attributes": attributes(service_name=service)} if service else {}
    return {groups: [{"resource": resource, "scopeSpans": [{"spans": written}]}]}


def of_another():
    (group,) = otlp(kind="SPAN_KIND_PRODUCER")["resourceSpans"]
    for span in group["scopeSpans"][0]["spans"]:
        attributes = [{"key": "person", "value": {"stringValue": "alice"}}]
        span.update(traceId="2" * 32, name="hello alice", attributes=attributes)
    return [group]


def jaeger(*, parent=CALLER):
    def span(span_id, parent_id, name, **tags):
        return {
            "traceID": TRACE,
            "spanID": span_id.lstrip("0"),  # as older versions write it
            "operationName": name,
            "references": [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": parent_id}] if parent_id else [],
            "startTime": 1_000_000,
            "duration": 500,
            "tags": [{"key": key.replace("_", "."), "type": "string", "value": value} for key, value in tags.items()],
            "logs": [{"timestamp": 1, "fields": [{"key": "event", "value": "no such key"}]}],
            "processID": "p1",
        }

    written = [
        span(SERVER, parent, "GET /actions", span_kind="server", http_route="/actions"),
        span(CLIENT, SERVER, "select", span_kind="client", db_system="postgresql"),
    ]
    process = {"serviceName": "relay", "tags": [{"key": "host.name", "value": "a"}]}
    return {"data": [{"traceID": TRACE, "spans": written, "processes": {"p1": process}}], "errors": None}


def judged(document, sent=SENT, promised=PROMISED):
    found = spans.parse(document)
    findings = [*traces.judge(found, sent, promised), *traces.judge_spans(found, sent, promised)]
    return [finding.rule for finding in findings], str(state_of(findings))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(otlp(), id="otlp"),
        pytest.param(otlp(groups="batches", kind="SPAN_KIND_SERVER"), id="tempo"),
        pytest.param(otlp(groups="batches", identity=in_base64), id="tempo-in-base64"),
        pytest.param({"trace": otlp(identity=in_base64), "metrics": {}}, id="tempo-second-api"),
        pytest.param({"result": otlp()}, id="jaeger-third-api"),
        pytest.param(jaeger(), id="jaeger"),
    ],
)
def test_a_trace_is_read_in_each_form(document):
    server, client = spans.parse(document)

    assert (TRACE, SERVER, CALLER, "server", "relay") == (
        server.trace_id,
        server.span_id,
        server.parent_id,
        server.kind,
        server.service,
    )
    assert ("client", SERVER, "postgresql") == (client.kind, client.parent_id, client.attributes["db.system"])
    assert any("no such key" in text for _, text in client.texts)
    assert ([], "pass") == judged(document)


@pytest.mark.parametrize("document", [{"data": None, "errors": [{"code": 404}]}, {"data": []}, {}, {"batches": []}])
def test_a_trace_that_is_not_there_yet_has_no_spans(document):
    assert () == spans.parse(document)


@pytest.mark.parametrize(
    "document",
    [[], "text", None, {"streams": []}, {"batches": [{"scopeSpans": [{"spans": [{"traceId": "?"}]}]}]}, {"data": [7]}],
)
def test_what_is_no_trace_is_said_to_be_none(document):
    with pytest.raises(spans.NoTrace):
        spans.parse(document)


@pytest.mark.parametrize(
    ("document", "rules"),
    [
        (otlp(parent=SERVER[::-1]), ["trace-parent-wrong", "trace-torn"]),
        (otlp(parent=""), ["trace-parent-wrong"]),
        (otlp(ended=1_000), []),
        (otlp(ended=999), ["trace-times-odd"]),
        (otlp(service=""), ["trace-service-unnamed"]),
        (otlp(service="unknown_service:python"), ["trace-service-unnamed"]),
        (otlp(kind="SPAN_KIND_INTERNAL"), ["trace-span-missing"]),
        ({"batches": []}, ["trace-missing", "trace-missing"]),
    ],
)
def test_a_trace_comes_out_as_it_went_in(document, rules):
    assert rules == judged(document)[0]


def test_a_trace_has_the_attributes_that_were_promised():
    lacking = Traces(address="tempo", endpoint="list", attributes=("http.route", "server.address"))

    assert (["trace-attribute-missing"], "fail") == judged(otlp(), promised=lacking)


@pytest.mark.parametrize(("stated", "rules"), [("postgresql", []), ("redis", ["trace-attribute-missing"])])
def test_an_attribute_may_have_a_promised_value(stated, rules):
    promised = Traces(address="tempo", endpoint="list", attributes=("http.route", f"db.system={stated}"))
    found = traces.judge_spans(spans.parse(otlp()), SENT, promised)

    assert rules == [one.rule for one in found]
    assert all("db.system=postgresql" == one.observed for one in found)


def test_spans_of_another_trace_are_told():
    other = TraceParent("00", "1" * 32, CALLER, True)

    assert ["trace-mixed", "trace-missing", "trace-missing"] == judged(otlp(), other)[0]
    assert ["trace-missing"] == [one.rule for one in traces.judge_secrets(spans.parse(otlp()), other, PROMISED, {})]


def test_spans_of_another_trace_prove_nothing_and_are_not_quoted():
    mixed = otlp()
    mixed["resourceSpans"] += of_another()
    lacking = Traces(address="tempo", endpoint="list", spans=("producer",), attributes=("person",))
    found = spans.parse(mixed)
    findings = [*traces.judge(found, SENT, lacking), *traces.judge_spans(found, SENT, lacking)]

    assert ["trace-mixed", "trace-span-missing", "trace-attribute-missing"] == [one.rule for one in findings]
    assert not any("alice" in f"{one.observed}{one.expected}" for one in findings)


def test_a_place_that_is_a_secret_itself_is_not_told():
    document = otlp()
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] = "GET /?key=s3cret-value"
    (found, *_) = traces.judge_secrets(spans.parse(document), SENT, PROMISED, {"admin_key": ("s3cret-value",)})

    assert ("span-secret", "admin_key in a name that tells a secret") == (found.rule, found.observed.partition(",")[0])


def test_a_span_that_is_called_by_a_secret_is_not_called_so():
    document = otlp(parent="", kind=1, ended=999)
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        span["name"] = "connect postgresql://relay:hunter22@db"
    found = spans.parse(document)
    told = [*traces.judge(found, SENT, PROMISED), *traces.judge_spans(found, SENT, PROMISED)]

    assert ["trace-parent-wrong", "trace-times-odd", "trace-span-missing"] == [one.rule for one in told]
    assert not any("hunter22" in one.observed for one in told)


def test_a_secret_in_any_text_of_a_span_is_found():
    for document in (otlp(route="/actions?key=s3cret-value"), otlp(service="s3cret-value")):
        (found, *_) = traces.judge_secrets(spans.parse(document), SENT, PROMISED, {"admin_key": ("s3cret-value",)})

        assert "span-secret" == found.rule
        assert "s3cret-value" not in found.observed


def test_no_spans_hold_no_proof():
    assert ["trace-missing"] == [one.rule for one in traces.judge_secrets((), SENT, PROMISED, {})]


@pytest.mark.parametrize("depth", [300, 600, 900])
def test_a_value_that_is_nested_deeply_is_read_or_is_no_trace(depth):
    document, value = otlp(), []
    for _ in range(depth):
        value = [value]
    document["resourceSpans"][0]["resource"]["attributes"].append({"key": "deep", "value": {"arrayValue": value}})
    with suppress(spans.NoTrace):
        assert 2 == len(spans.parse(document))


@given(DOCUMENTS)
def test_no_document_makes_reading_raise_anything_else(document):
    for whole in (document, {"batches": document}, {"data": document}, {"batches": [document]}, {"data": [document]}):
        try:
            found = spans.parse(whole)
        except spans.NoTrace:
            continue
        traces.judge(found, SENT, PROMISED)
        traces.judge_spans(found, SENT, PROMISED)
