"""
What the service counts can be read by Prometheus, and holds what objectives and alerts are computed from.

SPEC M1; https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import pytest

from prodverify.judges import metrics_page as judges

pytestmark = [pytest.mark.needs("monitoring"), pytest.mark.shares("metrics"), pytest.mark.waits]


@pytest.mark.clause("https://prometheus.io/docs/instrumenting/exposition_formats/")
def test_metrics_page_is_read(promise, metrics_page, plain_page, metrics_answer, plain_answer):
    """
    Prometheus reads the metrics page in either format, and on it every series stands once and histograms add up.
    """
    promise.holds([*judges.judge(metrics_page), *judges.judge(plain_page)], metrics_answer, plain_answer)


@pytest.mark.clause("SPEC M1")
def test_promised_series_exist(promise, metrics, promised_series):
    """
    Every promised metric is on the page.
    """
    promise.holds(judges.judge_series(metrics, promised_series))


@pytest.mark.clause("https://prometheus.io/docs/practices/histograms/")
def test_objective_can_be_measured(promise, metrics, slo_on_page):
    """
    The page has the series, labels and bucket edges that the objective is computed from.
    """
    promise.holds(judges.judge_objective(metrics, slo_on_page))


@pytest.mark.clause("https://prometheus.io/docs/practices/naming/#labels")
def test_labels_are_bounded(promise, metrics, promises):
    """
    No label has a value for every request, user or address.
    """
    promise.holds(judges.judge_labels(metrics, promises.monitoring.max_label_values))


@pytest.mark.clause("SPEC M1")
def test_metrics_tell_no_secret(promise, secrets_on_page):
    """
    Whoever may read the metrics reads no secret there.
    """
    promise.holds(judges.judge_secrets(secrets_on_page))
