"""Who owns an object and who may do what to it, as statements that read it."""

from __future__ import annotations

from prodverify.data.catalog.relations import DECLARED, MADE_BY_NONE, NO_MEMBER, OURS

# a sequence that a column owns goes with its table; a partition has an owner of its own
_OWNED = f"""
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
                      WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
       c.oid::regclass::text AS name, c.relowner AS owner, c.relacl AS acl,
       CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END AS sort,
       NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                   AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 AND c.relkind = 'S') AS told
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relpersistence <> 't' AND {OURS}
  AND {NO_MEMBER.format("pg_class", "c.oid")}
UNION ALL
SELECT 'schema', pg_catalog.quote_ident(n.nspname), n.nspowner, n.nspacl, 'n', true FROM pg_catalog.pg_namespace n
WHERE {OURS} AND {NO_MEMBER.format("pg_namespace", "n.oid")}
UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       p.oid::regprocedure::text, p.proowner, p.proacl, 'f', true
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE {OURS} AND {NO_MEMBER.format("pg_proc", "p.oid")}
  AND {MADE_BY_NONE.format("pg_proc", "p.oid")}
UNION ALL
SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, t.oid::regtype::text, t.typowner, t.typacl, 'T', true
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
WHERE {DECLARED} AND (t.typtype <> 'c' OR c.relkind = 'c') AND {OURS} AND {NO_MEMBER.format("pg_type", "t.oid")}
UNION ALL
SELECT 'publication', pg_catalog.quote_ident(p.pubname), p.pubowner, NULL, 'd', true FROM pg_catalog.pg_publication p
UNION ALL
SELECT 'server', pg_catalog.quote_ident(s.srvname), s.srvowner, s.srvacl, 'S', true FROM pg_catalog.pg_foreign_server s
WHERE {NO_MEMBER.format("pg_foreign_server", "s.oid")}
UNION ALL
SELECT 'foreign data wrapper', pg_catalog.quote_ident(w.fdwname), w.fdwowner, w.fdwacl, 'F', true
FROM pg_catalog.pg_foreign_data_wrapper w WHERE {NO_MEMBER.format("pg_foreign_data_wrapper", "w.oid")}
"""

_OWNERS = f"""
SELECT 'owner of', kind || ' ' || name || ':', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(owner))
FROM ({_OWNED}) AS owned WHERE told
"""

# by grantee, where the rights are others than PostgreSQL gives by itself; none at all are rights, too
_DIFFERENT = """
SELECT object.kind, object.name || ' to ' || CASE r.grantee
           WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.grantee)) END || ':',
       coalesce(r.rights, 'none')
FROM ({objects}) AS object CROSS JOIN LATERAL (
    SELECT coalesce(given.grantee, usual.grantee) AS grantee, given.rights, usual.rights AS before
    FROM (SELECT x.grantee, pg_catalog.string_agg(
              pg_catalog.lower(x.privilege_type) || CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END, ', '
              ORDER BY x.privilege_type COLLATE "C") AS rights
          FROM pg_catalog.aclexplode(object.acl) AS x GROUP BY x.grantee) AS given
    FULL JOIN (SELECT y.grantee, pg_catalog.string_agg(pg_catalog.lower(y.privilege_type), ', '
                   ORDER BY y.privilege_type COLLATE "C") AS rights
               FROM pg_catalog.aclexplode(object.usual) AS y GROUP BY y.grantee) AS usual
    ON usual.grantee = given.grantee) AS r
WHERE r.rights IS DISTINCT FROM r.before
"""

_GRANTS = _DIFFERENT.format(
    objects=f"""
SELECT 'grants on' AS kind, owned.kind || ' ' || owned.name AS name, owned.acl,
       pg_catalog.acldefault(owned.sort, owned.owner) AS usual
FROM ({_OWNED}) AS owned WHERE owned.acl IS NOT NULL
UNION ALL
SELECT 'grants on', 'column ' || c.oid::regclass || '.' || pg_catalog.quote_ident(a.attname), a.attacl,
       pg_catalog.acldefault('c', c.relowner)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.relpersistence <> 't' AND {OURS}
  AND {NO_MEMBER.format("pg_class", "c.oid")}
"""
)

# without a schema they take the place of the usual rights, with one they are added to them
_DEFAULTS = _DIFFERENT.format(
    objects="""
SELECT 'default grants of' AS kind, pg_catalog.concat_ws(' ',
           pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)), 'on',
           CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END,
           'in ' || pg_catalog.quote_ident(n.nspname)) AS name,
       d.defaclacl AS acl,
       CASE WHEN n.oid IS NULL THEN pg_catalog.acldefault(
           CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) END AS usual
FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
"""
)

STATEMENTS = (_OWNERS, _GRANTS, _DEFAULTS)
"""Each row: a kind of line, what it is about, and the role or the rights."""
