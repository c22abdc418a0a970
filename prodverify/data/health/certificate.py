"""Whether libpq trusts the server's certificate for the host that it was asked by."""

from __future__ import annotations

import os
import ssl
from pathlib import Path


def refused(dsn: str) -> str | None:
    """
    What libpq says against the certificate; empty where it trusts it, None where it had no authority to judge it by.

    One more connection is opened with ``sslmode=verify-full`` and closed without a statement, unless ``dsn`` demands
    that mode itself and has been connected by already. Authorities are those that the DSN, the environment or the home
    folder name, otherwise the system's: by their file, as ``sslrootcert=system`` is an empty folder to the libpq of
    psycopg's own wheel. Raises Unjudged where the server cannot be reached.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from prodverify.data.connection import CONNECT_TIMEOUT_SECONDS, location, refusals
    from prodverify.data.health.connections import BETWEEN_ATTEMPTS
    from prodverify.record.findings import Unjudged, inconclusive

    given = conninfo_to_dict(dsn)
    if given.get("sslmode") == "verify-full":
        return ""
    roots = given.get("sslrootcert") or os.environ.get("PGSSLROOTCERT") or ""
    if not roots and not (Path.home() / ".postgresql" / "root.crt").exists():
        roots = ssl.get_default_verify_paths().cafile or ""
        if not roots:
            return None
    asked = make_conninfo(
        dsn,
        sslmode="verify-full",
        **({"sslrootcert": str(roots)} if roots else {}),
        connect_timeout=str(CONNECT_TIMEOUT_SECONDS),
        application_name="prodverify certificate",
    )
    try:
        psycopg.connect(asked).close()
    except psycopg.OperationalError as error:
        told = refusals(error, dsn)
        if any("root certificate file" in text for text in told):
            return None
        for text in told:
            if "certificate" in text:
                return text.rpartition("failed: ")[2] or text
        raise Unjudged(
            inconclusive(
                "database-unreadable",
                f"a second connection to {location(dsn)}, with its certificate verified",
                BETWEEN_ATTEMPTS.join(told),
                next_step="verify again; if it stays so, look at the server's log",
            )
        ) from None
    return ""
