"""What the guide shows is what runs, and its alert is one that Prometheus loads and that fires."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest

from tests.examples.foreign import EXAMPLES, ROOT

HERE = EXAMPLES / "receivers"
GUIDE = (ROOT / "docs" / "receivers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|js|yaml|toml)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
SHOWN = ("flask_receiver.py", "fastapi_receiver.py", "express/receiver.js", "alerts.yaml", "fastapi.toml")
UNTIL_IT_FIRES = """
rule_files: [RULES]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: webhook_signature_failures_total{job="shop"}
        values: 0x10 1+1x20
      - series: webhook_signature_failures_total{job="quiet"}
        values: 0x25 5x5
    alert_rule_test:
      - eval_time: 12m
        alertname: WebhookSignatureFailures
      - eval_time: 30m
        alertname: WebhookSignatureFailures
        exp_alerts:
          - exp_labels: {job: shop, severity: warning}
            exp_annotations:
              summary: shop refuses signed messages
              description: "10 messages in ten minutes had no right signature: a secret changed on one side, or somebody
                forges."
"""


def test_the_guide_shows_the_files_as_they_are() -> None:
    assert [(HERE / name).read_text(encoding="utf-8") for name in SHOWN] == BLOCKS


@pytest.mark.parametrize("word", ["missing", "constant time", "raw body", "encoding", "secret", "413", "401"])
def test_the_guide_speaks_of_what_goes_wrong(word: str) -> None:
    assert word in GUIDE.lower()


def test_what_is_installed_names_no_registry() -> None:
    lock = json.loads((HERE / "express" / "package-lock.json").read_text(encoding="utf-8"))

    assert {"express", "prom-client"} == lock["packages"][""]["dependencies"].keys()
    assert [] == [name for name, pinned in lock["packages"].items() if "resolved" in pinned]
    assert [] == [name for name, pinned in lock["packages"].items() if name and "integrity" not in pinned]


def test_its_alert_fires_for_whoever_refuses_again_and_again(tmp_path) -> None:
    if not shutil.which("promtool") and not os.environ.get("CI"):
        pytest.skip("promtool is not installed")
    shutil.copy(HERE / "alerts.yaml", tmp_path)
    file = tmp_path / "fires.yaml"
    file.write_text(UNTIL_IT_FIRES.replace("RULES", "alerts.yaml"), encoding="utf-8")
    for command in (["check", "rules", "alerts.yaml"], ["test", "rules", "fires.yaml"]):
        told = subprocess.run(
            ["promtool", *command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert told.returncode == 0, told.stdout + told.stderr
