"""A real Prometheus, a service that can be slow or fail, and the alerts that follow."""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from prodverify.monitoring import rules
from tests.monitoring.files import promised

QUICK = promised("""
version = 1
name = "quick"
[monitoring]
job = "service"
breach_seconds = 2
[[slos]]
name = "fast"
objective_percent = 99.0
threshold_ms = 1000.0
min_events = 5
burns = [{ budget_percent = 0.01, long_seconds = 8, short_seconds = 3 }]
[slos.metrics]
durations = "answer_seconds"
""")
BOTH = {"FastLatencyHigh", "FastBudgetBurn"}
PATIENCE_SECONDS = 30
DATA = "--storage.tsdb.path=data"
"""Of this run alone: a packaged Prometheus has one folder for all, and yesterday's alerts in it."""
CONFIGURATION = """
rule_files: [rules.yaml]
scrape_configs:
  - job_name: service
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs: [{targets: ["127.0.0.1:PORT"]}]
"""


class Service:
    """Answers a hundred requests a second to nobody, as slowly and with such a status as it is told."""

    def __init__(self) -> None:
        self.seconds, self.status = 0.01, "200"
        registry = CollectorRegistry()
        told = Histogram("answer_seconds", "x", ("status",), buckets=(0.05, 1.0), registry=registry)
        self._ended = threading.Event()

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                # As an exporter in Go writes it, and Prometheus 2 keeps it; Prometheus 3 rewrites it to 1.0.
                self.wfile.write(generate_latest(registry).replace(b'le="1.0"', b'le="1"'))

            def log_message(self, *_) -> None:
                pass

        def answer() -> None:
            while not self._ended.wait(0.01):
                told.labels(self.status).observe(self.seconds)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self._threads = [threading.Thread(target=work) for work in (self.server.serve_forever, answer)]

    def __enter__(self) -> Service:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self.server.shutdown()
        for thread in self._threads:
            thread.join()
        self.server.server_close()


@pytest.mark.proof
def test_an_alert_fires_while_the_service_is_slow_or_fails_and_ends_with_its_cause(tmp_path) -> None:
    if not shutil.which("prometheus"):
        pytest.skip("prometheus is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (tmp_path / "rules.yaml").write_text(rules.text(QUICK))
    with Service() as service:
        (tmp_path / "p.yaml").write_text(CONFIGURATION.replace("PORT", str(service.server.server_port)))
        command = ("prometheus", "--config.file=p.yaml", f"--web.listen-address={address}", DATA)
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as prometheus:
            try:
                until(address, lambda query, _: query('slo:events:increase8s{slo="fast"} > 300'))
                assert set() == firing(address)
                service.seconds = 1.2
                until(address, lambda _, alerts: alerts() == BOTH)
                service.seconds = 0.01
                until(address, lambda _, alerts: alerts() == set())
                # Quick errors are no good answers.
                service.status = "500"
                until(address, lambda _, alerts: alerts() == BOTH)
            finally:
                prometheus.terminate()


def until(address: str, reached) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not reached(lambda query: asked(address, query), lambda: firing(address)):
        assert time.monotonic() < ends, f"firing: {firing(address)}"
        time.sleep(0.1)


def firing(address: str) -> set[str]:
    told = asked(address, 'ALERTS{alertstate="firing"}')
    return {one["metric"]["alertname"] for one in told}


def asked(address: str, query: str):
    url = f"http://{address}/api/v1/query?query={urllib.request.quote(query)}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]["result"]
    except OSError:
        return []
