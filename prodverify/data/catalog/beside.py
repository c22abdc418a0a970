"""
What a restore has to bring back beside rows and schema: large objects, comments, names of what partitions have.

A line about all of a kind, with a checksum: there may be millions of them, and they may hold what is nobody's business.
"""

from __future__ import annotations

from psycopg import sql

from prodverify.data.catalog.contents import COMMENTS, LARGE_OBJECTS, PARTITION_INDEXES
from prodverify.data.catalog.relations import NO_MEMBER, OURS
from prodverify.data.connection import Connection

_PIECE_BYTES = 256 << 10
_COUNT = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata"

_HASH = "('x' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256({}), 'hex'), 16))::bit(64)::bigint::numeric"
_OF_TEXTS = "pg_catalog.hashtextextended(ROW({})::text, 0)::numeric"
_NUMBERED = "pg_catalog.convert_to({} || ' ' || {} || ' ', 'UTF8') || r.content"

# the pages of pg_largeobject may lie otherwise after a restore: what was never written comes back as zeros
_CONTENT = f"""
WITH RECURSIVE piece (oid, number, size, hash) AS (
    SELECT o.oid, 0::bigint, pg_catalog.length(r.content), {_HASH.format(_NUMBERED.format("o.oid", "0"))}
    FROM pg_catalog.pg_largeobject_metadata o,
        LATERAL (SELECT pg_catalog.lo_get(o.oid, 0, {_PIECE_BYTES}) OFFSET 0) AS r (content)
    UNION ALL
    SELECT p.oid, p.number + 1, pg_catalog.length(r.content),
        {_HASH.format(_NUMBERED.format("p.oid", "(p.number + 1)"))}
    FROM piece p,
        LATERAL (
            SELECT pg_catalog.lo_get(p.oid, (p.number + 1) * {_PIECE_BYTES}, {_PIECE_BYTES}) OFFSET 0) AS r (content)
    WHERE p.size = {_PIECE_BYTES})
SELECT sum(size)::text, sum(hash)::text FROM piece
"""
_GRANTEE = "CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END"
_RIGHTS = f"""
SELECT sum({_OF_TEXTS.format("o.oid, o.owner, o.rights")})::text
FROM (
    SELECT m.oid, pg_catalog.pg_get_userbyid(m.lomowner) AS owner, (
        SELECT pg_catalog.string_agg(
            pg_catalog.concat_ws(' ', {_GRANTEE}, a.privilege_type, a.is_grantable), ', '
            ORDER BY {_GRANTEE} COLLATE "C", a.privilege_type COLLATE "C")
        FROM pg_catalog.aclexplode(coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) AS a) AS rights
    FROM pg_catalog.pg_largeobject_metadata m) AS o
"""

# below this number are the objects that initdb makes; an extension's comment is that of the version installed
_COMMENTS = f"""
SELECT pg_catalog.count(*), sum({_OF_TEXTS.format("o.type, o.identity, d.description")})::text
FROM pg_catalog.pg_description d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
WHERE d.objoid >= 16384 AND d.classoid <> 'pg_catalog.pg_extension'::regclass
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                  WHERE m.classid = d.classoid AND m.objid = d.objoid AND m.deptype = 'e')
"""
_PARTITION_INDEXES = f"""
SELECT pg_catalog.count(*), sum({_OF_TEXTS.format("i.inhrelid::regclass::text, i.inhparent::regclass::text")})::text
FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('i', 'I') AND {OURS} AND {NO_MEMBER.format("pg_class", "c.oid")}
"""


def lines_beside(connection: Connection) -> tuple[str, ...]:
    """
    A line for each of these kinds that the database has, within the transaction of ``connection`` after ``pin``.

    Safe on a busy primary as pg_dump is: each large object is read once by one process, in pieces of 256 KiB, and
    nothing is locked. It needs the same right as pg_dump, to read each of them. All else is in the catalog.
    """
    lines = list(_large_objects(connection))
    for words, statement in ((COMMENTS, _COMMENTS), (PARTITION_INDEXES, _PARTITION_INDEXES)):
        row = connection.execute(sql.SQL(statement), prepare=False).fetchone()
        if row is not None and row[0]:
            lines.append(f"{words} {row[0]}, checksum {row[1]}")
    return tuple(lines)


def _large_objects(connection: Connection) -> tuple[str, ...]:
    row = connection.execute(_COUNT, prepare=False).fetchone()
    if row is None or not row[0]:
        return ()
    content = connection.execute(sql.SQL(_CONTENT), prepare=False).fetchone()
    rights = connection.execute(sql.SQL(_RIGHTS), prepare=False).fetchone()
    assert content is not None  # an aggregate without GROUP BY has exactly one row
    assert rights is not None
    checksum = int(str(content[1])) + int(str(rights[0]))
    return (f"{LARGE_OBJECTS} {row[0]}, {content[0]} bytes, checksum {checksum}",)
