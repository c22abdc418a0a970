"""Functions, operators, extensions and what else stands beside the tables, as statements that read it."""

from __future__ import annotations

from prodverify.data.catalog.relations import MADE_BY_NONE, NO_MEMBER, OPTIONS, OURS

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
SELECT 'operator', o.oid::regoperator::text, pg_catalog.concat_ws(' ', 'calls ' || o.oprcode::regproc,
    'commutes with ' || nullif(o.oprcom, 0)::regoperator, 'negates ' || nullif(o.oprnegate, 0)::regoperator,
    'restricts by ' || nullif(o.oprrest, 0)::regproc, 'joins by ' || nullif(o.oprjoin, 0)::regproc,
    CASE WHEN o.oprcanhash THEN 'hashes' END, CASE WHEN o.oprcanmerge THEN 'merges' END)
FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE {OURS} AND {NO_MEMBER.format("pg_operator", "o.oid")}
"""

# two access methods may have families and classes of one name
_FAMILIES = f"""
SELECT 'operator family', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(f.opfname),
    pg_catalog.concat_ws(' ', 'using', pg_catalog.quote_ident(a.amname),
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', o.amopstrategy, o.amopopr::regoperator,
             'ordered by ' || pg_catalog.quote_ident(s.opfname)), ', '
             ORDER BY o.amopstrategy, o.amopopr::regoperator::text COLLATE "C")
         FROM pg_catalog.pg_amop o LEFT JOIN pg_catalog.pg_opfamily s ON s.oid = o.amopsortfamily
         WHERE o.amopfamily = f.oid),
        (SELECT 'functions ' || pg_catalog.string_agg(p.amprocnum || ' ' || p.amproc::regprocedure, ', '
             ORDER BY p.amprocnum, p.amproc::regprocedure::text COLLATE "C")
         FROM pg_catalog.pg_amproc p WHERE p.amprocfamily = f.oid))
FROM pg_catalog.pg_opfamily f JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace
JOIN pg_catalog.pg_am a ON a.oid = f.opfmethod
WHERE {OURS} AND {NO_MEMBER.format("pg_opfamily", "f.oid")}
"""

_CLASSES = f"""
SELECT 'operator class', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(k.opcname),
    pg_catalog.concat_ws(' ', 'using', pg_catalog.quote_ident(a.amname), 'for', k.opcintype::regtype,
        CASE WHEN k.opcdefault THEN 'by default' END, 'stored as ' || nullif(k.opckeytype, 0)::regtype,
        'of family', pg_catalog.quote_ident(f.opfname))
FROM pg_catalog.pg_opclass k JOIN pg_catalog.pg_namespace n ON n.oid = k.opcnamespace
JOIN pg_catalog.pg_am a ON a.oid = k.opcmethod JOIN pg_catalog.pg_opfamily f ON f.oid = k.opcfamily
WHERE {OURS} AND {NO_MEMBER.format("pg_opclass", "k.oid")}
"""

_CASTS = f"""
SELECT 'cast', '(' || k.castsource::regtype || ' as ' || k.casttarget::regtype || ')',
    CASE WHEN k.castfunc = 0 THEN 'without function' ELSE 'by ' || k.castfunc::regprocedure END
    || CASE k.castcontext WHEN 'a' THEN ' on assignment' WHEN 'i' THEN ' implicit' ELSE '' END
FROM pg_catalog.pg_cast k WHERE k.oid >= 16384 AND {NO_MEMBER.format("pg_cast", "k.oid")}
  AND {MADE_BY_NONE.format("pg_cast", "k.oid")}
"""

# an ICU locale stands in another column in 13 and 14, in 15 and 16, and from 17 on
_COLLATIONS = f"""
SELECT 'collation', l.oid::regcollation::text, pg_catalog.concat_ws(' ',
    CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE 'default' END,
    'locale ' || coalesce(pg_catalog.to_jsonb(l) ->> 'colllocale', pg_catalog.to_jsonb(l) ->> 'colliculocale',
                          CASE l.collprovider WHEN 'i' THEN l.collcollate END),
    CASE WHEN l.collprovider <> 'i' THEN 'lc_collate ' || l.collcollate || ' lc_ctype ' || l.collctype END,
    'rules ' || pg_catalog.quote_literal(pg_catalog.to_jsonb(l) ->> 'collicurules'),
    CASE WHEN NOT l.collisdeterministic THEN 'nondeterministic' END)
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

_DICTIONARIES = f"""
SELECT 'text search dictionary', d.oid::regdictionary::text, pg_catalog.concat_ws(' ', 'by',
    pg_catalog.quote_ident(t.tmplname), d.dictinitoption)
FROM pg_catalog.pg_ts_dict d JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
WHERE {OURS} AND {NO_MEMBER.format("pg_ts_dict", "d.oid")}
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

_SERVERS = f"""
SELECT 'server', pg_catalog.quote_ident(s.srvname), pg_catalog.concat_ws(' ',
    'by ' || pg_catalog.quote_ident(w.fdwname), 'type ' || s.srvtype, 'version ' || s.srvversion,
    {OPTIONS.format("s.srvoptions")})
FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
WHERE {NO_MEMBER.format("pg_foreign_server", "s.oid")}
"""

_WRAPPERS = f"""
SELECT 'foreign data wrapper', pg_catalog.quote_ident(w.fdwname), pg_catalog.concat_ws(' ',
    'handled by ' || nullif(w.fdwhandler, 0)::regproc, 'validated by ' || nullif(w.fdwvalidator, 0)::regproc,
    {OPTIONS.format("w.fdwoptions")})
FROM pg_catalog.pg_foreign_data_wrapper w WHERE {NO_MEMBER.format("pg_foreign_data_wrapper", "w.oid")}
"""

STATEMENTS = (
    _ROUTINES,
    _OPERATORS,
    _FAMILIES,
    _CLASSES,
    _CASTS,
    _COLLATIONS,
    _SEARCHES,
    _DICTIONARIES,
    _EXTENSIONS,
    _EVENT_TRIGGERS,
    _SERVERS,
    _WRAPPERS,
)
"""Each row: a kind of object, its name, its definition, and of a routine its body."""
