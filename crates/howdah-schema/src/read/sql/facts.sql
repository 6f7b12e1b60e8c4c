-- How large relations are, how many rows they are believed to have, which indexes are invalid, and what is being
-- vacuumed. What vanishes meanwhile has no size. $1: the base schema, $2: the schemas.
select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', c.relname),
    'bytes', nullif(w.bytes, 0),
    'index_bytes', nullif(pg_catalog.pg_indexes_size(c.oid), 0),
    'rows', case when c.reltuples > 0 or c.reltuples = 0 and w.bytes = 0 then c.reltuples::bigint end,
    'invalid_indexes', (
        select pg_catalog.jsonb_agg(ic.relname order by ic.relname)
        from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
        where i.indrelid = c.oid and not i.indisvalid
    ),
    'vacuum', (
        select case when bool_or(a.backend_type = 'autovacuum worker') then 'automatic' else 'manual' end
        from pg_catalog.pg_stat_progress_vacuum v
        left join pg_catalog.pg_stat_activity a on a.pid = v.pid
        where v.relid = c.oid and v.datname = pg_catalog.current_database()
        having count(*) > 0
    )
))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select pg_catalog.pg_table_size(c.oid) as bytes) w
where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't' and n.nspname = any ($2)
order by n.nspname, c.relname
