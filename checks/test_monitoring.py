"""
The service is watched: Prometheus scrapes it, has its rules, and what fires reaches Alertmanager.

SPEC M1 and M4; https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import pytest

from prodverify.judges import alerting

pytestmark = [pytest.mark.needs("monitoring"), pytest.mark.shares("monitoring"), pytest.mark.waits]


@pytest.mark.clause("SPEC M1: up{job}")
def test_service_is_scraped(promise, scraped, promises):
    """
    Prometheus scrapes the service, and scraped it just now.
    """
    promise.holds(alerting.judge_scrape(scraped, promises.monitoring.scraped_within_seconds))


@pytest.mark.clause("SPEC M4")
def test_rules_are_loaded(promise, rule_differences, our_groups):
    """
    Prometheus has the rules of this target file's objectives, unchanged.
    """
    rules = sum(len(group["rules"]) for group in our_groups)
    promise.holds(alerting.judge_loaded(rule_differences, rules))


@pytest.mark.clause("SPEC M4")
def test_rules_are_evaluated(promise, evaluated_rules, our_groups):
    """
    Prometheus evaluates every one of these rules without error.
    """
    promise.holds(alerting.judge_health(evaluated_rules, {group["name"] for group in our_groups}))


@pytest.mark.clause("target file: monitoring.quiet")
def test_alerts_are_quiet(promise, quiet_alerts, loaded_rules, present_alerts, promises):
    """
    No alert fires that must not.
    """
    promise.holds(alerting.judge_quiet(quiet_alerts, loaded_rules, present_alerts, promises.name))


@pytest.mark.clause("SPEC M4")
def test_alertmanager_is_ready(promise, alertmanager_status):
    """
    Alertmanager is there to tell somebody.
    """
    promise.holds(alerting.judge_alertmanager(*alertmanager_status))


@pytest.mark.clause("SPEC M4")
def test_alerts_have_somewhere_to_go(promise, known_alertmanagers):
    """
    Prometheus knows an Alertmanager to send alerts to.
    """
    promise.holds(alerting.judge_delivery(known_alertmanagers))
