-- Rules, but for those that make views. $1: the base schema, $2: the schemas.
select r.oid, r.ev_class, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', r.rulename,
    'create', pg_catalog.regexp_replace(pg_catalog.pg_get_ruledef(r.oid, true), '\s*;\s*\Z', ''),
    'enabled', case r.ev_enabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
))
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN' and c.relpersistence <> 't' and n.nspname = any ($2) and $1::text is not null
