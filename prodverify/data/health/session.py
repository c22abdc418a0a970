"""Who we are on the server, what we could do there, and whether what we say is encrypted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prodverify.data.connection import Connection

MOST_TABLES = 10_000
"""Tables whose rights are looked at; a schema of more is judged by these."""
_FIRST_OWN_OID = 16_384  # FirstNormalObjectId in src/include/access/transam.h: what is below was made by initdb
_STRONG_ROLES = (
    "pg_write_all_data",
    "pg_execute_server_program",
    "pg_write_server_files",
    "pg_read_server_files",
    "pg_signal_backend",
    "pg_maintain",
    "pg_create_subscription",
)
_ATTRIBUTES = {
    "rolsuper": "a superuser",
    "rolcreaterole": "allowed to make roles (CREATEROLE)",
    "rolcreatedb": "allowed to make databases (CREATEDB)",
    "rolreplication": "allowed to copy the whole server (REPLICATION)",
    "rolbypassrls": "above row security (BYPASSRLS)",
}


@dataclass(frozen=True, slots=True)
class Session:
    """
    Our session as the server sees it.

    ``role`` is whose rights count (``current_user``), ``login`` who logged in. ``strengths`` are words for everything
    beyond reading that ``login`` has or can take by SET ROLE. ``sees_all`` says that the role has pg_read_all_stats,
    without which other sessions' states are hidden. ``encrypted`` is libpq's own state; ``encrypted_at_server`` is the
    server's, which behind a pooler is about another connection; true, too, where that one stays on its machine.
    """

    version: int
    role: str
    login: str
    database: str
    standby: bool
    sees_all: bool
    strengths: tuple[str, ...]
    encrypted: bool
    encrypted_at_server: bool
    protocol: str
    host: str

    @property
    def local(self) -> bool:
        """Whether the connection goes through a unix socket, which never leaves the machine."""
        return self.host.startswith(("/", "@"))


def read(connection: Connection) -> Session:
    """
    Safe on a busy primary: functions on our own session, and pg_stat_ssl restricted to it; no table is touched.

    Works for every role, on a standby too.
    """
    row = connection.execute(
        """
        SELECT current_setting('server_version_num')::int, current_user::text, session_user::text,
               pg_catalog.current_database()::text, pg_catalog.pg_is_in_recovery(),
               pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
               (SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid())
               OR pg_catalog.inet_client_addr() IS NULL
               OR pg_catalog.inet_client_addr() = pg_catalog.inet_server_addr(),
               (SELECT version FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid())
        """
    ).fetchone()
    assert row is not None  # a SELECT without FROM
    version, role, login, database, standby, sees_all, encrypted_there, protocol = row
    return Session(
        version=int(str(version)),
        role=str(role),
        login=str(login),
        database=str(database),
        standby=bool(standby),
        sees_all=bool(sees_all),
        strengths=_strengths(connection),
        encrypted=bool(connection.pgconn.ssl_in_use),
        encrypted_at_server=bool(encrypted_there),
        protocol=str(protocol or ""),
        host=connection.info.host,
    )


def _strengths(connection: Connection) -> tuple[str, ...]:
    """
    Safe on a busy primary: reads pg_roles and pg_database, and asks the privilege cache about at most ``MOST_TABLES``
    entries of pg_class and the few columns that have grants of their own, without opening or locking any of these.
    """
    columns = ", ".join(f"coalesce(bool_or({column}), false)" for column in _ATTRIBUTES)
    row = connection.execute(
        f"SELECT {columns} FROM pg_catalog.pg_roles WHERE pg_catalog.pg_has_role(session_user, oid, 'MEMBER')"
    ).fetchone()
    assert row is not None  # an aggregate
    words = [word for word, has in zip(_ATTRIBUTES.values(), row, strict=True) if has]
    if row[0]:
        return tuple(words[:1])  # a superuser has all the others too
    member = connection.execute(
        "SELECT rolname::text FROM pg_catalog.pg_roles"
        " WHERE rolname = ANY(%s) AND pg_catalog.pg_has_role(session_user, oid, 'MEMBER') ORDER BY 1",
        (list(_STRONG_ROLES),),
    ).fetchall()
    words += [f"a member of {name}" for (name,) in member]
    owner = connection.execute(
        "SELECT pg_catalog.pg_has_role(session_user, datdba, 'MEMBER') FROM pg_catalog.pg_database"
        " WHERE datname = pg_catalog.current_database()"
    ).fetchone()
    if owner and owner[0]:
        words.append("the database's owner")
    tables = connection.execute(
        """
        SELECT count(*) FILTER (WHERE pg_catalog.pg_has_role(session_user, relowner, 'MEMBER')),
               count(*) FILTER (WHERE
                   pg_catalog.has_table_privilege(session_user, oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                   OR oid IN (SELECT attrelid FROM pg_catalog.pg_attribute WHERE attacl IS NOT NULL
                              AND pg_catalog.has_column_privilege(session_user, attrelid, attnum, 'INSERT, UPDATE')))
        FROM (SELECT oid, relowner FROM pg_catalog.pg_class
              WHERE relkind IN ('r', 'p') AND oid >= %s AND relpersistence <> 't' LIMIT %s) AS own
        """,
        (_FIRST_OWN_OID, MOST_TABLES),
    ).fetchone()
    assert tables is not None  # an aggregate
    owned, writable = (int(str(number)) for number in tables)
    if owned:
        words.append(f"the owner of {owned} {'table' if owned == 1 else 'tables'}")
    if writable:
        words.append(f"allowed to write to {writable} {'table' if writable == 1 else 'tables'}")
    return tuple(words)
