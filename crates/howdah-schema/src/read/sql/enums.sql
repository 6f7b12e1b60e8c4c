-- $1: the base schema, $2: the schemas.
select t.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', t.typname),
    'owner', pg_catalog.pg_get_userbyid(t.typowner),
    'labels', (
        select coalesce(pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder), '[]')
        from pg_catalog.pg_enum e where e.enumtypid = t.oid
    )
))
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'e' and n.nspname = any ($2)
