"""What Prometheus and Alertmanager say is read, and every other answer is one sentence that says what to do."""

from __future__ import annotations

import json
import re

import pytest

from prodverify.record.findings import Unjudged
from prodverify.wire.neighbour import Neighbour
from prodverify.wire.prometheus import Alertmanager, Prometheus
from prodverify.wire.redaction import Redactor
from tests.wire.conftest import response

SECRETS = {"watcher": "", "watcher_token": "token-of-nobody"}
PASSWORD = "correct-horse"


def _said(data: object, **more: object) -> bytes:
    return response(200, json.dumps({"status": "success", "data": data, **more}).encode())


def _vector(*results: object) -> bytes:
    return _said({"resultType": "vector", "result": list(results)})


@pytest.fixture
def watching(serve, aim, run, monkeypatch):
    """Prometheus at a server that answers what the test says; the server, and the client."""

    opened = []

    def start(answer, address="http://us:correct-horse@127.0.0.1:{}/deep/", token=None, service="http://127.0.0.1:9"):
        server = serve(answer if callable(answer) else lambda _: answer)
        values = {**SECRETS, "watcher": address.format(server.port)}
        for name, value in values.items():
            monkeypatch.setenv(name.upper(), value)
        target = aim(service, secrets=values)
        redactor = Redactor(target.secrets, run.folder)
        neighbour = Neighbour("Prometheus", target, run, address="watcher", token=token, redactor=redactor)
        opened.append(neighbour)
        return server, neighbour, redactor

    yield start
    for neighbour in opened:
        neighbour.close()


def test_a_query_goes_to_the_address_of_the_secret_with_its_path_and_password(watching):
    server, neighbour, redactor = watching(_vector({"metric": {"job": "a"}, "value": [12.5, "3"]}))
    sample = Prometheus(neighbour).query("sum(up)", at=12.5)[0]
    assert ({"job": "a"}, 12.5, 3.0) == (sample.labels, sample.at, sample.value)
    assert "/deep/api/v1/query?query=sum%28up%29&time=12.500" == server.asked[0].target
    assert "Basic dXM6Y29ycmVjdC1ob3JzZQ==" == server.asked[0].header("Authorization")
    assert PASSWORD not in redactor.text(f"said {PASSWORD} and dXM6Y29ycmVjdC1ob3JzZQ==")
    assert "dXM6Y29ycmVjdC1ob3JzZQ" not in redactor.text("dXM6Y29ycmVjdC1ob3JzZQ==")


def test_a_token_goes_as_bearer(watching):
    server, neighbour, _ = watching(_vector(), address="http://127.0.0.1:{}", token="watcher_token")
    assert () == Prometheus(neighbour).query("up")
    assert "Bearer token-of-nobody" == server.asked[0].header("Authorization")


def test_no_series_is_no_number(watching):
    _, neighbour, _ = watching(_vector())
    assert None is Prometheus(neighbour).value("sum(nothing)")


def test_nought_by_nought_is_no_number(watching):
    _, neighbour, _ = watching(_vector({"metric": {}, "value": [1, "NaN"]}))
    assert None is Prometheus(neighbour).value("0 / 0")


def test_moments_without_a_value_are_left_out_of_a_range(watching):
    values = [[10, "1"], [20, "NaN"], [30, "+Inf"]]
    _, neighbour, _ = watching(_said({"resultType": "matrix", "result": [{"metric": {}, "values": values}]}))
    series = Prometheus(neighbour).query_range("a", start=10, end=30, step_seconds=10)
    assert {10.0: 1.0} == series[0].points


def test_another_host_than_the_secrets_is_not_asked(watching):
    _, neighbour, _ = watching(response(302, b"", ("Location", "http://127.0.0.2:1/log-in")))
    with pytest.raises(Unjudged) as caught:
        Prometheus(neighbour).rules()
    assert "prometheus-redirects" == caught.value.finding.rule


