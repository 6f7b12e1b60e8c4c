-- Constraints of tables that are their own: those that a parent brings are left out. What an index says of them is
-- in `indexes.sql`. $1: the base schema, $2: the schemas. The names of columns are joined for all of them at once.
with wanted as materialized (
    select k.*
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where k.contype in ('p', 'u', 'c', 'f', 'x') and k.conparentid = 0 and (k.conislocal or k.coninhcount = 0)
      and c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and n.nspname = any ($2)
), columns as (
    select k.oid, pg_catalog.jsonb_agg(a.attname order by u.place) as list
    from wanted k
    cross join lateral unnest(k.conkey) with ordinality u (number, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
    where k.contype in ('p', 'u', 'f')
    group by k.oid
), referenced as (
    select k.oid, pg_catalog.jsonb_agg(a.attname order by u.place) as list
    from wanted k
    cross join lateral unnest(k.confkey) with ordinality u (number, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
    where k.contype = 'f'
    group by k.oid
)
select k.oid, k.conrelid, k.conindid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', k.conname,
    'kind', case k.contype when 'p' then 'primary_key' when 'u' then 'unique' when 'c' then 'check'
        when 'f' then 'foreign_key' else 'exclude' end,
    'columns', columns.list,
    'without_overlaps', case when k.contype in ('p', 'u') then k.conperiod end,
    'expression', case when k.contype = 'c' then pg_catalog.pg_get_expr(k.conbin, k.conrelid, true) end,
    'no_inherit', case when k.contype = 'c' then k.connoinherit end,
    'references', case when k.contype = 'f' then
        pg_catalog.jsonb_build_object('schema', nullif(fn.nspname, $1), 'name', f.relname) end,
    'referenced_columns', referenced.list,
    'on_delete', case k.confdeltype when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null'
        when 'd' then 'set default' end,
    'on_update', case k.confupdtype when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null'
        when 'd' then 'set default' end,
    'on_delete_columns', case when k.confdelsetcols is not null then (
        select pg_catalog.jsonb_agg(a.attname order by u.place)
        from unnest(k.confdelsetcols) with ordinality u (number, place)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
    ) end,
    'match_full', case when k.contype = 'f' then k.confmatchtype = 'f' end,
    'period', case when k.contype = 'f' then k.conperiod end,
    'method', case when k.contype = 'x' then '' end,
    'elements', case when k.contype = 'x' then '[]'::jsonb end,
    'operators', case when k.contype = 'x' then (
        select pg_catalog.jsonb_agg(
            case when opn.nspname in ('pg_catalog', $1) then o.oprname
            else 'operator(' || pg_catalog.quote_ident(opn.nspname) || '.' || o.oprname || ')' end
            order by u.place)
        from unnest(k.conexclop) with ordinality u (operator, place)
        join pg_catalog.pg_operator o on o.oid = u.operator
        join pg_catalog.pg_namespace opn on opn.oid = o.oprnamespace
    ) end,
    'deferral', case when k.condeferred then 'initially_deferred' when k.condeferrable then 'deferrable' end,
    'not_valid', not k.convalidated and k.conenforced,
    'not_enforced', not k.conenforced
))
from wanted k
left join columns on columns.oid = k.oid
left join referenced on referenced.oid = k.oid
left join pg_catalog.pg_class f on f.oid = k.confrelid
left join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
