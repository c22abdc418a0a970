"""How we may ask: permissions, budget, timeouts, and the identities we ask as."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from prodverify.target.section import (
    JsonObject,
    Method,
    Name,
    Path,
    Pointer,
    PositiveFloat,
    PositiveInt,
    SecretName,
    Section,
    Status,
    Word,
)


class Permits(Section):
    """``[permits]``: what the suite may do to this target. Absent means no."""

    writes: bool = Field(False, description="unsafe methods may be sent, things may be created and removed again")
    bursts: bool = Field(False, description="the rate limit may be driven into refusal with its own key")
    loads: bool = Field(False, description="load runs may be started against this target")
    restores: bool = Field(False, description="backups may be read and restored into a cluster of our own")
    breaks: bool = Field(False, description="declared, bounded breakage may be caused")

    def names(self) -> tuple[str, ...]:
        """The permits that are given, in the order of the file."""
        return tuple(name for name in type(self).model_fields if getattr(self, name))


class Asking(Section):
    """``[asking]``: the budget, pace, patience and reach of one run."""

    requests: PositiveInt = Field(2000, description="requests that one run may send, all workers together")
    rate_per_second: PositiveFloat = Field(
        50.0, description="requests a second that one run may send, all workers together"
    )
    connect_timeout_seconds: PositiveFloat = Field(5.0, description="patience for one connection, TLS included")
    read_timeout_seconds: PositiveFloat = Field(10.0, description="patience between two pieces of an answer")
    deadline_seconds: PositiveFloat = Field(15.0, description="patience for one whole exchange")
    run_deadline_seconds: PositiveFloat = Field(900.0, description="no case starts later than this after the run began")
    ready_within_seconds: PositiveFloat = Field(
        30.0, description="patience for the service to become ready before the checks"
    )
    max_wire_kilobytes: PositiveInt = Field(2048, description="bytes of one answer that are read from the wire, in KiB")
    max_body_kilobytes: PositiveInt = Field(
        4096, description="bytes of one answer that are kept after decoding, in KiB"
    )
    hosts: tuple[str, ...] = Field(
        (), description="further hosts (host or host:port) that may be asked or redirected to"
    )
    application_header: str = Field(
        "", description="a response header that only the application itself sends, such as X-Request-ID"
    )
    version_header: str = Field("", description="a response header that names the version deployed, on every answer")
    headers: dict[str, str] = Field(
        {}, description='header lines of every request, as X-Forwarded-Proto = "https" where TLS ends in front'
    )
    proxy: str = Field("", description="address of an HTTP proxy to ask through")
    ca_bundle: str = Field("", description="PEM file of the authorities to trust in place of the system's")
    client_certificate: str = Field("", description="PEM file of our certificate, where the service asks for one")
    client_key: str = Field("", description="PEM file of that certificate's private key")


class SecretSource(Section):
    """One entry of ``[secrets]``: where a value comes from, never the value."""

    env: str | None = Field(None, description="environment variable that holds the value")
    file: str | None = Field(None, description="file that holds the value, readable by its owner alone (mode 0600)")
    embedded: str | None = Field(None, description="value that the embedded service makes up for itself")


class _Role(Section):
    expect: Literal["accepted", "rejected"] = Field("accepted", description="rejected: a revoked or expired credential")


class HeaderRole(_Role):
    """A credential in a header of the service's choosing."""

    scheme: Literal["header"] = Field(description="the credential travels in a header of the service's choosing")
    header: str = Field("X-API-Key", description="header that carries the credential")
    prefix: str = Field("", description='text before the credential in that header, as "Token "')
    credential: SecretName | None = Field(None, description="name of the secret")
    credentials: tuple[SecretName, ...] = Field((), description="names of several secrets that share the work")


class BearerRole(_Role):
    """A bearer token, RFC 6750."""

    scheme: Literal["bearer"] = Field(description="the credential travels as a bearer token in Authorization")
    credential: SecretName | None = Field(None, description="name of the secret")
    credentials: tuple[SecretName, ...] = Field((), description="names of several secrets that share the work")


class BasicRole(_Role):
    """User name and password, RFC 7617."""

    scheme: Literal["basic"] = Field(description="user name and password travel in Authorization")
    username: str = Field(description="user name")
    credential: SecretName = Field(description="name of the secret that holds the password")


class CookieRole(_Role):
    """A session cookie that a log-in answers with."""

    scheme: Literal["cookie"] = Field(description="user name and password are exchanged for a session cookie")
    login_path: Path = Field(description="path of the log-in")
    username_member: str = Field("username", description="member of the log-in body that holds the user name")
    password_member: str = Field("password", description="member of the log-in body that holds the password")
    username: str = Field("", description="user name; empty where the credential says it all")
    credential: SecretName = Field(description="name of the secret that holds the password")
    encoding: Literal["json", "form"] = Field("json", description="how the log-in body is written")
    session_cookie: str = Field("", description="cookie that only a successful log-in sets; absent: any cookie will do")
    csrf_member: str = Field(
        "", description="member of the log-in body that carries the anti-forgery token, and field of the log-in page"
    )
    csrf_cookie: str = Field("", description="cookie that holds that token, where no field of the log-in page does")
    csrf_header: str = Field("", description="header in which requests repeat the value of that cookie")


