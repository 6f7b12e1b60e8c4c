-- Columns of tables and views that are their own: a partition has its parent's. $1: the base schema, $2: the schemas.
select a.attrelid, a.attnum, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', a.attname,
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'not_null', a.attnotnull,
    'not_null_constraint', case when nn.conname <> c.relname || '_' || a.attname || '_not_null'
        or not nn.convalidated or nn.connoinherit or not nn.conislocal or dn.description is not null
    then pg_catalog.jsonb_build_object(
        'name', case when nn.conislocal then nn.conname end, 'not_valid', not nn.convalidated and nn.conislocal,
        'no_inherit', nn.connoinherit, 'inherited', not nn.conislocal,
        'comment', dn.description) end,
    'default', case when d.oid is not null and a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) end,
    'identity', case when a.attidentity <> '' then
        pg_catalog.jsonb_build_object('always', a.attidentity = 'a') end,
    'generated', case when a.attgenerated <> '' then pg_catalog.jsonb_build_object(
        'expression', pg_catalog.pg_get_expr(d.adbin, d.adrelid, true), 'virtual', a.attgenerated = 'v') end,
    'collation', case when a.attcollation <> t.typcollation then (
        select pg_catalog.jsonb_build_object(
            'schema', case when cn.nspname not in ('pg_catalog', $1) then cn.nspname end, 'name', l.collname)
        from pg_catalog.pg_collation l join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
        where l.oid = a.attcollation
    ) end,
    'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
    'storage', case when a.attstorage <> t.typstorage and c.relkind in ('r', 'p', 'm') then
        case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' else 'main' end end,
    'options', case when a.attoptions is not null then (select pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
        from pg_catalog.pg_options_to_table(a.attoptions) o) end,
    'foreign_options', case when a.attfdwoptions is not null then (select pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
        from pg_catalog.pg_options_to_table(a.attfdwoptions) o) end,
    'statistics', nullif(a.attstattarget, -1)
))
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_catalog.pg_constraint nn
    on nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey = array[a.attnum]
left join pg_catalog.pg_description dn
    on dn.objoid = nn.oid and dn.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and dn.objsubid = 0
where c.relkind in ('r', 'p', 'f', 'v', 'm') and c.relpersistence <> 't' and not c.relispartition
  and a.attnum > 0 and not a.attisdropped and a.attislocal and n.nspname = any ($2)
order by a.attrelid, a.attnum
