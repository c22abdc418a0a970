"""The code's side of one entry of ``[[migrations]]``, as far as it can be told without asking the service."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from prodverify.data.migrations import declared, git
from prodverify.data.migrations.history import History
from prodverify.data.migrations.tool import Tool
from prodverify.target.migrations import Migrations


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
