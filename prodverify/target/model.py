"""The target file as one frozen value."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prodverify.target.asking import Asking, Endpoint, Health, Permits, Role, SecretSource
from prodverify.target.data import Backups, Database, Embedded, Load, Migrations, Slo, Waiver
from prodverify.target.promises import Audit, Errors, Headers, Journey, RateLimit, Revocation, Tls, Webhook
from prodverify.target.section import Name, SecretName, Section


class Promises(Section):
    """Everything that one target file says. What is absent is not promised and therefore not verified."""

    version: Literal[1] = Field(description="version of this file's format")
    name: Name = Field(description="name of the target")
    base_url: str | None = Field(
        None, description="address of the service, without path; absent only where it is embedded"
    )
    environment: str = Field("", description="which environment this is, for people")
    owner: str = Field("", description="who answers for the service")
    permits: Permits = Field(Permits(), description="what the suite may do to it")
    asking: Asking = Field(Asking(), description="how the suite may ask")
    secrets: dict[SecretName, SecretSource] = Field({}, description="where secret values come from")
    roles: dict[Name, Role] = Field({}, description="whom the suite asks as")
    health: tuple[Health, ...] = Field((), description="paths that say alive, ready, version")
    endpoints: tuple[Endpoint, ...] = Field((), description="who may call what")
    journeys: tuple[Journey, ...] = Field((), description="requests that belong together")
    rate_limit: RateLimit | None = Field(None, description="how often one caller may ask")
    headers: Headers | None = Field(None, description="security headers")
    tls: Tls = Field(Tls(), description="transport")
    errors: Errors | None = Field(None, description="the shape of refusals")
    webhooks: tuple[Webhook, ...] = Field((), description="signed deliveries")
    audit: Audit | None = Field(None, description="the log of who did what")
    revocation: Revocation | None = Field(None, description="keys that are revoked")
    database: Database | None = Field(None, description="the live database")
    migrations: Migrations | None = Field(None, description="heads of the code and of the database")
    backups: Backups | None = Field(None, description="backups that restore")
    slos: tuple[Slo, ...] = Field((), description="objectives")
    load: Load | None = Field(None, description="arrivals of a load run")
    waivers: tuple[Waiver, ...] = Field((), description="failures that somebody answers for")
    embedded: Embedded | None = Field(None, description="started by us")
