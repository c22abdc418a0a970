"""TypeORM's table as it makes it on PostgreSQL (MigrationExecutor.ts, PostgresDriver.ts)."""

import pytest

from prodverify.data.migrations.typeorm import TOOL
from prodverify.record.findings import Unjudged

ONE, TWO, THREE = "One1700000000000", "Two1700000000001", "Three1700000000002"
SOURCE = """
import { MigrationInterface, QueryRunner } from "typeorm"
// class Old1600000000000 implements MigrationInterface
export class %s implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> { await runner.query(`CREATE TABLE "x" ("name" text = 'class A1')`) }
    async down(runner: QueryRunner): Promise<void> {}
}
"""
COMPILED = """
"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
class Anything { constructor() { this.name = '%s'; } async up(runner) {} async down(runner) {} }
exports.Anything = Anything;
"""
FILES = {"1700000000000-One.ts": SOURCE % ONE, "1700000000001-Two.js": COMPILED % TWO}
EMPTY = "TRUNCATE migrations"


@pytest.fixture(scope="module")
def place(databases):
    return databases(
        'CREATE TABLE "migrations" ("id" SERIAL NOT NULL, "timestamp" bigint NOT NULL, "name" character varying NOT'
        ' NULL, CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY ("id"))'
    )


def ran(*names):
    return 'INSERT INTO migrations ("timestamp", name) VALUES ' + ", ".join(
        f"({name[-13:]}, '{name}')" for name in names
    )


@pytest.mark.parametrize(
    ("names", "rules"),
    [
        ([ONE, TWO], []),
        ([ONE], ["pending"]),
        ([TWO], ["pending"]),
        ([ONE, TWO, THREE], ["code-behind"]),
        ([ONE, THREE], ["diverged"]),
        ([TWO, ONE], ["applied-out-of-order"]),
    ],
)
def test_rows_and_classes_are_compared_by_name(place, written, looked, names, rules):
    assert rules == list(looked(TOOL, place, written(FILES), EMPTY, ran(*names)))


def test_an_empty_table_is_a_database_to_be_migrated(place, written, looked):
    assert ["pending"] == list(looked(TOOL, place, written(FILES), EMPTY))


@pytest.mark.parametrize(
    "text",
    [
        SOURCE % ONE,
        (SOURCE % "Whatever").replace("{\n    async up", f"{{\n    name = '{ONE}'\n    async up"),
        (SOURCE % "Whatever").replace("{\n    async up", f'{{\n    public name: string = "{ONE}";\n    async up'),
        COMPILED % ONE,
        f"module.exports = class {ONE} {{ async up(runner) {{}} }}",
        f"var {ONE} = (function () {{ function {ONE}() {{ this.name = '{ONE}'; }} return {ONE}; }}());",
    ],
)
def test_a_name_is_read_from_source_and_from_what_was_compiled_of_it(written, text):
    assert {ONE} == TOOL.history(written({"a.ts": text})).known


def test_source_and_what_was_compiled_beside_it_is_one_migration(written):
    files = {"a.ts": SOURCE % ONE, "a.js": COMPILED % ONE, "a.d.ts": f"export declare class {TWO} {{}}"}
    others = {"node_modules/x/a.js": COMPILED % TWO, "helper.ts": "class Z {}"}

    assert {ONE} == TOOL.history(written({**files, **others})).known


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.ts": SOURCE % ONE, "b.ts": SOURCE % ONE}, f"a.ts and b.ts both are {ONE}"),
        ({"a.ts": SOURCE % "Nameless"}, "a.ts has a migration whose name does not end in a time of 13 digits"),
        ({"a.txt": ""}, "no script"),
    ],
)
def test_scripts_that_typeorm_would_refuse_say_why(written, files, said):
    with pytest.raises(Unjudged) as caught:
        TOOL.history(written(files))

    assert said == caught.value.finding.observed
