"""Both sides of one entry of ``[[migrations]]``, as far as they can be told without asking the service."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from prodverify.data.connection import Connection
from prodverify.data.migrations import declared, git, tools
from prodverify.data.migrations.history import History, Recorded
from prodverify.data.migrations.tool import Tool
from prodverify.target.migrations import Migrations


@dataclass(frozen=True, slots=True)
class DatabaseSide:
    """What migrates a database, and what it recorded there."""

    tool: Tool
    recorded: Recorded


def database_side(entry: Migrations, connection: Connection) -> DatabaseSide:
    """What the database of ``connection`` records. Raises ``Unjudged`` where its table cannot be told or read."""
    tool = tools.only(connection) if entry.tool == "detect" else tools.TOOLS[entry.tool]
    return DatabaseSide(tool, tools.read(tool, connection, entry.version_table))


def code_of(entry: Migrations, tool: Tool, folder: Path) -> History | None:
    """
    The migrations that the code has, paths being relative to ``folder``; None where only ``code_path`` tells them.

    Raises ``Unjudged`` where what the entry names cannot be read.
    """
    if entry.heads:
        return tool.declared(entry.heads)
    if entry.manifest:
        return tool.declared(declared.from_manifest(folder / entry.manifest, entry.manifest_at))
    if not entry.folder:
        return None
    with ExitStack() as read:
        folders = [folder / each for each in (entry.folder, *entry.more_folders)]
        if entry.git_revision:
            folders = [
                read.enter_context(git.folder_at(folder / entry.repository, entry.git_revision, each))
                for each in (entry.folder, *entry.more_folders)
            ]
        return tool.history(folders[0], entry.branches, folders[1:])
