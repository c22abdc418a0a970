"""Mistakes in ``[monitoring]``: each one complaint that says what was expected."""

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import BOTH, KEY, SLO, TOP, wrong

WATCHED = '[monitoring]\nmetrics = "/metrics"\njob = "ours"\nprometheus = "key"\n'
MEASURED = '[slos.metrics]\nrequests = "answers_total"\n'
ERRORS = '[[slos]]\nname = "errors"\nkind = "success"\nobjective_percent = 99\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "no-such-secret",
            BOTH + '[monitoring]\nprometheus = "kee"\n',
            '[monitoring] prometheus: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "address-instead-of-a-secret",
            BOTH + '[monitoring]\nprometheus = "http://us:hush-hush@prometheus.example"\n',
            "[monitoring] prometheus: expected the name of a secret in [secrets], came other text",
        ),
        wrong(
            "no-such-role",
            BOTH + '[monitoring]\nmetrics = "/metrics"\nmetrics_role = "uss"\n',
            '[monitoring] metrics_role: no role "uss"; did you mean "us"?',
        ),
        wrong(
            "series-without-a-page",
            BOTH + '[monitoring]\nseries = ["up"]\n',
            "[monitoring] series: means nothing without metrics; remove it, or add that",
        ),
        wrong(
            "quiet-without-prometheus",
            BOTH + '[monitoring]\nquiet = ["ServiceDown"]\n',
            "[monitoring] quiet: means nothing without prometheus; remove it, or add that",
        ),
        wrong(
            "token-without-an-address",
            BOTH + '[monitoring]\nalertmanager_token = "key"\n',
            "[monitoring] alertmanager_token: means nothing without alertmanager; remove it, or add that",
        ),
        wrong(
            "rules-of-nothing",
            BOTH + SLO + WATCHED + "rules_loaded = true\n",
            "[monitoring] rules_loaded: expected an objective that has rules; add slos.metrics to one, or leave this "
            "key out",
        ),
        wrong(
            "an-alert-in-words",
            BOTH + WATCHED + 'quiet = ["service down"]\n',
            "[monitoring] quiet #1: expected the name of an alert: letters, digits and _, and * for any of them, "
            'came "service down"',
        ),
        wrong(
            "an-alert-twice",
            BOTH + WATCHED + 'quiet = ["ServiceDown", "ServiceDown"]\n',
            '[monitoring] quiet #2: names "ServiceDown" a second time',
        ),
        wrong(
            "age-of-nothing",
            BOTH + '[monitoring]\nprometheus = "key"\nscraped_within_seconds = 60\n',
            "[monitoring] scraped_within_seconds: is about job, which is missing",
        ),
        wrong(
            "credential-in-the-open",
            BOTH + WATCHED + 'headers = { Authorization = "Bearer hush" }\n',
            "[monitoring] headers.Authorization: carries a credential; declare a role, whose secret stands in no file",
        ),
        wrong(
            "no-metric",
            BOTH + '[monitoring]\nmetrics = "/metrics"\nseries = ["http requests"]\n',
            '[monitoring] series #1: expected the name of a metric: letters, digits, _ and :, came "http requests"',
        ),
    ],
)
def test_a_mistake_about_monitoring_is_told_in_one_sentence(complaints_about, content, complaints):
    assert complaints == complaints_about(content)


def test_a_page_without_a_service_is_told(complaints_about):
    content = f'version = 1\nname = "ours"\n{KEY}[monitoring]\nprometheus = "key"\nmetrics = "/metrics"\n'
    content = content.replace('[roles.us]\nscheme = "header"\ncredential = "key"\n', "")
    assert ("[monitoring] metrics: means nothing without base_url, whose path it is",) == complaints_about(content)


def test_a_target_may_be_about_prometheus_alone(folder):
    secrets = '[secrets]\nkey = { env = "OUR_KEY" }\n'
    top = TOP.replace('base_url = "http://127.0.0.1:8000"\n', "")
    watched = WATCHED.replace('metrics = "/metrics"\n', "")
    (folder / "ours.toml").write_text(top + secrets + ERRORS + MEASURED + watched)
    target = load("./ours.toml", root=folder, environ={"OUR_KEY": "12345678"})
    assert "" == target.base_url
