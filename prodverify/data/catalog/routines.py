"""Functions, operators, extensions and what else stands beside the tables, as statements that read it."""

from __future__ import annotations

from prodverify.data.catalog.relations import MADE_BY_NONE, NO_MEMBER, OURS

_ROUTINES = f"""
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    p.oid::regprocedure::text, pg_catalog.concat_ws(', ',
        'returns ' || pg_catalog.pg_get_function_result(p.oid),
        CASE WHEN p.prokind <> 'a' THEN l.lanname END,
        CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END,
        CASE WHEN p.prosecdef THEN 'security definer' END),
    CASE WHEN p.prokind = 'a' THEN (
        SELECT pg_catalog.concat_ws(' ', g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggtranstype::regtype,
                                    g.agginitval, g.aggkind, g.aggsortop::regoperator)
        FROM pg_catalog.pg_aggregate g WHERE g.aggfnoid = p.oid)
    ELSE pg_catalog.pg_get_functiondef(p.oid) END
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE {OURS} AND {NO_MEMBER.format("pg_proc", "p.oid")}
  AND {MADE_BY_NONE.format("pg_proc", "p.oid")}
"""

_OPERATORS = f"""
SELECT 'operator', o.oid::regoperator::text, 'calls ' || o.oprcode::regproc
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE {OURS} AND {NO_MEMBER.format("pg_operator", "o.oid")}
"""

_CASTS = f"""
SELECT 'cast', '(' || k.castsource::regtype || ' as ' || k.casttarget::regtype || ')',
    CASE WHEN k.castfunc = 0 THEN 'without function' ELSE 'by ' || k.castfunc::regprocedure END
    || CASE k.castcontext WHEN 'a' THEN ' on assignment' WHEN 'i' THEN ' implicit' ELSE '' END
FROM pg_catalog.pg_cast k WHERE k.oid >= 16384 AND {NO_MEMBER.format("pg_cast", "k.oid")}
  AND {MADE_BY_NONE.format("pg_cast", "k.oid")}
"""

_COLLATIONS = f"""
SELECT 'collation', l.oid::regcollation::text, pg_catalog.concat_ws(' ',
    CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE 'default' END,
    'lc_collate ' || l.collcollate, 'lc_ctype ' || l.collctype, CASE WHEN NOT l.collisdeterministic
    THEN 'nondeterministic' END)
FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
WHERE {OURS} AND {NO_MEMBER.format("pg_collation", "l.oid")}
"""

_SEARCHES = f"""
SELECT 'text search configuration', g.oid::regconfig::text, 'parsed by ' || p.prsname || coalesce(': ' || (
    SELECT pg_catalog.string_agg(m.maptokentype || ' ' || m.mapdict::regdictionary, ', '
                                 ORDER BY m.maptokentype, m.mapseqno)
    FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = g.oid), '')
FROM pg_catalog.pg_ts_config g JOIN pg_catalog.pg_namespace n ON n.oid = g.cfgnamespace
JOIN pg_catalog.pg_ts_parser p ON p.oid = g.cfgparser
WHERE {OURS} AND {NO_MEMBER.format("pg_ts_config", "g.oid")}
"""

_EXTENSIONS = """
SELECT 'extension', pg_catalog.quote_ident(e.extname), 'version ' || e.extversion
    || CASE WHEN n.nspname IN ('public', 'pg_catalog') THEN '' ELSE ' in ' || pg_catalog.quote_ident(n.nspname) END
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
"""

_EVENT_TRIGGERS = f"""
SELECT 'event trigger', pg_catalog.quote_ident(t.evtname), 'on ' || t.evtevent
    || coalesce(' of ' || pg_catalog.array_to_string(t.evttags, ', '), '') || ' calls ' || t.evtfoid::regproc
    || CASE t.evtenabled WHEN 'D' THEN ' disabled' WHEN 'R' THEN ' enabled on replicas' WHEN 'A' THEN ' enabled always'
       ELSE '' END
FROM pg_catalog.pg_event_trigger t WHERE {NO_MEMBER.format("pg_event_trigger", "t.oid")}
"""

_PUBLICATIONS = """
SELECT 'publication', pg_catalog.quote_ident(p.pubname), pg_catalog.concat_ws(' ',
    CASE WHEN p.puballtables THEN 'of all tables' END,
    'of ' || (SELECT pg_catalog.string_agg(r.prrelid::regclass::text, ', '
                                           ORDER BY r.prrelid::regclass::text COLLATE "C")
              FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid),
    'for ' || pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
        CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
        CASE WHEN p.pubtruncate THEN 'truncate' END),
    CASE WHEN p.pubviaroot THEN 'by root' END)
FROM pg_catalog.pg_publication p
"""

# the names of options and never their values, which hold addresses and passwords
_SERVERS = f"""
SELECT 'server', pg_catalog.quote_ident(s.srvname), pg_catalog.concat_ws(' ',
    'by ' || pg_catalog.quote_ident(w.fdwname), 'type ' || s.srvtype, 'version ' || s.srvversion, 'options ' || (
        SELECT pg_catalog.string_agg(o.option_name, ', ' ORDER BY o.option_name COLLATE "C")
        FROM pg_catalog.pg_options_to_table(s.srvoptions) AS o))
FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE {NO_MEMBER.format("pg_foreign_server", "s.oid")}
"""

STATEMENTS = (
    _ROUTINES,
    _OPERATORS,
    _CASTS,
    _COLLATIONS,
    _SEARCHES,
    _EXTENSIONS,
    _EVENT_TRIGGERS,
    _PUBLICATIONS,
    _SERVERS,
)
"""Each row: a kind of object, its name, its definition, and of a routine its body."""
