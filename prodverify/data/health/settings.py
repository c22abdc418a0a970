"""What the server is set to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

DANGEROUS: Mapping[str, tuple[str, str]] = {
    "fsync": ("off", "a crash of the machine can destroy every database"),
    "full_page_writes": ("off", "a crash can leave pages that are half old, half new"),
    "autovacuum": ("off", "tables grow and transaction numbers run out"),
    "track_counts": ("off", "autovacuum does not know what to do"),
    "data_checksums": ("off", "a page that the disk returns altered is taken for good"),
    "ignore_checksum_failure": ("on", "damaged pages are taken for good"),
    "zero_damaged_pages": ("on", "damaged pages are emptied without a word"),
}
"""Settings whose value endangers data, and what it may cost."""


def read(connection: Connection, names: Iterable[str]) -> Mapping[str, str]:
    """
    The values of settings, as SHOW prints them; those that the server does not have or does not show us are absent.
    Names are found in any case, as by SHOW, and come back as the server writes them.

    Safe on a busy primary: pg_settings is made of the server's own variables, no table is touched.
    """
    rows = connection.execute(
        "SELECT name, pg_catalog.current_setting(name) FROM pg_catalog.pg_settings WHERE lower(name) = ANY(%s)",
        (sorted({name.lower() for name in names}),),
    ).fetchall()
    return {str(name): str(value) for name, value in rows}
