"""Django: what it migrated itself is in sync, also with squashed migrations, and its scripts are never run."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from prodverify.data.connection import read_only
from prodverify.data.migrations import tools
from prodverify.data.migrations.django import TOOL, code
from prodverify.data.migrations.history import BrokenHistory
from prodverify.judges.migrations import judge
from prodverify.record.findings import Unjudged
from tests.data.migrations.scenes import write
from tests.examples.foreign import environment

LOCK = Path(__file__).parents[2] / "services" / "django" / "requirements.lock"
MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = {initial}
    dependencies = {dependencies}
    operations = [{operations}]
"""
SQUASHED = """
from django.db import migrations, models

class Migration(migrations.Migration):
    replaces = [('shop', '0001_initial'), ('shop', '0002_price')]
    initial = True
    dependencies = [migrations.swappable_dependency('auth.User')]
    operations = [migrations.CreateModel('Thing', [('id', models.BigAutoField(primary_key=True)),
                                                   ('price', models.IntegerField(default=0))])]
"""
CREATED = "migrations.CreateModel('Thing', [('id', models.BigAutoField(primary_key=True))])"
ADDED = "migrations.AddField('thing', '{0}', models.IntegerField(default=0))"
FILES = {
    "manage.py": "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)",
    "settings.py": (
        "import os\nINSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'shop', 'stock']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['NAME'],"
        " 'HOST': os.environ['HOST'], 'USER': os.environ['ROLE'], 'PORT': os.environ['PORT']}}\n"
    ),
    "shop/__init__.py": "",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": MIGRATION.format(initial=True, dependencies=[], operations=CREATED),
    "shop/migrations/0002_price.py": MIGRATION.format(
        initial=False,
        dependencies=[("shop", "0001_initial"), ("auth", "__first__")],
        operations=ADDED.format("price"),
    ),
    "stock/__init__.py": "",
    "stock/migrations/__init__.py": "",
    "stock/migrations/0001_initial.py": MIGRATION.format(
        initial=True, dependencies=[("shop", "0002_price")], operations=CREATED
    ),
}
THIRD = MIGRATION.format(initial=False, dependencies=[("shop", "0002_price")], operations=ADDED.format("weight"))


@pytest.fixture(scope="module")
def manage():
    """Runs a project's manage.py on a database and returns what it printed."""
    (packages,) = environment("django", LOCK).glob("lib/python*/site-packages")

    def run(project, dsn, *arguments):
        said = psycopg.conninfo.conninfo_to_dict(dsn)
        values = {
            "NAME": said["dbname"],
            "HOST": said["host"],
            "ROLE": said["user"],
            "PORT": str(said.get("port", "")),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(packages),
        }
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=project,
            env={**os.environ, **values},
            text=True,
            capture_output=True,
            timeout=60,
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout

    return run


def rules(project, dsn):
    with read_only(dsn, statement_timeout_ms=1000) as connection:
        database = tools.read(TOOL, connection)
    return [(each.rule, each.observed.rpartition("; ")[2]) for each in judge(code(project), database, TOOL.manner)]


