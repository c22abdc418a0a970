"""What is wrong with a backup's file."""

from __future__ import annotations

ROWS_ALONE = "it holds rows and makes no table for them, as pg_dump --data-only and --section=data write it"


class DamagedDump(Exception):  # noqa: N818 - what is wrong with the file, as a clause
    """The file is not a whole dump, and cannot be relied on; the text is a clause that begins with "it"."""
