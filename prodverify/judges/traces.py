"""
A trace that a caller began comes out where traces are kept: whole, below the caller's own span, and without secrets.

W3C Trace Context section 3.2.2.4 (the parent id is the caller's span); OpenTelemetry's semantic conventions of
resources and spans; SPEC M3.
"""

from __future__ import annotations

from collections.abc import Sequence

from prodverify.judges import secrecy
from prodverify.judges.quotation import listed, quote
from prodverify.judges.spans import Span
from prodverify.judges.trace_context import TraceParent
from prodverify.record.findings import Finding, fail, info, warn
from prodverify.target.observability import Traces

CLAUSE = "SPEC M3"


def judge(spans: Sequence[Span], sent: TraceParent, traces: Traces) -> list[Finding]:
    """The trace is there, in one piece, below the span that we named as its parent, and says whose it is."""
    found: list[Finding] = []
    told, spans = len(spans), _ours(spans, sent)
    if len(spans) != told:
        # Nothing of them is quoted: they are somebody else's.
        observed = f"{told - len(spans)} of {told} spans are of another"
        step = "see that path in [traces] names one trace by {trace_id}"
        found.append(fail("trace-mixed", "spans of the trace that we sent", observed, next_step=step))
    if not spans:
        return [*found, missing(sent, traces)]
    ids = {span.span_id for span in spans}
    if not any(span.parent_id == sent.parent_id for span in spans):
        first = min(spans, key=lambda span: span.started)
        parent = f"the parent {first.parent_id}" if first.parent_id else "no parent"
        observed = f"the first of {len(spans)}, {quote(secrecy.plain(first.name), 60)}, has {parent}"
        step = "see that the caller's traceparent is taken over as it stands, and by one library alone"
        wanted = f"a span below ours, {sent.parent_id}"
        found.append(fail("trace-parent-wrong", wanted, observed, clause="W3C Trace Context 3.2.2.4", next_step=step))
    orphans = [span for span in spans if span.parent_id and span.parent_id not in ids | {sent.parent_id}]
    if orphans and len(orphans) < len(spans):
        name = quote(secrecy.plain(orphans[0].name), 60)
        observed = f"{len(orphans)} of {len(spans)} are below a span that is not there, as {name}"
        found.append(warn("trace-torn", "every span below one that is there", observed))
    odd = [span for span in spans if span.ended < span.started]
    if odd:
        observed = (
            f"{quote(secrecy.plain(odd[0].name), 60)} ends {odd[0].started - odd[0].ended:.6f} s before it starts"
        )
        found.append(fail("trace-times-odd", "spans that end after they start", observed))
    nameless = [span for span in spans if not span.service or span.service.startswith("unknown_service")]
    if nameless:
        observed = f"{quote(nameless[0].service, 60) or 'none'} at {len(nameless)} of {len(spans)} spans"
        step = "set OTEL_SERVICE_NAME"
        found.append(fail("trace-service-unnamed", "service.name in the resource", observed, next_step=step))
    return found


def judge_spans(spans: Sequence[Span], sent: TraceParent, traces: Traces) -> list[Finding]:
    """The trace has a span of each promised kind, and each promised attribute stands in one of its spans."""
    spans = _ours(spans, sent)
    if not spans:
        return [missing(sent, traces)]
    found: list[Finding] = []
    kinds = {span.kind for span in spans}
    if lacking := [kind for kind in traces.spans if kind not in kinds]:
        seen = ", ".join(f"{span.kind} {secrecy.plain(span.name)}" for span in spans)
        wanted = f"a span of kind {' and one of kind '.join(lacking)}"
        found.append(fail("trace-span-missing", wanted, f"{len(spans)} spans: {quote(seen, 160)}"))
    names = {name for span in spans for name in span.attributes}
    stated = {f"{name}={value}" for span in spans for name, value in span.attributes.items()}
    if absent := [name for name in traces.attributes if name not in names | stated]:
        alike = {one.partition("=")[0] for one in absent} & names
        told = sorted(one for one in stated if one.partition("=")[0] in alike) or sorted(names)
        observed = f"{listed(told, 160) or 'none'}"
        found.append(fail("trace-attribute-missing", f"{listed(absent, 120)} in a span", observed))
    return found


def judge_secrets(spans: Sequence[Span], sent: TraceParent, traces: Traces, forms: secrecy.Forms) -> list[Finding]:
    """No span tells a secret, in its name, its attributes, its events or its resource."""
    spans = _ours(spans, sent)
    if not spans:
        return [missing(sent, traces)]
    return secrecy.held((told for span in spans for told in span.texts), forms, rule="span-secret")


def judge_unsampled(spans: Sequence[Span]) -> list[Finding]:
    """What became of a trace whose caller did not want it kept: either is allowed, and a person may want to know."""
    wanted, clause = "a trace that is sent unsampled is kept or not", "W3C Trace Context section 3.2.2.5"
    if spans:
        return [info("trace-unsampled-kept", wanted, "it is kept all the same", clause=clause)]
    return [info("trace-unsampled-dropped", wanted, "it is not kept", clause=clause)]


def _ours(spans: Sequence[Span], sent: TraceParent) -> list[Span]:
    return [span for span in spans if span.trace_id == sent.trace_id]


def missing(sent: TraceParent, traces: Traces) -> Finding:
    """The trace did not come in time."""
    step = (
        "see that the service goes on with its caller's trace and exports it, that the collector passes it on, which "
        "share is sampled, and that path in [traces] is the store's"
    )
    wanted = f"trace {sent.trace_id} within {traces.within_seconds:g} s"
    return fail("trace-missing", wanted, "the store does not know it", next_step=step)
