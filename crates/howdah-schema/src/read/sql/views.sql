-- Views and materialized views. $1: the base schema, $2: the schemas.
select c.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', c.relname),
    'materialized', c.relkind = 'm',
    'query', btrim(pg_catalog.pg_get_viewdef(c.oid, true), ' ;'),
    'options', (
        select pg_catalog.jsonb_object_agg(split_part(it, '=', 1), substr(it, strpos(it, '=') + 1))
        from unnest(c.reloptions) o (it)
    ),
    'without_data', not c.relispopulated
))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('v', 'm') and c.relpersistence <> 't' and n.nspname = any ($2)
