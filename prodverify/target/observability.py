"""What is promised of logs, traces and error tracking: where what the service did can be read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.section import Name, Pointer, PositiveFloat, PositiveInt, SecretName, Section, Word


class Store(Section):
    """Where something is read back over HTTP, and as whom. The store may be asked because it is named here."""

    address: SecretName = Field(
        description="name of the secret that holds the store's address: http://USER:PASSWORD@HOST:PORT/path"
    )
    token: SecretName | None = Field(None, description="name of the secret that is the store's bearer token")
    headers: dict[str, str] = Field(
        {}, description='further header lines for the store, as X-Scope-OrgID = "shop"; none of them secret'
    )


class Loki(Store):
    """``logs.loki``: logs are read out of Loki, or out of what speaks as it does."""

    query: str = Field(description='what selects the lines of the service, as {app="shop"}')


class Events(Section):
    """``logs.events``: what is logged beside each request. Each is a line's members, or JSON Pointers, and its words."""

    unauthenticated: dict[str, Word] = Field(
        {}, description="a line that a request with a wrong credential leaves, with what its members say"
    )
    forbidden: dict[str, Word] = Field(
        {}, description="a line that a request leaves whose role may not, with what its members say"
    )
    log_in: dict[str, Word] = Field(
        {}, description="a line that a log-in with a wrong password leaves, with what its members say"
    )
    answered: dict[str, Word] = Field(
        {}, description="a line that a request to endpoint leaves, as one of who read what, with what its members say"
    )


class Logs(Section):
    """``[logs]``: one JSON line an event, with the id of its request and without anybody's secret."""

    file: str | None = Field(
        None, description="file that the service writes; an embedded service has one of its own where nothing is said"
    )
    command: tuple[str, ...] = Field(
        (),
        description="program, with its arguments, that prints the newest lines; {request_id} and {since}, in Unix "
        "seconds, are replaced",
    )
    command_deadline_seconds: PositiveFloat = Field(
        10.0, le=600, description="time after which the program is ended, with all that it started"
    )
    loki: Loki | None = Field(None, description="Loki, in the place of file and command")
    endpoint: Name = Field(description="endpoint that is asked, and found in the logs")
    role: str = Field("anonymous", description="role that asks it, and gets 2xx")
    found_by: Literal["request_id", "trace_id"] = Field(
        "request_id", description="what names a request in the logs: its own id, or that of its trace"
    )
    id_at: Pointer = Field("/request_id", description="JSON Pointer of that id in a line")
    request_id_header: str = Field(
        "X-Request-ID", description="header by which we name a request; where the answer says another id, that counts"
    )
    lines: PositiveInt | None = Field(
        None, description="lines with all members that one request leaves, where that is promised; absent: at least one"
    )
    members: tuple[str, ...] = Field(
        (), description="members, or JSON Pointers to them, that the line of a request has, and that are not empty"
    )
    time_at: Pointer | None = Field(
        None, description="JSON Pointer of a line's time: ISO 8601, or seconds, ms, us or ns since 1970"
    )
    max_clock_skew_seconds: PositiveFloat = Field(
        5.0, description="by how much that time may differ from our clock, beside the time that the request took"
    )
    level_at: Pointer | None = Field(None, description="JSON Pointer of a line's level")
    trace_id_at: Pointer | None = Field(None, description="JSON Pointer of the id of the trace that the request is of")
    planted_in: tuple[Literal["header", "credential", "query", "body", "password"], ...] = Field(
        ("header", "credential", "query", "body"),
        description="where a made-up secret is sent on purpose, to see that no line repeats it; a password goes to the log-in",
    )
    events: Events = Field(Events(), description="what is logged of who was refused, and of who read what")
    within_seconds: PositiveFloat = Field(10.0, le=600, description="time after which the lines of a request are there")


class Traces(Store):
    """``[traces]``: a trace sent in comes out at the collector. Tempo's, Jaeger's and OTLP's JSON are recognised."""

    path: str = Field(
        "/api/traces/{trace_id}",
        description="path of one trace there, behind the address' own, as /api/v2/traces/{trace_id}",
    )
    endpoint: Name = Field(description="endpoint that is asked with a trace")
    role: str = Field("anonymous", description="role that asks it, and gets 2xx")
    spans: tuple[Literal["server", "client", "internal", "producer", "consumer"], ...] = Field(
        ("server",), min_length=1, description="kinds of spans that the trace must have"
    )
    attributes: tuple[str, ...] = Field(
        (), description="attributes of which each must stand in some span, as http.route, or db.system.name=redis"
    )
    within_seconds: PositiveFloat = Field(10.0, le=600, description="time after which the trace is there")


class ErrorTracker(Store):
    """``[error_tracker]``: a provoked error arrives there, grouped and without secrets."""

    path: str = Field(
        description="path of the newest errors there, behind the address' own; {request_id} and {trace_id} are replaced"
    )
    found_by: Literal["request_id", "trace_id"] = Field(
        "request_id", description="what names a request in its error, which is told from others by it"
    )
    endpoint: Name = Field(description="endpoint that ends in an error when it is provoked")
    role: str = Field("anonymous", description="role that provokes it")
    provoke: dict[str, str] = Field(
        {}, description="header lines that provoke an error of the service; it needs the permit breaks"
    )
    provoke_other: dict[str, str] = Field(
        {}, description="header lines that provoke an error of another kind, which belongs into another group"
    )
    request_id_header: str = Field(
        "X-Request-ID", description="header by which we name the request; where the answer says another id, that counts"
    )
    errors_at: Pointer = Field(
        "", description="JSON Pointer of the list of errors that were found, or of the one; empty: the whole answer"
    )
    group_at: Pointer | None = Field(None, description="JSON Pointer, in one error, of what groups equal errors")
    members: tuple[str, ...] = Field(
        (), description="members, or JSON Pointers to them, that each error has, as /event/release"
    )
    local_variables: bool = Field(False, description="errors may hold the local variables of the code")
    within_seconds: PositiveFloat = Field(10.0, le=600, description="time after which the error is there")
