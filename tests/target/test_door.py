"""`python -m prodverify` does what it is asked, or says in one sentence why not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from prodverify.cli import door

ROOT = Path(__file__).resolve().parents[2]


def ran(*arguments):
    command = [sys.executable, "-m", "prodverify", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_schema_prints_the_schema_in_the_repository():
    done = ran("schema")
    assert (0, (ROOT / "targets" / "target.schema.json").read_text(), "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "python -m prodverify: the following arguments are required: VERB; see python -m prodverify --help\n"),
        (("shema",), 'python -m prodverify: no verb "shema"; did you mean "schema"?\n'),
        (
            ("xyz",),
            'python -m prodverify: no verb "xyz"; expected "schema", "backup", "drill", "alerts", "dashboard", '
            '"baseline", "openslo" or "snapshot"\n',
        ),
        (("schema", "now"), "python -m prodverify: unrecognized arguments: now; see python -m prodverify --help\n"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(arguments, sentence):
    done = ran(*arguments)
    assert (2, "", sentence) == (done.returncode, done.stdout, done.stderr)


def test_help_lists_every_verb_with_what_it_does():
    done = ran("--help")
    assert done.returncode == 0
    told = " ".join(done.stdout.split())
    for name, verb in door.VERBS.items():
        assert f" {name} {verb.summary} " in told


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m prodverify schema | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("{\n0\n", "")


def test_a_wrong_target_is_said_and_ends_with_status_4(tmp_path):
    (tmp_path / "ours.toml").touch()
    done = ran("backup", "--target", str(tmp_path / "ours.toml"))
    sentence = f"{tmp_path}/ours.toml: is empty; expected at least version, name and base_url\n"
    assert (4, "", sentence) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("redirected", "status", "said"), [(">&-", 0, ""), (">/dev/full", 1, "cannot be written")])
def test_nobody_who_listens_is_no_traceback(redirected, status, said):
    command = f"{sys.executable} -m prodverify schema {redirected}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=30)

    assert status == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr
