-- Materialized views, each after those that it reads, also through views; and whether it can be refreshed
-- concurrently: it has rows, and a unique index of columns, of all rows.
with recursive reads as (
    select distinct d.refobjid as source, r.ev_class as reader
    from pg_catalog.pg_depend d
    join pg_catalog.pg_rewrite r on r.oid = d.objid
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid <> r.ev_class
), depths (relation, depth) as (
    select oid, 0 from pg_catalog.pg_class where relkind in ('m', 'v')
    union
    select reader, depth + 1 from depths join reads on source = relation
)
select n.nspname, c.relname,
    c.relispopulated and exists (
        select from pg_catalog.pg_index i
        where i.indrelid = c.oid and i.indisunique and i.indisvalid
          and i.indpred is null and i.indexprs is null
    )
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join depths on relation = c.oid
where c.relkind = 'm'
group by c.oid, n.nspname, c.relname, c.relispopulated
order by max(depth), n.nspname, c.relname
