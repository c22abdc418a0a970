"""Applications that nobody here wrote: installed from a lock, a database made by their own migrations, and filled."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.examples.foreign import EXAMPLES, environment, node_modules, run

_RUNS = """
import math, sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
for name in ("Größen", "second"):
    experiment = client.create_experiment(name, tags={"team": "a\\tb\\\\c"})
    for number in range(5):
        run = client.create_run(experiment, tags={"n": str(number)}).info.run_id
        client.log_param(run, "rate", 0.1 * number)
        for step, value in enumerate((0.1, 1 / 3, math.nan, math.inf, 1e-300)):
            client.log_metric(run, "loss", value, step=step)
        client.set_terminated(run)
"""

_PAGES = """
import django
django.setup()
from django.contrib.auth.models import Group, User
from wagtail.models import Page
editor = User.objects.create_user("editor", "editor@example.com", "practice-editor-4711")
editor.groups.add(Group.objects.get(name="Editors"))
home = Page.objects.get(depth=2)
for number in range(10):
    page = home.add_child(instance=Page(title=f"Seite {number}: Grüße\\t'\\"", slug=f"page-{number}", owner=editor))
    page.save_revision(user=editor).publish()
"""

_ENTITIES = """
INSERT INTO refresh_state (entity_id, entity_ref, unprocessed_entity, errors, next_update_at, last_discovery_at)
    SELECT md5(n::text)::uuid, 'component:default/service-' || n,
           json_build_object('kind', 'Component', 'text', E'Gr\\u00fc\\u00dfe\\t' || n)::text, '[]',
           now() + n * interval '1 minute', now() - n * interval '1 hour'
    FROM generate_series(1, 200) n;
INSERT INTO final_entities (entity_id, hash, final_entity, last_updated_at, entity_ref)
    SELECT entity_id, md5(entity_ref), unprocessed_entity, last_discovery_at, entity_ref FROM refresh_state;
INSERT INTO search (entity_id, key, value, original_value)
    SELECT entity_id, 'kind', 'component', 'Component' FROM refresh_state
    UNION ALL SELECT entity_id, 'metadata.description', NULL, NULL FROM refresh_state;
INSERT INTO locations (id, type, target, location_entity_ref)
    SELECT md5(n::text)::uuid, 'url', 'https://git.example/' || n, 'location:default/l-' || n
    FROM generate_series(1, 20) n;
INSERT INTO location_update_log (status, created_at, location_id)
    SELECT CASE n % 2 WHEN 0 THEN 'success' ELSE 'fail' END, now() - n * interval '1 day', md5(n::text)::uuid
    FROM generate_series(1, 20) n;
"""


@dataclass(frozen=True)
class Application:
    """
    One application. ``packages`` is the folder beside its target file that links to what its lock installs, and
    ``scripts`` are folders with migrations in it. ``newest`` is the newest script, ``forget`` the statement that takes
    its row from the version table, and ``pending`` a script that nobody ran, by path and content.
    """

    name: str
    packages: str
    scripts: tuple[str, ...]
    newest: str
    forget: str
    pending: tuple[str, str]

    @property
    def target_file(self) -> Path:
        """What it promises."""
        return EXAMPLES / self.name / f"{self.name}.toml"

    def installed(self) -> Path:
        """Its environment, made at the first run and when its lock changed."""
        if self.packages == "node_modules":
            return node_modules(self.name, EXAMPLES / self.name)
        return environment(self.name, EXAMPLES / self.name / "requirements.lock")

    def deployed(self, folder: Path) -> None:
        """Its target file in ``folder``, and its packages beside it as its README says."""
        for path in (self.target_file, *self.target_file.parent.glob("knexfile.js")):
            shutil.copy(path, folder)
        (folder / self.packages).symlink_to(self._packages_folder())

    def spoilable(self, folder: Path) -> None:
        """Copies its scripts into ``folder`` in the place of the link, so that they can be changed."""
        (folder / self.packages).unlink()
        for scripts in self.scripts:
            left = shutil.ignore_patterns("static", "locale", "templates", "jinja2", "__pycache__", "test", "tests")
            shutil.copytree(self._packages_folder() / scripts, folder / self.packages / scripts, ignore=left)

    def migrated(self, dsn: str) -> None:
        """Runs all of its migrations on an empty database, and puts rows in, by its own means where it has them."""
        place, told = self.installed(), conninfo_to_dict(dsn)
        variables = {
            **os.environ,
            "PGHOST": str(told["host"]),
            "PGUSER": str(told["user"]),
            "PGDATABASE": str(told["dbname"]),
        }
        _MIGRATED[self.name](place, variables)

    def _packages_folder(self) -> Path:
        place = self.installed()
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return place / self.packages if self.packages == "node_modules" else place / "lib" / version / self.packages


def _mlflow(place: Path, variables: Mapping[str, str]) -> None:
    url = f"postgresql+psycopg2://{variables['PGUSER']}@/{variables['PGDATABASE']}?host={variables['PGHOST']}"
    run([place / "bin" / "mlflow", "db", "upgrade", url])
    run([place / "bin" / "python", "-c", _RUNS, url])


def _wagtail(place: Path, variables: Mapping[str, str]) -> None:
    told = {**variables, "PYTHONPATH": str(EXAMPLES / "wagtail"), "DJANGO_SETTINGS_MODULE": "settings"}
    told["PYTHONDONTWRITEBYTECODE"] = "1"
    run([place / "bin" / "python", "-m", "django", "migrate"], env=told)
    run([place / "bin" / "python", "-c", _PAGES], env=told)


def _catalog(place: Path, variables: Mapping[str, str]) -> None:
    shutil.copy(EXAMPLES / "catalog" / "knexfile.js", place)
    run([place / "node_modules" / ".bin" / "knex", "migrate:latest"], cwd=place, env={**variables})
    with psycopg.connect(host=variables["PGHOST"], user=variables["PGUSER"], dbname=variables["PGDATABASE"]) as made:
        made.execute(_ENTITIES)


_MIGRATED = {"mlflow": _mlflow, "wagtail": _wagtail, "catalog": _catalog}

_VERSIONS = "mlflow/store/db_migrations/versions"
_USERS = "wagtail/users/migrations"
_KNEX = "@backstage/plugin-catalog-backend/migrations"

APPLICATIONS = {
    each.name: each
    for each in (
        Application(
            name="mlflow",
            packages="site-packages",
            scripts=(_VERSIONS,),
            newest=f"{_VERSIONS}/dc11669786a5_add_job_executor_persistence_model.py",
            forget="DELETE FROM alembic_version",
            pending=(
                f"{_VERSIONS}/ffffffffffff_more.py",
                'revision = "ffffffffffff"\ndown_revision = "dc11669786a5"\n',  # pragma: allowlist secret
            ),
        ),
        Application(
            name="wagtail",
            packages="site-packages",
            scripts=("wagtail", "django/contrib", "taggit"),
            newest=f"{_USERS}/0015_userprofile_keyboard_shortcuts.py",
            forget="DELETE FROM django_migrations WHERE name = '0015_userprofile_keyboard_shortcuts'",
            pending=(
                f"{_USERS}/0016_more.py",
                "class Migration:\n"
                '    dependencies = [("wagtailusers", "0015_userprofile_keyboard_shortcuts")]\n'
                "    operations = []\n",
            ),
        ),
        Application(
            name="catalog",
            packages="node_modules",
            scripts=(_KNEX,),
            newest=f"{_KNEX}/20260912000000_refresh_state_maintenance.js",
            forget="DELETE FROM knex_migrations WHERE id = (SELECT max(id) FROM knex_migrations)",
            pending=(f"{_KNEX}/20990101000000_more.js", "exports.up = exports.down = async () => {};\n"),
        ),
    )
}
