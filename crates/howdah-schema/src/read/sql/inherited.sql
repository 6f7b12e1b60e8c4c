-- Columns that a parent brings, where a partition or a table that inherits says something of its own about them; the
-- first parent that has the column counts. $1: the base schema, $2: the schemas.
select a.attrelid, a.attnum, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', a.attname,
    'not_null', a.attnotnull and not p.attnotnull,
    'not_null_constraint', case when a.attnotnull and not p.attnotnull then
        pg_catalog.jsonb_build_object('name', nn.conname, 'not_valid', not nn.convalidated,
            'no_inherit', nn.connoinherit, 'comment', pg_catalog.obj_description(nn.oid, 'pg_constraint')) end,
    'default', case when a.attgenerated = '' and w.own is distinct from w.inherited then w.own end,
    'no_default', a.attgenerated = '' and w.own is null and w.inherited is not null,
    'compression', case when a.attcompression <> p.attcompression then
        case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' else 'default' end end,
    'storage', case when a.attstorage <> p.attstorage then
        case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' else 'main' end end,
    'statistics', nullif(a.attstattarget, -1),
    'options', case when a.attoptions is not null then (select pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
        from pg_catalog.pg_options_to_table(a.attoptions) o) end,
    'foreign_options', case when a.attfdwoptions is not null then (select pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
        from pg_catalog.pg_options_to_table(a.attfdwoptions) o) end
))
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join lateral (
    select pa.* from pg_catalog.pg_inherits h
    join pg_catalog.pg_attribute pa on pa.attrelid = h.inhparent and pa.attname = a.attname
    where h.inhrelid = a.attrelid
    order by h.inhseqno limit 1
) p on true
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_catalog.pg_attrdef pd on pd.adrelid = p.attrelid and pd.adnum = p.attnum
left join pg_catalog.pg_constraint nn
    on nn.conrelid = a.attrelid and nn.contype = 'n' and nn.conkey = array[a.attnum]
cross join lateral (select pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) as own,
    pg_catalog.pg_get_expr(pd.adbin, pd.adrelid, true) as inherited) w
where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and a.attnum > 0 and not a.attisdropped
  and not a.attislocal and n.nspname = any ($2) and $1::text is not null
