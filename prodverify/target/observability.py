"""What is promised of logs, traces and error tracking: where what the service did can be read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from prodverify.target.section import Name, PositiveFloat, SecretName, Section

Url = Annotated[str, Field(pattern=r"^https?://", max_length=2000)]


class Store(Section):
    """Where something is read back: an address with a placeholder, and whom to ask as."""

    address: SecretName = Field(description="name of the secret that holds the address of the store: http://HOST:PORT")
    token: SecretName | None = Field(None, description="name of the secret that is its bearer token")
    within_seconds: PositiveFloat = Field(10.0, le=600, description="what was done is found there within this time")


class Logs(Section):
    """``[logs]``: one JSON line an event, with the id of its request and without anybody's secret."""

    file: str | None = Field(None, description="file that the service writes")
    embedded_file: SecretName | None = Field(None, description="name of the embedded value that is this file")
    command: tuple[str, ...] | None = Field(
        None, description="program, with its arguments, that prints the newest lines; {request_id} is replaced"
    )
    loki: Store | None = Field(None, description="Loki, asked for lines that hold the request's id")
    query: str = Field('{job=~".+"}', description="Loki's selector of the service's lines")
    endpoint: Name = Field(description="endpoint that is asked to be found")
    role: str = Field("anonymous", description="role that asks it")
    request_id_at: str = Field("request_id", description="member of a line that holds the request's id")
    members: tuple[str, ...] = Field((), description="members that the line of a request must have")
    within_seconds: PositiveFloat = Field(10.0, le=600, description="the line is there within this time")


class Traces(Section):
    """``[traces]``: a trace sent in comes out at the collector."""

    store: Store = Field(description="where traces are read back")
    path: str = Field("/api/traces/{trace_id}", pattern=r"^/.*\{trace_id\}", description="path of one trace there")
    endpoint: Name = Field(description="endpoint that is asked with a trace")
    role: str = Field("anonymous", description="role that asks it")
    spans: tuple[Literal["server", "client", "internal", "producer", "consumer"], ...] = Field(
        ("server",), min_length=1, description="kinds of spans that the trace must have"
    )
    attributes: tuple[str, ...] = Field(
        (), description="attributes of which each must stand in some span, as db.system.name or server.address"
    )


class ErrorTracker(Section):
    """``[error_tracker]``: a provoked error arrives there, grouped and without secrets."""

    store: Store = Field(description="where errors are read back")
    path: str = Field(
        pattern=r"^/.*\{(request_id|trace_id)\}",
        description="path there that finds an error by {request_id} or {trace_id}",
    )
    endpoint: Name = Field(description="endpoint that ends in an error when it is provoked")
    provoke: dict[str, str] = Field(
        {}, description="header lines that provoke it; they are sent only where [permits] says breaks"
    )
    role: str = Field("anonymous", description="role that provokes it")
    group_at: str | None = Field(None, description="pointer, in what is read back, to what groups equal errors")
