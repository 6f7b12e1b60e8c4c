-- What a schema does not tell: sizes, and what goes on. One row for each relation that has a file or partitions.
with relations as (
    select c.oid, n.nspname, c.relname, c.relkind, i.indrelid, i.indisvalid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_index i on i.indexrelid = c.oid
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and (c.relkind in ('r', 'p', 'm') or (c.relkind in ('i', 'I') and not i.indisvalid))
),
leaves as (
    select r.oid, coalesce(t.relid, r.oid) as leaf
    from relations r
    left join lateral pg_catalog.pg_partition_tree(r.oid) t on r.relkind = 'p' and t.isleaf
),
sizes as (
    select l.oid,
        -- a table that was never analyzed has -1 rows, or 0 before 14
        sum(greatest(c.reltuples::bigint, coalesce(s.n_live_tup, 0), 0)) as rows,
        sum(pg_catalog.pg_relation_size(l.leaf)) as bytes,
        sum(pg_catalog.pg_indexes_size(l.leaf)) as index_bytes
    from leaves l
    join pg_catalog.pg_class c on c.oid = l.leaf
    left join pg_catalog.pg_stat_all_tables s on s.relid = l.leaf
    group by l.oid
)
select r.nspname, r.relname,
    r.relkind in ('i', 'I') as is_index,
    coalesce(r.indisvalid, true) as is_valid,
    z.rows, coalesce(z.bytes, 0) as bytes, coalesce(z.index_bytes, 0) as index_bytes,
    exists (
        select from pg_catalog.pg_stat_progress_vacuum v
        join pg_catalog.pg_stat_activity a on a.pid = v.pid
        where v.relid = r.oid and a.backend_type = 'autovacuum worker'
    ) as autovacuum
from relations r
join sizes z on z.oid = r.oid
order by 1, 2
