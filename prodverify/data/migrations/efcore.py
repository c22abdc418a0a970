"""Entity Framework Core's two sides: classes with a migration's id as attribute, and a row for each that was run."""

from __future__ import annotations

import re
from pathlib import Path

from prodverify.data.connection import Connection
from prodverify.data.migrations.history import BrokenHistory, History, Recorded, Revision
from prodverify.data.migrations.manner import Manner
from prodverify.data.migrations.numbering import below
from prodverify.data.migrations.tool import NotAVersionTable, TableName, Tool, every_row, script_bytes
from prodverify.record.findings import inconclusive

_TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|(@"(?:""|[^"])*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.DOTALL)

_ATTRIBUTE = re.compile(r"""[\[,]\s*(?:\w+\.)*Migration(?:Attribute)?\s*\(\s*(?:id\s*:\s*)?@?"([^"]+)"\s*\)""")

_COLUMN = """
SELECT a.attname FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attname IN ('MigrationId', 'migration_id', 'migrationid')
ORDER BY 1 LIMIT 1
"""


def code(folder: Path) -> History:
    """
    The ids of ``[Migration("id")]`` in the ``*.cs`` of ``folder`` and below, in order (MigrationsAssembly.cs).

    The generator puts the attribute into ``*.Designer.cs``, people put it beside the class: both are read, by pattern;
    an id that is no literal is not seen. There are no checksums because EF Core records none.
    """
    found: dict[str, Path] = {}
    for path in below(folder, besides=("bin", "obj")):
        if path.suffix == ".cs" and path.is_file():
            text = _TOKEN.sub(lambda token: token[1] or " ", script_bytes(path).decode("utf-8-sig", "replace"))
            for name in _ATTRIBUTE.findall(text):
                if name in found:
                    raise BrokenHistory(f"{found[name].name} and {path.name} both are {name}")
                found[name] = path
    return History.chain(Revision(name) for name in sorted(found))


def read(connection: Connection, table: TableName) -> Recorded:
    """
    The ids (HistoryRepository.cs: ``"MigrationId"`` and ``"ProductVersion"``); naming conventions that people add
    change the columns and not the table. A failed migration has no row.

    Safe on a busy primary: one look at the catalog, and a small table.
    """
    column = connection.execute(_COLUMN, (table.schema, table.name)).fetchone()
    if column is None:
        raise NotAVersionTable(
            inconclusive(
                "migrations-table-of-another-tool",
                f"a version table of EF Core as {table.source}",
                "no column MigrationId",
                next_step="let tool and version_table in [[migrations]] name what migrates this database",
            )
        )
    return every_row(connection, table, str(column[0]))


TOOL = Tool(
    name="efcore",
    tables=("__EFMigrationsHistory",),
    columns=frozenset(),
    read=read,
    code=code,
    manner=Manner(
        title="EF Core",
        means="all",
        scripts="a folder of EF Core migrations",
        upgrade="dotnet ef database update",
        look="dotnet ef migrations list",
        key=lambda name: (name,),
        bears_gaps=True,
    ),
)
