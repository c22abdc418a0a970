"""
What a restore has to bring back beside rows and schema: large objects, names of what partitions have, rare things.

A line about all of a kind, with a checksum: there may be millions of them, and they may hold what is nobody's business.
"""

from __future__ import annotations

from psycopg import sql

from prodverify.data.catalog.contents import LARGE_OBJECTS, OTHERS, PARTITION_INDEXES
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

_PARTITION_INDEXES = f"""
SELECT pg_catalog.count(*), sum({_OF_TEXTS.format("i.inhrelid::regclass::text, i.inhparent::regclass::text")})::text
FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('i', 'I') AND {OURS} AND {NO_MEMBER.format("pg_class", "c.oid")}
"""
# a superuser alone dumps them, and may read them in every version; they come back disabled
_SUBSCRIPTIONS = """
    UNION ALL SELECT 'pg_subscription'::regclass, s.oid, 0,
        ROW(s.subslotname, (
            SELECT pg_catalog.array_agg(p ORDER BY p) FROM pg_catalog.unnest(s.subpublications) AS p))::text
    FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
    WHERE d.datname = pg_catalog.current_database()
"""
# what hardly anybody has; of a user mapping options, which hold passwords, are left out
_OTHERS = f"""
SELECT pg_catalog.count(*), sum({_OF_TEXTS.format("o.type, o.identity, each.said")})::text
FROM (
    SELECT 'pg_language'::regclass, l.oid, 0, ROW(l.lanpltrusted, l.lanplcallfoid::regproc)::text
    FROM pg_catalog.pg_language l
    UNION ALL SELECT 'pg_conversion'::regclass, c.oid, 0,
        ROW(c.conforencoding, c.contoencoding, c.conproc::regproc, c.condefault)::text
    FROM pg_catalog.pg_conversion c
    UNION ALL SELECT 'pg_transform'::regclass, t.oid, 0, ROW(t.trffromsql::regproc, t.trftosql::regproc)::text
    FROM pg_catalog.pg_transform t
    UNION ALL SELECT 'pg_am'::regclass, a.oid, 0, ROW(a.amtype, a.amhandler::regproc)::text
    FROM pg_catalog.pg_am a
    UNION ALL SELECT 'pg_ts_parser'::regclass, p.oid, 0, ROW(p.prsstart::regproc, p.prstoken::regproc)::text
    FROM pg_catalog.pg_ts_parser p
    UNION ALL SELECT 'pg_ts_template'::regclass, e.oid, 0, ROW(e.tmplinit::regproc, e.tmpllexize::regproc)::text
    FROM pg_catalog.pg_ts_template e
    UNION ALL SELECT 'pg_user_mapping'::regclass, m.umid, 0, '' FROM pg_catalog.pg_user_mappings m
    UNION ALL SELECT 'pg_class'::regclass, x.attrelid, x.attnum, x.attstattarget::text
    FROM pg_catalog.pg_attribute x JOIN pg_catalog.pg_class i ON i.oid = x.attrelid
    WHERE i.relkind IN ('i', 'I') AND x.attstattarget >= 0
    UNION ALL SELECT b.classoid, b.objoid, b.objsubid, ROW(b.provider, b.label)::text FROM pg_catalog.pg_seclabel b
    {{}}
) AS each (class, oid, part, said)
CROSS JOIN LATERAL pg_catalog.pg_identify_object(each.class, each.oid, each.part) AS o
WHERE each.oid >= 16384 AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend m WHERE m.classid = each.class AND m.objid = each.oid AND m.deptype = 'e')
"""


def lines_beside(connection: Connection) -> tuple[str, ...]:
    """
    A line for each of these kinds that the database has, within the transaction of ``connection`` after ``pin``.

    Safe on a busy primary as pg_dump is: each large object is read once by one process, in pieces of 256 KiB, and
    nothing is locked. It needs the same right as pg_dump, to read each of them. All else is in the catalog.
    """
    lines = list(_large_objects(connection))
    superuser = connection.info.parameter_status("is_superuser") == "on"
    others = _OTHERS.format(_SUBSCRIPTIONS if superuser else "")
    for words, statement in ((PARTITION_INDEXES, _PARTITION_INDEXES), (OTHERS, others)):
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