class OAuth2Role(_Role):
    """OAuth 2 client credentials, RFC 6749 section 4.4."""

    scheme: Literal["oauth2"] = Field(description="client id and secret are exchanged for a bearer token")
    token_url: str = Field(description="path of the token endpoint, or its address, whose host must be allowed")
    client_id: str = Field(description="client identifier")
    credential: SecretName = Field(description="name of the secret that holds the client secret")
    scope: str = Field("", description="scopes, separated by spaces")


class TokenRole(_Role):
    """A token that a log-in of the service's own answers with, in a JSON body."""

    scheme: Literal["token"] = Field(description="user name and password are exchanged for a token in a JSON body")
    login_path: Path = Field(description="path of the log-in")
    login_method: Literal["POST", "PUT"] = Field("POST", description="HTTP method of the log-in")
    username_member: str = Field("username", description="member of the log-in body that holds the user name")
    password_member: str = Field("password", description="member of the log-in body that holds the password")
    username: str = Field("", description="user name; empty where the credential says it all")
    credential: SecretName = Field(description="name of the secret that holds the password")
    login_body: JsonObject = Field({}, description="further members of the log-in body")
    encoding: Literal["json", "form"] = Field("json", description="how the log-in body is written")
    token_at: Pointer = Field("/token", description="JSON Pointer of the token in the answer")
    life_at: Pointer | None = Field(
        None, description="JSON Pointer of the seconds that the token lives; absent: until it is refused"
    )
    header: str = Field("Authorization", description="header that carries the token")
    prefix: str = Field("Bearer ", description="text before the token in that header")


Role = Annotated[
    HeaderRole | BearerRole | BasicRole | CookieRole | OAuth2Role | TokenRole, Field(discriminator="scheme")
]


class Health(Section):
    """One of ``[[health]]``: a path whose every status is the service's own answer."""

    name: Name = Field(description="name of this path in the evidence")
    path: Path = Field(description="path to ask")
    kind: Literal["health", "alive", "ready", "version"] = Field("health", description="what the path says")
    status: Status = Field(200, description="status of a healthy answer")
    role: str = Field("anonymous", description="role to ask as")
    components: dict[str, Word] = Field(
        {}, description="component, or JSON Pointer to it from components_at, and the word it reports when it is well"
    )
    components_at: Pointer = Field("/components", description="JSON Pointer of the object that holds the components")
    version_at: Pointer | None = Field(
        None, description="JSON Pointer of the version that is deployed; empty: the body is the version"
    )
    answers_within_ms: PositiveFloat | None = Field(None, description="time to answer, in milliseconds")
    text: str = Field("", description="text that the body holds")
    json_schema: JsonObject | None = Field(None, alias="schema", description="JSON Schema of the body")


HANDSHAKE = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
)
"""The header lines that open a WebSocket, with the nonce that RFC 6455 section 1.3 has as its example."""


class Endpoint(Section):
    """One of ``[[endpoints]]``: who may call it and what each role gets."""

    name: Name = Field(description="name of this endpoint in the evidence")
    method: Method = Field("GET", description="HTTP method; anything but GET, HEAD and OPTIONS needs the permit writes")
    path: Path = Field(description="path, with its query if it has one")
    profile: Literal["api", "html", "redirect", "error", "static", "preflight"] = Field(
        "api", description="kind of answer; decides which header rules apply"
    )
    roles: dict[str, Status] = Field(
        {}, description="role and the status it gets; anonymous is the role without credential"
    )
    headers: dict[str, str] = Field({}, description="header lines to send, as Accept")
    body: JsonObject | None = Field(None, description="JSON body to send")
    text: str = Field("", description="text that the body of a 2xx answer holds")
    json_schema: JsonObject | None = Field(None, alias="schema", description="JSON Schema of the body of a 2xx answer")
    malformed: tuple[JsonObject, ...] = Field((), description="bodies that must be refused with 4xx")
    fuzz: bool = Field(True, description="malformed credentials and generated queries may be sent to it")
    websocket: bool = Field(
        False,
        description="it is asked with a WebSocket handshake (RFC 6455 section 4.1), where status 101 lets a role in",
    )

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Header lines of every request to it: those declared, and what a page or file is asked for as."""
        accept = {"html": "text/html, */*;q=0.8", "static": "*/*"}.get(self.profile)
        declared = {name.lower() for name in self.headers}
        shake = HANDSHAKE if self.websocket else ()
        return (*((("Accept", accept),) if accept and "accept" not in declared else ()), *shake, *self.headers.items())
