"""Rules of ``[monitoring]``: references, and keys that mean nothing without another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodverify.target.addresses import wrong_path
from prodverify.target.slos import Slo
from prodverify.target.wording import Complaint, Place, came

if TYPE_CHECKING:
    from prodverify.target.model import Promises
    from prodverify.target.monitoring import Monitoring

SECRETS = ("prometheus", "prometheus_token", "alertmanager", "alertmanager_token")
"""Keys that name a secret."""
_MEANS = {
    "metrics_role": "metrics",
    "series": "metrics",
    "max_label_values": "metrics",
    "prometheus_token": "prometheus",
    "alertmanager_token": "alertmanager",
    "rules_loaded": "prometheus",
    "quiet": "prometheus",
    "scraped_within_seconds": "prometheus",
}
"""Keys that say how another one is judged or asked, and mean nothing without it."""


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What this section cannot mean, references by name apart."""
    declared = promises.monitoring
    if declared is None:
        return
    for key, needed in _MEANS.items():
        if getattr(declared, key) and key in declared.model_fields_set and getattr(declared, needed) is None:
            yield Complaint(("monitoring", key), f"means nothing without {needed}; remove it, or add that")
    if declared.metrics is not None:
        yield from _page(declared.metrics, promises)
    if declared.rules_loaded and not any(map(_measured, promises.slos)):
        text = "expected an objective that has rules; add slos.metrics to one, or leave this key out"
        yield Complaint(("monitoring", "rules_loaded"), text)
    if declared.scraped_within_seconds and "scraped_within_seconds" in declared.model_fields_set and not declared.job:
        yield Complaint(("monitoring", "scraped_within_seconds"), "is about job, which is missing")
    for key in ("series", "quiet"):
        yield from _once(key, getattr(declared, key))
    yield from _job(declared)


def roles_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of this section that names a role, and the name."""
    if promises.monitoring:
        yield ("monitoring", "metrics_role"), promises.monitoring.metrics_role


def secrets_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of this section that names a secret, and the name."""
    if promises.monitoring:
        for key in SECRETS:
            if (named := getattr(promises.monitoring, key)) is not None:
                yield ("monitoring", key), named


def _page(path: str, promises: Promises) -> Iterator[Complaint]:
    if not (promises.base_url or promises.embedded):
        yield Complaint(("monitoring", "metrics"), "means nothing without base_url, whose path it is")
    if wrong := wrong_path(path):
        yield Complaint(("monitoring", "metrics"), wrong)


def _once(key: str, names: tuple[str, ...]) -> Iterator[Complaint]:
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Complaint(("monitoring", key, number), f"names {came(name)} a second time")


def _job(declared: Monitoring) -> Iterator[Complaint]:
    if declared.job is not None and not declared.job.strip():
        yield Complaint(("monitoring", "job"), 'expected the name of a job, as in up{job="..."}')


def _measured(slo: Slo) -> bool:
    # As prodverify.monitoring.sli says it; a target file knows nothing of what is made of it.
    metrics = slo.metrics
    return metrics is not None and bool(metrics.durations or (metrics.requests and slo.kind == "success"))
