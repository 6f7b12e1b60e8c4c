-- $1: the base schema, $2: the schemas.
select c.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', c.relname),
    'owner', pg_catalog.pg_get_userbyid(c.relowner),
    'row_security', c.relrowsecurity,
    'force_row_security', c.relforcerowsecurity,
    'partition_by', (
        select pg_catalog.jsonb_build_object(
            'method', case p.partstrat when 'r' then 'range' when 'l' then 'list' else 'hash' end,
            'keys', substring(pg_catalog.pg_get_partkeydef(c.oid) from '^\w+ \((.*)\)$'))
        from pg_catalog.pg_partitioned_table p where p.partrelid = c.oid
    ),
    'partition_of', case when c.relispartition then (
        select pg_catalog.jsonb_build_object(
            'parent', pg_catalog.jsonb_build_object('schema', nullif(on_.nspname, $1), 'name', o.relname),
            'bounds', pg_catalog.pg_get_expr(c.relpartbound, c.oid),
            'columns', case when own.names <> whole.names then own.names end)
        from pg_catalog.pg_inherits h
        join pg_catalog.pg_class o on o.oid = h.inhparent
        join pg_catalog.pg_namespace on_ on on_.oid = o.relnamespace
        cross join lateral (
            select pg_catalog.jsonb_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ) own (names)
        cross join lateral (
            select pg_catalog.jsonb_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
            where a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
        ) whole (names)
        where h.inhrelid = c.oid
    ) end,
    'inherits', case when not c.relispartition then (
        select pg_catalog.jsonb_agg(
            pg_catalog.jsonb_build_object('schema', nullif(on_.nspname, $1), 'name', o.relname)
            order by h.inhseqno)
        from pg_catalog.pg_inherits h
        join pg_catalog.pg_class o on o.oid = h.inhparent
        join pg_catalog.pg_namespace on_ on on_.oid = o.relnamespace
        where h.inhrelid = c.oid
    ) end,
    'foreign', (
        select pg_catalog.jsonb_build_object('server', fs.srvname, 'options', (
            select pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
            from pg_catalog.pg_options_to_table(ft.ftoptions) o))
        from pg_catalog.pg_foreign_table ft join pg_catalog.pg_foreign_server fs on fs.oid = ft.ftserver
        where ft.ftrelid = c.oid
    ),
    'of_type', (
        select pg_catalog.jsonb_build_object('schema', nullif(tn.nspname, $1), 'name', t.typname)
        from pg_catalog.pg_type t join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
        where t.oid = c.reloftype
    ),
    'access_method', nullif(am.amname, 'heap'),
    'clustered_on', (
        select ic.relname
        from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
        where i.indrelid = c.oid and i.indisclustered
    ),
    'unlogged', c.relpersistence = 'u',
    'options', (
        select pg_catalog.jsonb_object_agg(split_part(it, '=', 1), substr(it, strpos(it, '=') + 1))
        from (
            select unnest(c.reloptions)
            union all
            select 'toast.' || unnest(t.reloptions) from pg_catalog.pg_class t where t.oid = c.reltoastrelid
        ) o (it)
    ),
    'tablespace', s.spcname,
    'replica_identity', case when c.relkind = 'f' then null else case c.relreplident
        when 'f' then 'full'
        when 'n' then 'nothing'
        when 'i' then 'using index ' || (
            select pg_catalog.quote_ident(ic.relname)
            from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
            where i.indrelid = c.oid and i.indisreplident
        ) end end
))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
left join pg_catalog.pg_am am on am.oid = c.relam
where c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't' and n.nspname = any ($2)
