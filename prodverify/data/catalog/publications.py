"""Publications, as a statement that reads them: what they can say of a table depends on the version."""

from __future__ import annotations

_WITH_FILTERS = 15
"""The first major version whose publications have columns, filters and whole schemas."""

_PUBLICATIONS = """
SELECT 'publication', pg_catalog.quote_ident(p.pubname), pg_catalog.concat_ws(' ',
    CASE WHEN p.puballtables THEN 'of all tables' END,
    'of ' || (SELECT pg_catalog.string_agg(r.prrelid::regclass{parts}, ', '
                                           ORDER BY r.prrelid::regclass::text COLLATE "C")
              FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid),
    {schemas},
    'for ' || pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
        CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
        CASE WHEN p.pubtruncate THEN 'truncate' END),
    CASE WHEN p.pubviaroot THEN 'by root' END,
    CASE pg_catalog.to_jsonb(p) ->> 'pubgencols' WHEN 's' THEN 'with stored generated columns' END)
FROM pg_catalog.pg_publication p
"""

_PARTS = """
    || coalesce(' (' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
                         FROM pg_catalog.pg_attribute a
                         WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) || ')', '')
    || coalesce(' where ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid), '')"""

_SCHEMAS = """'of schemas ' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(n.nspname), ', '
                                              ORDER BY n.nspname COLLATE "C")
                     FROM pg_catalog.pg_publication_namespace x
                     JOIN pg_catalog.pg_namespace n ON n.oid = x.pnnspid WHERE x.pnpubid = p.oid)"""


def statements(server_major: int) -> tuple[str, ...]:
    """Each row: a kind of object, its name and its definition."""
    if server_major < _WITH_FILTERS:
        return (_PUBLICATIONS.format(parts="::text", schemas="NULL"),)
    return (_PUBLICATIONS.format(parts=_PARTS, schemas=_SCHEMAS),)
