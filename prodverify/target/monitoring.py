"""What is promised of monitoring: the metrics page, Prometheus, Alertmanager, and the alerts that stand there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from prodverify.target.section import Name, Path, PositiveFloat, PositiveInt, SecretName, Section
from prodverify.target.slos import FEWEST_SECONDS, LabelName, MetricName


class Resources(Section):
    """``monitoring.resources``: names of series by which plain alerts and dashboards tell of what the service stands on."""

    rate_limit_breaches: MetricName | None = Field(
        None, description="counter of requests that the rate limiter refused"
    )
    pool_in_use: MetricName | None = Field(None, description="gauge of database connections at work")
    pool_size: MetricName | None = Field(None, description="gauge of database connections that there may be")
    cache_up: MetricName | None = Field(None, description="gauge that is 1 while the cache answers")
    disk_used_bytes: MetricName | None = Field(None, description="gauge of used bytes of the disk")
    disk_size_bytes: MetricName | None = Field(None, description="gauge of bytes of the disk")
    replication_lag_seconds: MetricName | None = Field(
        None, description="gauge of seconds by which replicas are behind"
    )
    memory_bytes: MetricName | None = Field(None, description="gauge of memory of the process")
    cpu_seconds: MetricName | None = Field(None, description="counter of processor seconds of the process")
    started_seconds: MetricName | None = Field(None, description="gauge of the moment when the process began")
    query_durations: MetricName | None = Field(None, description="histogram of database queries, in seconds")
    labels: dict[str, dict[LabelName, str]] = Field(
        {},
        description="labels of series that another job tells, by key, as disk_used_bytes and disk_size_bytes of a node"
        " exporter; absent: job",
    )


class Monitoring(Section):
    """``[monitoring]``."""

    metrics: Path | None = Field(None, description="path of the metrics page; absent: it is not looked at")
    metrics_role: str = Field("anonymous", description="role that may read it")
    series: tuple[MetricName, ...] = Field(
        (), description="metrics that must stand on it, by the names of their families"
    )
    max_label_values: PositiveInt = Field(
        100, description="different values that a label of one metric may have; more is a label without bound"
    )
    job: str | None = Field(None, description='Prometheus\' job of the service, as in up{job="..."}')
    prometheus: SecretName | None = Field(
        None, description="name of the secret that holds Prometheus' address: http://USER:PASSWORD@HOST:PORT/path"
    )
    prometheus_token: SecretName | None = Field(None, description="name of the secret that is its bearer token")
    alertmanager: SecretName | None = Field(None, description="name of the secret that holds Alertmanager's address")
    alertmanager_token: SecretName | None = Field(None, description="name of the secret that is its bearer token")
    headers: dict[str, str] = Field(
        {}, description='header lines of questions to both, as X-Scope-OrgID = "tenant" of Mimir'
    )
    rules_loaded: bool = Field(
        False, description="Prometheus has loaded the rules of this file's objectives, unchanged"
    )
    quiet: tuple[Annotated[str, Field(pattern=r"^[a-zA-Z0-9_*]+$")], ...] = Field(
        (), description="alerts that must not fire, by name; * stands for any letters"
    )
    scraped_within_seconds: PositiveFloat = Field(
        120.0, description="age of the newest value that Prometheus has, at most"
    )
    runbooks: str | None = Field(
        None, pattern=r"^https?://", description="address of the folder in which alerts' runbooks are"
    )
    resources: Resources = Field(Resources(), description="series of what the service stands on")
    breach_seconds: PositiveInt = Field(
        300,
        ge=FEWEST_SECONDS,
        description="seconds for which a plain alert's condition must hold, unless the rule says otherwise",
    )
    service_label: dict[LabelName, str] = Field({}, description="further labels of every alert, for routing")
    slack_channel: str | None = Field(None, pattern=r"^#", description="channel of the routing example")
    team: Name | None = Field(None, description="who gets the alerts, in the routing example")
