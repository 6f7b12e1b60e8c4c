-- Views and materialized views. $1: the base schema, $2: the schemas.
select c.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', c.relname),
    'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'materialized', c.relkind = 'm',
    'query', btrim(pg_catalog.pg_get_viewdef(c.oid, true), ' ;'),
    'options', (
        select pg_catalog.jsonb_object_agg(split_part(it, '=', 1), substr(it, strpos(it, '=') + 1))
        from unnest(c.reloptions) o (it)
    ),
    'access_method', nullif(am.amname, 'heap'),
    'tablespace', s.spcname,
    'clustered_on', (
        select ic.relname
        from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisclustered
    ),
    'without_data', not c.relispopulated
))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_am am on am.oid = c.relam
where c.relkind in ('v', 'm') and c.relpersistence <> 't' and n.nspname = any ($2)
