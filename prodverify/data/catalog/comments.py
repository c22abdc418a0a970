"""What is said of an object, as a statement that reads it: of a text, which is anybody's, a checksum and its length."""

from __future__ import annotations

# below this number are the objects that initdb makes; public may have been made anew, and a dump has its comment where
# that is another than initdb's; an extension's comment is that of the version installed
_COMMENTS = """
SELECT 'comment on', o.type || ' ' || o.identity || ':', pg_catalog.length(d.description) || ' characters, checksum '
    || pg_catalog.hashtextextended(d.description, 0)
FROM pg_catalog.pg_description d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
WHERE d.classoid <> 'pg_catalog.pg_extension'::regclass
  AND CASE WHEN d.classoid = 'pg_catalog.pg_namespace'::regclass AND o.identity = 'public'
           THEN d.description <> 'standard public schema' ELSE d.objoid >= 16384 END
  AND o.identity IS NOT NULL AND o.identity !~ '(^| on )pg_temp'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                  WHERE m.classid = d.classoid AND m.objid = d.objoid AND m.deptype = 'e')
"""

STATEMENTS = (_COMMENTS,)
"""Each row: a kind of line, what it is about, and the checksum."""