def test_what_django_itself_migrated_is_in_sync_through_a_squash(databases, manage, tmp_path):
    dsn, project = databases(), write(tmp_path, FILES)
    manage(project, dsn, "migrate", "--verbosity=0")
    assert [] == rules(project, dsn)

    # a new migration that has not run yet
    write(project, {"shop/migrations/0003_weight.py": THIRD})
    assert [("migrations-pending", "1 pending: shop.0003_weight")] == rules(project, dsn)

    # the first two squashed: nothing to run but the third, and Django agrees
    write(project, {"shop/migrations/0001_squashed_0002.py": SQUASHED})
    assert [("migrations-pending", "1 pending: shop.0003_weight")] == rules(project, dsn)
    manage(project, dsn, "migrate", "--verbosity=0")
    assert [] == rules(project, dsn)

    # the old two gone
    for name in ("0001_initial", "0002_price"):
        (project / "shop" / "migrations" / f"{name}.py").unlink()
    assert [] == rules(project, dsn)
    assert "No migrations to apply" in manage(project, dsn, "migrate")

    # and, as Django's documentation goes on, what said that it is a squash
    alone = SQUASHED.replace("replaces = [('shop', '0001_initial'), ('shop', '0002_price')]", "")
    third = THIRD.replace("0002_price", "0001_squashed_0002")
    stock = FILES["stock/migrations/0001_initial.py"].replace("0002_price", "0001_squashed_0002")
    names = (
        "shop/migrations/0001_squashed_0002.py",
        "shop/migrations/0003_weight.py",
        "stock/migrations/0001_initial.py",
    )
    write(project, dict(zip(names, (alone, third, stock), strict=True)))
    assert "No migrations to apply" in manage(project, dsn, "migrate")
    assert ["migrations-script-removed"] == [rule for rule, _ in rules(project, dsn)]


def test_a_squashed_migration_alone_is_what_a_new_database_runs(databases, manage, tmp_path):
    dsn, project = databases(), write(tmp_path, {**FILES, "shop/migrations/0001_squashed_0002.py": SQUASHED})
    manage(project, dsn, "migrate", "shop", "--verbosity=0")

    assert [("migrations-pending", "1 pending: stock.0001_initial")] == rules(project, dsn)
    manage(project, dsn, "migrate", "--verbosity=0")
    assert [] == rules(project, dsn)


def test_scripts_are_read_and_never_run(tmp_path):
    trap = tmp_path / "ran"
    text = f"open({str(trap)!r}, 'w')\nimport nothing_of_the_kind\nclass Migration:\n    dependencies = made()\n"
    write(tmp_path, {"shop/migrations/__init__.py": "", "shop/migrations/0001.py": text})

    assert {"shop.0001"} == code(tmp_path).known
    assert not trap.exists()


def test_apps_may_be_chosen(tmp_path):
    write(tmp_path, FILES)

    assert {"shop.0001_initial", "shop.0002_price"} == TOOL.history(tmp_path, ("shop",)).known
    with pytest.raises(Unjudged, match="no branch shoop"):
        TOOL.history(tmp_path, ("shoop",))


def test_the_folder_of_one_apps_migrations_may_be_named(tmp_path):
    write(tmp_path, FILES)

    assert {"shop.0001_initial", "shop.0002_price"} == code(tmp_path / "shop" / "migrations").known


def test_apps_that_need_each_other_in_a_circle_still_make_a_history(tmp_path):
    first = "class Migration:\n    dependencies = [('b', '0001')]\n"
    second = "class Migration:\n    dependencies = [('a', '0001')]\n"
    write(
        tmp_path,
        {
            "a/migrations/__init__.py": "",
            "a/migrations/0001.py": first,
            "b/migrations/__init__.py": "",
            "b/migrations/0001.py": second,
        },
    )

    assert {"a.0001", "b.0001"} == code(tmp_path).known


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = 1", "a/migrations/0001.py has no class Migration"),
        ("class (", "0001.py cannot be read as Python"),
        ("class Migration:\n    replaces = [('a', n) for n in OLD]", "0001.py computes its replaces"),
        ("class Migration:\n    replaces = [('a', OLD)]", "0001.py computes its replaces"),
    ],
)
def test_a_file_that_is_no_migration_is_refused_as_django_does(tmp_path, text, complaint):
    write(tmp_path, {"a/migrations/__init__.py": "", "a/migrations/0001.py": text})

    with pytest.raises(BrokenHistory, match=complaint):
        code(tmp_path)


def test_code_about_migrations_is_no_apps_own(tmp_path):
    about = {
        "framework/db/migrations/__init__.py": "",
        "framework/db/migrations/autodetector.py": "class Autodetector: ...\n",
        "framework/db/migrations/migration.py": "class Migration: ...\n",
    }
    write(tmp_path, {**FILES, **about})

    assert {"shop", "stock"} == code(tmp_path).labels
