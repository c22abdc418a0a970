"""Logs and traces of programs that are not ours are read by a target file alone."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.examples.foreign import free_port, serving, verified
from tests.observed.loki import TENANT, TOKEN, Loki
from tests.observed.small import listening
from tests.observed.stores import Sentry, Stores

HERE = Path(__file__).parent


def needs(program: str) -> pytest.MarkDecorator:
    missing = shutil.which(program) is None and not os.environ.get("CI")
    return pytest.mark.skipif(missing, reason=f"{program} is not installed")


def filled(name: str, folder: Path, **values: object) -> Path:
    place = folder / name
    text = (place if place.exists() else HERE / name).read_text(encoding="utf-8")
    for word, value in {"FOLDER": folder, **values}.items():
        text = text.replace(word, str(value))
    place.write_text(text, encoding="utf-8")
    return place


@contextmanager
def nginx(folder: Path, how: str) -> Iterator[int]:
    (folder / "tmp").mkdir()
    port = free_port()
    config = filled("nginx.conf", folder, PORT=port, HOW=how)
    with serving(["nginx", "-e", "stderr", "-c", config, "-p", folder], port, folder / "log"):
        yield port


@contextmanager
def caddy(folder: Path) -> Iterator[int]:
    port = free_port()
    config = filled("caddy.caddyfile", folder, PORT=port)
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", config]
    with serving(command, port, folder / "log", env=home):
        yield port


def gate(name: str, folder: Path, port: int, *checks: str, **values: str) -> dict[str, tuple[str, ...]]:
    """State and rules of each case, the file and the name of the check left out."""
    target = filled(f"{name}.toml", folder, URL=f"http://127.0.0.1:{port}", PATH=values.pop("path", ""))
    record: dict[str, Any] = verified(target, values, "-k", " or ".join(checks))
    return {
        check["id"].partition("::test_")[2]: (check["state"], *sorted({one["rule"] for one in check["findings"]}))
        for check in record["checks"]
        if check["state"] != "not_run"
    }


@needs("nginx")
def test_an_access_log_of_nginx_is_read_out_of_its_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with nginx(tmp_path, "good") as port:
        found = gate("nginx", tmp_path, port, "test_logs")

    assert {
        "requests_leave_their_line": ("pass",),
        "every_line_is_one_json_object": ("pass",),
        "no_secret_is_logged[header]": ("pass",),
        "no_secret_is_logged[credential]": ("pass",),
        "no_secret_is_logged[query]": ("pass",),
        "acts_leave_their_event[unauthenticated]": ("pass",),
    } == found


@needs("nginx")
def test_the_same_log_is_read_out_of_loki(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    text = (HERE / "nginx.toml").read_text(encoding="utf-8").replace('file = "FOLDER/access.log"\n', "")
    store = f'[logs.loki]\naddress = "loki"\ntoken = "token"\nheaders = {{ X-Scope-OrgID = "{TENANT}" }}\n'
    secrets = '[secrets]\nloki = { env = "LOKI" }\ntoken = { env = "LOKI_TOKEN" }\n'
    (tmp_path / "read.toml").write_text(f"{text}{store}query = '{{app=\"shop\"}}'\n{secrets}", encoding="utf-8")
    with nginx(tmp_path, "good") as port, listening(Loki(tmp_path / "access.log")) as address:
        found = gate("read", tmp_path, port, "test_logs", LOKI=address, LOKI_TOKEN=TOKEN)

    assert 6 == len(found)
    assert {("pass",)} == set(found.values())


@pytest.mark.proof
@needs("nginx")
def test_an_access_log_of_whole_requests_tells_tokens(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with nginx(tmp_path, "bad") as port:
        found = gate("nginx", tmp_path, port, "test_logs")

    secret = ("fail", "log-secret")
    assert {"no_secret_is_logged[header]": secret, "no_secret_is_logged[query]": secret} == {
        case: state for case, state in found.items() if state[0] != "pass"
    }


@needs("caddy")
def test_caddys_own_log_is_read_by_a_command_and_tells_what_queries_hold(tmp_path: Path) -> None:
    with caddy(tmp_path) as port:
        found = gate("caddy", tmp_path, port, "test_logs")

    assert {
        "requests_leave_their_line": ("pass",),
        "every_line_is_one_json_object": ("pass",),
        "no_secret_is_logged[header]": ("pass",),
        "no_secret_is_logged[query]": ("fail", "log-secret"),
    } == found


@pytest.mark.parametrize("shape", ["tempo", pytest.param("jaeger", marks=pytest.mark.proof)])
def test_traces_of_an_application_come_out_at_a_store_of_each_shape(tmp_path: Path, shape: str) -> None:
    port = free_port()
    with listening(Stores()) as address:
        environ = {**os.environ, "PORT": str(port), "COLLECTOR": f"{address}/v1/traces"}
        with serving([sys.executable, HERE / "app.py"], port, tmp_path / "log", env=environ):
            checks = ("test_traces", "test_logs") if shape == "tempo" else ("test_traces",)
            path = f"/{shape}/api/traces/{{trace_id}}"
            found = gate("app", tmp_path, port, *checks, path=path, STORE=address)

    logged = {
        "requests_leave_their_line": ("pass",),
        "every_line_is_one_json_object": ("pass",),
        "no_secret_is_logged[header]": ("pass",),
        "no_secret_is_logged[query]": ("pass",),
    }
    assert {
        "traces_come_out_whole": ("pass", "trace-unsampled-dropped"),
        "traces_tell_what_was_done": ("pass",),
        "spans_hold_no_secret": ("pass",),
        **(logged if shape == "tempo" else {}),
    } == found


@pytest.mark.proof
@pytest.mark.parametrize("named", ["request_id", "trace_id"])
def test_errors_of_an_application_come_out_at_a_tracker_of_sentrys_words(tmp_path: Path, named: str) -> None:
    port = free_port()
    with listening(Sentry()) as address:
        dsn = f"http://public@{address.removeprefix('http://')}/1"
        environ = {**os.environ, "PORT": str(port), "DSN": dsn, "SENTRY_RELEASE": "failing@1"}
        with serving([sys.executable, HERE / "failing.py"], port, tmp_path / "log", env=environ):
            found = gate("failing", tmp_path, port, "test_error_tracking", path=named, SENTRY=address)

    assert {
        "errors_reach_the_tracker": ("pass",),
        "equal_errors_are_one_group[tracker]": ("pass",),
        "errors_of_two_kinds_are_two_groups[tracker]": ("pass",),
        "errors_hold_no_secret": ("fail", "error-local-variables"),
    } == found
