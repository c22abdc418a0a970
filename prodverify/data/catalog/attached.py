"""Constraints, indexes, triggers, rules, policies, statistics: what belongs to a table, as statements that read it."""

from __future__ import annotations

from prodverify.data.catalog.relations import NO_MEMBER, OURS, WITH_OPTIONS

_OF_TABLE = f"""
JOIN pg_catalog.pg_class c ON c.oid = {{0}} JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND {OURS} AND {NO_MEMBER.format("pg_class", "c.oid")}
"""

# the internal triggers of a foreign key, on both of its tables, are what enforces it
_DISABLED = """k.oid IN (SELECT g.tgconstraint FROM pg_catalog.pg_trigger g
                      WHERE g.tgconstraint <> 0 AND g.tgisinternal AND g.tgenabled NOT IN ('O', 'A'))"""

# what a partition has from its parent is its parent's, and a foreign key to a partitioned table is one, whatever was
# made for each of its partitions
_CONSTRAINTS = f"""
SELECT 'constraint', c.oid::regclass || '.' || pg_catalog.quote_ident(k.conname),
    pg_catalog.pg_get_constraintdef(k.oid)
    || coalesce(' ' || (SELECT {WITH_OPTIONS.format("i.reloptions")} FROM pg_catalog.pg_class i
                        WHERE i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')), '')
    || CASE WHEN {_DISABLED} THEN ' not enforced: its triggers are disabled' ELSE '' END
FROM pg_catalog.pg_constraint k {_OF_TABLE.format("k.conrelid")}
  AND k.contype IN ('c', 'f', 'p', 'u', 'x')
  AND (k.conparentid = 0 AND (k.conislocal OR NOT c.relispartition) OR {_DISABLED})
"""

# an index that a constraint made is told by the constraint
_INDEXES = f"""
SELECT 'index', x.indexrelid::regclass::text,
    pg_catalog.regexp_replace(
        pg_catalog.substr(pg_catalog.pg_get_indexdef(x.indexrelid),
            pg_catalog.length('CREATE INDEX  ' || CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END
                              || pg_catalog.quote_ident(r.relname))),
        '^ ON (ONLY )?', CASE WHEN x.indisunique THEN 'unique on ' ELSE 'on ' END)
    || CASE WHEN x.indisvalid THEN '' ELSE ' not valid' END
FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class r ON r.oid = x.indexrelid {_OF_TABLE.format("x.indrelid")}
  AND c.relkind IN ('r', 'p', 'm') AND NOT r.relispartition AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""

_STATE = """CASE {} WHEN 'D' THEN ' disabled' WHEN 'R' THEN ' enabled on replicas' WHEN 'A' THEN ' enabled always'
ELSE '' END"""

# of arguments there is a hash: web hooks have their tokens there
_ARGUMENTS = r"""CASE WHEN t.tgnargs = 0 THEN {0} ELSE pg_catalog.regexp_replace({0},
    'EXECUTE FUNCTION ((?:"(?:[^"]|"")*"|[^"(])+)\(.*\)$', 'EXECUTE FUNCTION \1(' || t.tgnargs || ' arguments, sha256 '
    || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(t.tgargs), 'hex'), 32) || ')') END"""

# a partition has the triggers of its parent, and is told of those alone that are enabled otherwise
_TRIGGERS = f"""
SELECT 'trigger', c.oid::regclass || '.' || pg_catalog.quote_ident(t.tgname),
    pg_catalog.substr({_ARGUMENTS.format("pg_catalog.pg_get_triggerdef(t.oid)")},
        pg_catalog.length('CREATE TRIGGER  ' || CASE WHEN t.tgconstraint <> 0 THEN 'CONSTRAINT ' ELSE '' END
                          || pg_catalog.quote_ident(t.tgname)) + 1)
    || {_STATE.format("t.tgenabled")}
FROM pg_catalog.pg_trigger t {_OF_TABLE.format("t.tgrelid")} AND NOT t.tgisinternal
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger p WHERE p.oid = t.tgparentid AND p.tgenabled = t.tgenabled)
"""

_RULES = f"""
SELECT 'rule', c.oid::regclass || '.' || pg_catalog.quote_ident(r.rulename),
    pg_catalog.btrim(pg_catalog.substr(pg_catalog.pg_get_ruledef(r.oid),
        pg_catalog.length('CREATE RULE  AS ' || pg_catalog.quote_ident(r.rulename)) + 1), E' \\n;')
    || {_STATE.format("r.ev_enabled")}
FROM pg_catalog.pg_rewrite r {_OF_TABLE.format("r.ev_class")} AND r.rulename <> '_RETURN'
"""

_POLICIES = f"""
SELECT 'policy', c.oid::regclass || '.' || pg_catalog.quote_ident(p.polname), pg_catalog.concat_ws(' ',
    CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
    'for ' || CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
                            ELSE 'all' END,
    'to ' || (SELECT pg_catalog.string_agg(
                  CASE WHEN each = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(each)) END,
                  ', ' ORDER BY pg_catalog.pg_get_userbyid(each)::text COLLATE "C")
              FROM pg_catalog.unnest(p.polroles) AS each),
    'using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
    'with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')')
FROM pg_catalog.pg_policy p {_OF_TABLE.format("p.polrelid")}
"""

_STATISTICS = f"""
SELECT 'statistics', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.stxname),
    pg_catalog.substr(pg_catalog.pg_get_statisticsobjdef(s.oid),
        pg_catalog.length('CREATE STATISTICS ' || pg_catalog.quote_ident(n.nspname) || '.'
                          || pg_catalog.quote_ident(s.stxname)) + 2)
    || coalesce(' statistics ' || nullif(s.stxstattarget, -1), '')
FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE {OURS} AND {NO_MEMBER.format("pg_statistic_ext", "s.oid")}
"""

STATEMENTS = (_CONSTRAINTS, _INDEXES, _TRIGGERS, _RULES, _POLICIES, _STATISTICS)
"""Each row: a kind of object, its name, and its definition."""