@pytest.mark.parametrize(
    ("answer", "rule", "words"),
    [
        pytest.param(response(200, b"<html>", kind="text/html"), "answer-no-json", "text/html", id="page"),
        pytest.param(response(200, b""), "answer-no-json", "an empty body", id="nothing"),
        pytest.param(response(200, b'{"status":"succ'), "answer-no-json", "no JSON", id="truncated-json"),
        pytest.param(response(401, b"no", kind="text/plain"), "refuses", "status 401", id="no-credential"),
        pytest.param(response(404, b"404 page", kind="text/plain"), "refuses", "no such path", id="wrong-path"),
        pytest.param(response(503, b"Service Unavailable", kind="text/plain"), "refuses", "not ready", id="not-ready"),
        pytest.param(
            response(503, b'{"status":"error","errorType":"timeout","error":"query timed out"}'),
            "query-refused",
            "timeout: query timed out",
            id="query-timed-out",
        ),
        pytest.param(
            response(422, b'{"status":"error","errorType":"execution","error":"too many samples"}'),
            "query-refused",
            "too many samples",
            id="too-many-samples",
        ),
        pytest.param(_said({}, warnings=["a store is away"]), "answer-partial", "a store is away", id="partial-data"),
        pytest.param(
            _said({"resultType": "vector", "result": []}, isPartial=True),
            "answer-partial",
            "isPartial",
            id="partial-flag",
        ),
        pytest.param(
            _vector({"metric": {}, "histogram": [1, {"count": "2"}]}), "answer-native", "native histogram", id="native"
        ),
        pytest.param(_vector({"metric": {}, "value": [10**400, "1"]}), "answer-odd", "that is none", id="too-large"),
        pytest.param(_said([]), "answer-odd", "[]", id="other-data"),
        pytest.param(_said({"resultType": "matrix", "result": []}), "answer-odd", "matrix", id="other-type"),
        pytest.param(_vector({"metric": {}, "value": ["x"]}), "answer-odd", "a value that is none", id="odd-value"),
        pytest.param(_vector(7), "answer-odd", "a value that is none", id="odd-sample"),
        pytest.param(response(200, b"[1]"), "answer-odd", "not Prometheus' own", id="json-of-another"),
        pytest.param(
            b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Type: application/json\r\n\r\n{"status"',
            "answer-cut",
            "the connection ended",
            id="cut",
        ),
    ],
)
def test_a_wrong_answer_is_told_in_one_sentence(watching, answer, rule, words):
    _, neighbour, _ = watching(lambda _: iter([answer]))
    with pytest.raises(Unjudged) as caught:
        Prometheus(neighbour).query("up")
    assert f"prometheus-{rule}" == caught.value.finding.rule
    assert words in caught.value.finding.observed
    assert caught.value.finding.next_step
    assert PASSWORD not in str(caught.value)


def test_a_remark_about_the_style_of_a_query_is_no_partial_answer(watching):
    told = _said({"resultType": "vector", "result": []}, warnings=["PromQL info: might not be a counter"])
    _, neighbour, _ = watching(told)
    assert () == Prometheus(neighbour).query("rate(a[5m])")


@pytest.mark.parametrize(
    "address", ["us:correct-horse@here", "http:///deep", "ftp://us:correct-horse@a", "http://[::1"]
)
def test_an_address_that_is_none_is_told_without_being_shown(watching, address):
    with pytest.raises(Unjudged) as caught:
        watching(_vector(), address=address)
    assert "prometheus-address-malformed" == caught.value.finding.rule
    assert PASSWORD not in str(caught.value)


def test_rules_and_alerts_are_read_and_what_is_odd_among_them_is_passed_over(watching):
    rule = {"name": "Slow", "type": "alerting", "query": "a > 1", "duration": 60, "health": "err", "lastError": "many"}
    groups = {"groups": [7, {"name": "ours", "rules": [rule, None]}]}
    alerts = {"alerts": [{"labels": {"alertname": "Slow"}, "state": "firing"}, "odd"]}
    _, neighbour, _ = watching(lambda asked: _said(alerts if "alerts" in asked.target else groups))
    prometheus = Prometheus(neighbour)
    read, alert = prometheus.rules(), prometheus.alerts()
    assert [("ours", "Slow", True, 60.0, "err", "many")] == [
        (one.group, one.name, one.alerting, one.for_seconds, one.health, one.error) for one in read
    ]
    assert [("Slow", "firing")] == [(one.name, one.state) for one in alert]


def test_alertmanager_tells_its_version_and_whether_it_is_ready(watching):
    status = response(200, b'{"versionInfo":{"version":"0.25.0"}}')
    _, neighbour, _ = watching(lambda asked: response(503, b"") if "ready" in asked.target else status)
    alertmanager = Alertmanager(neighbour)
    assert ("0.25.0", 503) == (alertmanager.version(), alertmanager.ready(patience_seconds=2).status)


def test_header_lines_of_the_target_and_its_permits_stay_with_the_target(serve, aim, run, monkeypatch):
    server = serve(lambda _: _vector())
    values = {"watcher": f"http://127.0.0.1:{server.port}"}
    asking = 'headers = { X-Door = "open-sesame" }\nhosts = ["127.0.0.2:1"]'
    target = aim("https://ours.example", asking=asking, secrets=values)
    neighbour = Neighbour("Prometheus", target, run, address="watcher", token=None, redactor=Redactor(target.secrets))
    Prometheus(neighbour).query("up")
    neighbour.close()
    assert "" == server.asked[0].header("X-Door")
    assert run.run_id == server.asked[0].header("X-Prodverify-Run")


def test_header_lines_of_its_own_go_with_every_question(serve, aim, run):
    server = serve(lambda _: _vector())
    target = aim("http://127.0.0.1:9", secrets={"watcher": f"http://127.0.0.1:{server.port}"})
    redactor = Redactor(target.secrets)
    headers = {"X-Scope-OrgID": "tenant"}
    neighbour = Neighbour("Prometheus", target, run, address="watcher", token=None, redactor=redactor, headers=headers)
    Prometheus(neighbour).query("up")
    neighbour.close()
    assert "tenant" == server.asked[0].header("X-Scope-OrgID")


def test_its_questions_are_paid_from_the_budget_of_the_run(serve, aim, run):
    server = serve(lambda _: _vector())
    values = {"watcher": f"http://127.0.0.1:{server.port}"}
    target = aim("http://127.0.0.1:9", asking="requests = 1", secrets=values)
    neighbour = Neighbour("Prometheus", target, run, address="watcher", token=None, redactor=Redactor(target.secrets))
    Prometheus(neighbour).query("up")
    with pytest.raises(Unjudged) as caught:
        Prometheus(neighbour).query("up")
    neighbour.close()
    assert "budget-spent" == caught.value.finding.rule
    assert 1 == len(server.asked)


def test_the_moment_of_the_answer_is_its_clock_and_not_the_value(watching):
    _, neighbour, _ = watching(_vector({"metric": {}, "value": [1030.5, "1000.5"]}))
    assert 1030.5 == Prometheus(neighbour).clock().told


def test_a_store_without_alertmanagers_is_no_wrong_answer(watching):
    _, neighbour, _ = watching(response(404, b"404 page not found", kind="text/plain"))
    assert None is Prometheus(neighbour).alertmanagers()


def test_a_remark_of_version_3_is_none_about_the_data(watching):
    told = _said({"resultType": "vector", "result": []}, infos=["PromQL info: not a counter"], isPartial=False)
    _, neighbour, _ = watching(told)
    assert () == Prometheus(neighbour).query("rate(a[5m])")


def test_a_query_that_is_refused_is_not_repeated(watching):
    server, neighbour, _ = watching(
        response(503, b'{"status":"error","errorType":"timeout","error":"query timed out"}')
    )
    with pytest.raises(Unjudged):
        Prometheus(neighbour).query("sum(everything)")
    assert 1 == len(server.asked)


def test_values_of_many_expressions_come_by_their_names_in_few_questions(watching):
    def answer(asked):
        names = re.findall(r"asked_as%22%2C\+%22(\w+)", asked.target)
        return _vector(*({"metric": {"asked_as": name}, "value": [1, name[1:]]} for name in names if name != "v3"))

    server, neighbour, _ = watching(answer)
    expressions = {f"v{number}": f"sum(a{number}) + {'0 + ' * 200}0" for number in range(8)}
    told = Prometheus(neighbour).values(expressions)
    assert {f"v{number}": float(number) for number in range(8) if number != 3} == told
    assert 1 < len(server.asked) < 8
    assert max(len(asked.target) for asked in server.asked) < 8000


def test_where_nobody_listens_it_is_told_within_the_runs_patience(watching):
    server, neighbour, _ = watching(_vector())
    server.close()
    with pytest.raises(Unjudged) as caught:
        Prometheus(neighbour).alerts()
    assert caught.value.finding.rule.startswith("unanswered-")
