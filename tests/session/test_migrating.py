"""Migrations of somebody's own service, from one target file: where the code's heads and the database's come from."""

from __future__ import annotations

import json
import os
import subprocess

from tests.data.conftest import cluster, databases, programs

__all__ = ["cluster", "databases", "programs"]

JSON = {"Content-Type": "application/json"}
AT_HEAD = "test_migrations.py::test_database_is_at_head"
DONE = "test_migrations.py::test_no_migration_is_half_done"
UNEDITED = "test_migrations.py::test_no_applied_migration_was_edited"
TABLES = """
CREATE SCHEMA app;
CREATE TABLE app.schema_migrations (version bigint not null primary key, dirty boolean not null);
INSERT INTO app.schema_migrations VALUES (1, true);
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('0002');
"""
REPORTED = """
[[migrations]]
name = "same"
tool = "rails"
code_path = "/build"
code_at = "/schema"
reported_path = "/database"
reported_at = "/version"
[[migrations]]
name = "behind"
heads = ["0003"]
reported_path = "/database"
reported_at = "/heads"
[[migrations]]
name = "mute"
heads = ["0003"]
reported_path = "/database"
reported_at = "/nothing"
"""
DATABASE = """
[database]
dsn = "dsn"
[[migrations]]
name = "go"
tool = "golang-migrate"
manifest = "build.json"
manifest_at = "/schema"
[[migrations]]
name = "python"
repository = "repository"
git_revision = "v1"
folder = "versions"
code_behind = "fail"
"""


def test_a_service_may_tell_both_sides(verify, target, small):
    small.answers["/build"] = (200, JSON, json.dumps({"schema": 20240202120000}).encode())
    small.answers["/database"] = (200, JSON, json.dumps({"version": "20240202120000", "heads": ["0002"]}).encode())

    run = verify("checks/test_migrations.py", "--target", target(REPORTED))

    assert "pass" == run.states[f"{AT_HEAD}[same]"]
    assert "fail" == run.states[f"{AT_HEAD}[behind]"]
    assert "inconclusive" == run.states[f"{AT_HEAD}[mute]"]
    assert {"not_run"} == {run.states[f"{check}[{name}]"] for check in (DONE, UNEDITED) for name in ("same", "behind")}


def test_several_tools_of_one_database_are_each_verified(verify, target, databases, tmp_path):
    repository = tmp_path / "repository"
    (repository / "versions").mkdir(parents=True)
    (repository / "versions" / "1.py").write_text("revision = '0001'\n")
    (tmp_path / "build.json").write_text('{"schema": 1}')
    author = ("-c", "user.name=a", "-c", "user.email=a@a")
    for command in (("init", "-q"), ("add", "."), (*author, "commit", "-q", "-m", "one"), ("tag", "v1")):
        subprocess.run(
            ["git", *command], cwd=repository, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        )
    path = target(DATABASE)
    path.write_text(path.read_text().replace("[secrets]", '[secrets]\ndsn = { env = "DSN" }'), encoding="utf-8")

    run = verify("checks/test_migrations.py", "--target", path, DSN=databases(TABLES))

    assert "fail" == run.states[f"{AT_HEAD}[go]"]
    assert "fail" == run.states[f"{DONE}[go]"]
    assert "not_run" == run.states[f"{UNEDITED}[go]"]
    assert "fail" == run.states[f"{AT_HEAD}[python]"]
    assert {"migrations-pending", "migrations-failed", "migrations-unknown-revision"} == {
        finding["rule"] for case in run.cases.values() for finding in case["findings"]
    }
