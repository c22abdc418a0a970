"""What is wrong with a backup's file."""

from __future__ import annotations


class DamagedDump(Exception):  # noqa: N818 - what is wrong with the file, as a clause
    """The file is not a whole dump, and cannot be relied on; the text is a clause that begins with "it"."""
