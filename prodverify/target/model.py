"""The target file as one frozen value."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.asking import Asking, Endpoint, Health, Permits, Role, SecretSource
from prodverify.target.backups import Backups
from prodverify.target.cache import Cache
from prodverify.target.cookies import Cookies
from prodverify.target.cors import Cors
from prodverify.target.database import Database
from prodverify.target.database_schema import DatabaseSchema
from prodverify.target.embedded import Embedded
from prodverify.target.exposure import Exposure
from prodverify.target.load_run import Load
from prodverify.target.log_in_limit import LogInLimit
from prodverify.target.methods import Methods
from prodverify.target.migrations import Migrations, or_one
from prodverify.target.monitoring import Monitoring
from prodverify.target.objects import Object
from prodverify.target.observability import ErrorTracker, Logs, Traces
from prodverify.target.openapi import OpenApi
from prodverify.target.probing import Identity, Tokens
from prodverify.target.promises import Audit, Errors, Headers, Journey, Revocation
from prodverify.target.rate_limit import RateLimit
from prodverify.target.receivers import Receiver
from prodverify.target.recovery import Recovery
from prodverify.target.refusals import Refusals
from prodverify.target.section import Name, SecretName, Section
from prodverify.target.sessions import Sessions
from prodverify.target.slos import Slo
from prodverify.target.transport import Tls
from prodverify.target.waivers import Waiver
from prodverify.target.webhooks import Webhook


class Promises(Section):
    """Everything that one target file says. What is absent is not promised and therefore not verified."""

    version: Literal[1] = Field(description="version of this file's format")
    name: Name = Field(description="name of the target")
    base_url: str | None = Field(
        None, description="address of the service, without path; absent where it is embedded, or only data is promised"
    )
    environment: str = Field("", description="which environment this is, for people")
    owner: str = Field("", description="who answers for the service")
    permits: Permits = Field(Permits(), description="what the suite may do to it")
    asking: Asking = Field(Asking(), description="how the suite may ask")
    secrets: dict[SecretName, SecretSource] = Field({}, description="where secret values come from")
    roles: dict[Name, Role] = Field({}, description="whom the suite asks as")
    identity: Identity = Field(Identity(), description="how credentials are probed")
    tokens: tuple[Tokens, ...] = Field((), description="roles whose credentials are signed tokens")
    health: tuple[Health, ...] = Field((), description="paths that say alive, ready, version")
    endpoints: tuple[Endpoint, ...] = Field((), description="who may call what")
    journeys: tuple[Journey, ...] = Field((), description="requests that belong together")
    rate_limit: RateLimit | None = Field(None, description="how often one caller may ask")
    log_in_limit: LogInLimit | None = Field(None, description="how often one caller may fail to log in")
    headers: Headers | None = Field(None, description="security headers")
    cors: Cors | None = Field(None, description="sites whose pages may read the answers")
    tls: Tls = Field(Tls(), description="transport")
    errors: Errors | None = Field(None, description="the shape of refusals")
    refusals: Refusals | None = Field(None, description="refusals that look like answers")
    methods: Methods | None = Field(None, description="methods that nothing declares")
    exposure: Exposure | None = Field(None, description="paths that everybody tries")
    webhooks: tuple[Webhook, ...] = Field((), description="signed deliveries")
    receivers: tuple[Receiver, ...] = Field((), description="signed messages of others")
    audit: Audit | None = Field(None, description="the log of who did what")
    revocation: Revocation | None = Field(None, description="keys that are revoked")
    sessions: Sessions | None = Field(None, description="what a log-in gives and a log-out takes away")
    cookies: Cookies | None = Field(None, description="who may read what browsers keep for us")
    objects: tuple[Object, ...] = Field((), description="things that have an id and belong to somebody")
    openapi: OpenApi | None = Field(None, description="the document in which the service describes its operations")
    database: Database | None = Field(None, description="the live database")
    migrations: tuple[Migrations, ...] = Field(
        (), description="heads of the code and of the database", json_schema_extra=or_one
    )
    cache: Cache | None = Field(None, description="the cache")
    database_schema: DatabaseSchema | None = Field(
        None, alias="schema", description="the database's schema, and the way back from a migration"
    )
    backups: Backups | None = Field(None, description="backups that restore")
    recovery: Recovery | None = Field(None, description="a physical copy and archived WAL that bring the server back")
    slos: tuple[Slo, ...] = Field((), description="objectives")
    load: Load | None = Field(None, description="arrivals of a load run")
    monitoring: Monitoring | None = Field(None, description="metrics, Prometheus, Alertmanager, and the alerts there")
    logs: Logs | None = Field(None, description="where logs can be read")
    traces: Traces | None = Field(None, description="where traces can be read")
    error_tracker: ErrorTracker | None = Field(None, description="where errors are gathered")
    waivers: tuple[Waiver, ...] = Field((), description="failures that somebody answers for")
    embedded: Embedded | None = Field(None, description="started by us")
