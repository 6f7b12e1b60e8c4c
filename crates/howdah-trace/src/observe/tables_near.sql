-- $1: names of relations as a JSON array; none of them is all
with recursive named as (
    select coalesce(i.indrelid, c.oid) as oid
    from pg_catalog.pg_class c
    left join pg_catalog.pg_index i on i.indexrelid = c.oid
    where c.oid >= 16384
        and (
            $1::text = '[]'
            or c.relname in (select pg_catalog.json_array_elements_text($1::text::json))
        )
),
family as (
    select oid from named
    union
    select case when family.oid = inhrelid then inhparent else inhrelid end
    from family
    join pg_catalog.pg_inherits on family.oid in (inhrelid, inhparent)
),
tied as (
    select oid from family
    union
    select case when family.oid = conrelid then confrelid else conrelid end
    from family
    join pg_catalog.pg_constraint on family.oid in (conrelid, confrelid)
    where contype = 'f'
)
select c.oid
from tied
join pg_catalog.pg_class c on c.oid = tied.oid
where c.relkind in ('r', 'p', 'm')
order by c.relname
