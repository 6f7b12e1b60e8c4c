-- $1: the base schema, $2: the schemas. Where the catalog keeps an ICU or built-in locale depends on the version.
select l.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', l.collname),
    'provider', case l.collprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
    'locale', coalesce(w.own ->> 'colllocale', w.own ->> 'colliculocale',
        case when l.collcollate = l.collctype then l.collcollate end),
    'lc_collate', case when l.collcollate <> l.collctype then l.collcollate end,
    'lc_ctype', case when l.collcollate <> l.collctype then l.collctype end,
    'deterministic', l.collisdeterministic,
    'rules', w.own ->> 'collicurules',
    'owner', pg_catalog.pg_get_userbyid(l.collowner)
))
from pg_catalog.pg_collation l
join pg_catalog.pg_namespace n on n.oid = l.collnamespace
cross join lateral (select pg_catalog.to_jsonb(l) as own) w
where n.nspname = any ($2)
