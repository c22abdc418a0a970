"""What tools of node write is what we read: each runs its own ``up``, and we read the table and the same folder."""

import json
import shutil

import pytest

from prodverify.data.migrations import drizzle, knex, node_pg_migrate, sequelize, typeorm
from tests.data.migrations.real import tools

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="needs node and npm")

KILLED = "process.kill(process.pid, 'SIGKILL')"


def knex_script(number, statement):
    return {f"{number:04}_x.js": f"exports.up = (knex) => knex.raw(`{statement}`)\nexports.down = () => null\n"}


def sequelize_script(number, statement):
    up = f"({{ context }}) => context.sequelize.query(`{statement}`)"
    return {f"{number:04}_x.js": f"module.exports = {{ up: {up}, down: async () => {{}} }}\n"}


def node_pg_migrate_script(number, statement):
    return {
        f"{1700000000000 + number}_x.js": f"exports.up = (pgm) => {{ pgm.sql(`{statement}`) }}\nexports.down = false\n"
    }


def typeorm_script(number, statement):
    name = f"X{1700000000000 + number}"
    body = f"async up(runner) {{ await runner.query(`{statement}`) }} async down() {{}}"
    return {f"{name}.js": f"class {name} {{ {body} }}\nmodule.exports = {{ {name} }}\n"}


def drizzle_script(number, statement):
    return {f"{number:04}_x.sql": statement}


SCRIPTS = {
    "knex": (knex.TOOL, knex_script),
    "sequelize": (sequelize.TOOL, sequelize_script),
    "node-pg-migrate": (node_pg_migrate.TOOL, node_pg_migrate_script),
    "typeorm": (typeorm.TOOL, typeorm_script),
    "drizzle": (drizzle.TOOL, drizzle_script),
}
OTHERS = [pytest.param(name, marks=pytest.mark.proof) for name in SCRIPTS if name != "knex"]


class Service:
    """A folder of migrations, and a database in which their own tool runs them."""

    def __init__(self, name, dsn, written, looked):
        self.name, self.dsn, self._written, self._looked = name, dsn, written, looked
        self.tool, self._script = SCRIPTS[name]
        self._statements = {}

    def has(self, statements):
        """Writes a script for each statement by number, in the order given."""
        self._statements = dict(statements)
        files = {}
        for number, statement in statements.items():
            files |= self._script(number, statement)
        if self.name == "drizzle":
            entries = [
                {"idx": n, "version": "7", "when": 1000 + n, "tag": f"{n:04}_x", "breakpoints": True}
                for n in statements
            ]
            files["meta/_journal.json"] = json.dumps({"version": "7", "dialect": "postgresql", "entries": entries})
        self.folder = self._written(files)

    def up(self):
        """Whether the tool's own run succeeded, and what it said."""
        if self.name == "knex":
            return tools.node("knex", "up.js", self.dsn, self.folder)
        return tools.node("node", "up.js", self.dsn, self.name, self.folder)

    @property
    def rules(self):
        return list(self._looked(self.tool, self.dsn, self.folder))


@pytest.fixture
def service(request, databases, written, looked):
    return Service(request.param, databases(), written, looked)


ONE = {1: "CREATE TABLE one (id int)"}
TWO = {**ONE, 2: "CREATE TABLE two (id int)"}
THREE = {**TWO, 3: "CREATE TABLE three (id int)"}


@pytest.mark.parametrize("service", ["knex", *OTHERS], indirect=True)
def test_what_the_tool_ran_is_in_sync_and_what_it_did_not_is_pending(service):
    service.has(TWO)
    assert ["table-missing"] == service.rules

    assert (True, "\n") == service.up()
    assert [] == service.rules

    service.has(THREE)
    assert ["pending"] == service.rules

    assert (True, "\n") == service.up()
    assert [] == service.rules

    service.has(TWO)
    assert ["code-behind"] == service.rules


@pytest.mark.proof
@pytest.mark.parametrize("service", SCRIPTS, indirect=True)
def test_one_that_failed_is_pending_because_no_row_tells_of_it(service):
    service.has({**ONE, 2: "CREATE TABLE two (id no_such_type)"})

    assert service.up()[0] is False
    assert ["pending"] == service.rules


@pytest.mark.proof
@pytest.mark.parametrize(
    ("service", "rules", "runs"),
    [
        ("knex", ["pending"], True),
        ("sequelize", ["pending"], True),
        ("typeorm", ["pending"], True),
        ("node-pg-migrate", ["out-of-order"], False),
        ("drizzle", ["out-of-order"], True),
    ],
    indirect=["service"],
)
def test_an_older_script_that_came_later_is_what_the_tool_makes_of_it(service, rules, runs):
    service.has({1: ONE[1], 3: THREE[3]})
    assert service.up()[0]

    service.has(THREE)
    assert rules == service.rules

    assert runs is service.up()[0]
    # what runs it has run it; what refuses or skips it is where it was, for ever
    left = {"pending": [], "out-of-order": ["out-of-order"]}[rules[0]]
    assert left == [rule for rule in service.rules if rule != "applied-out-of-order"]


@pytest.mark.proof
@pytest.mark.parametrize("service", ["drizzle"], indirect=True)
def test_a_script_that_drizzle_ran_and_somebody_changed_is_edited(service):
    service.has(TWO)
    assert service.up()[0]

    service.has({**ONE, 2: "CREATE TABLE two (id bigint)"})
    assert ["edited"] == service.rules


@pytest.mark.proof
@pytest.mark.parametrize("service", ["knex"], indirect=True)
def test_a_run_of_knex_that_was_killed_leaves_its_lock(service):
    service.has(ONE)
    assert service.up()[0]

    killed = (
        f"exports.config = {{ transaction: false }}\nexports.up = async () => {KILLED}\nexports.down = () => null\n"
    )
    (service.folder / "0002_x.js").write_text(killed, encoding="utf-8")
    assert service.up()[0] is False
    assert ["locked", "pending"] == sorted(service.rules)

    said = service.up()[1]
    assert "Migration table is already locked" in said
