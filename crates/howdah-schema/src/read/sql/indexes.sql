-- All indexes, those of constraints among them, but none that a parent's index brings, as one does that has its parts in
-- all partitions; whether a constraint made it.
-- $1: the base schema, $2: the schemas. What indexes consist of is joined for all of them at once: that is several times
-- as fast as to ask for each.
with wanted as materialized (
    select i.*
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and c.relpersistence <> 't' and n.nspname = any ($2)
      and not exists (
          select from pg_catalog.pg_inherits h join pg_catalog.pg_index w on w.indexrelid = h.inhparent
          where h.inhrelid = i.indexrelid and w.indisvalid)
), elements as (
    select i.indexrelid, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'column', a.attname,
        'expression', case when a.attnum is null then pg_catalog.pg_get_indexdef(i.indexrelid, e.place, true) end,
        'collation', case when i.indcollation[e.place - 1] <> coalesce(a.attcollation, ty.typcollation) then (
            select pg_catalog.jsonb_build_object(
                'schema', case when cn.nspname not in ('pg_catalog', $1) then cn.nspname end, 'name', l.collname)
            from pg_catalog.pg_collation l join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
            where l.oid = i.indcollation[e.place - 1]
        ) end,
        'operator_class', case when not o.opcdefault or ia.attoptions is not null then
            case when opn.nspname in ('pg_catalog', $1) then '' else pg_catalog.quote_ident(opn.nspname) || '.' end
            || pg_catalog.quote_ident(o.opcname)
            || coalesce(' (' || pg_catalog.array_to_string(ia.attoptions, ', ') || ')', '') end,
        'statistics', nullif(ia.attstattarget, -1),
        'direction', case when i.indoption[e.place - 1] & 1 = 1 then 'desc' end,
        'nulls', case i.indoption[e.place - 1] & 3 when 2 then 'first' when 1 then 'last' end
    ) order by e.place) as list
    from wanted i
    cross join lateral pg_catalog.generate_series(1, i.indnkeyatts) e (place)
    join pg_catalog.pg_attribute ia on ia.attrelid = i.indexrelid and ia.attnum = e.place
    join pg_catalog.pg_type ty on ty.oid = ia.atttypid
    join pg_catalog.pg_opclass o on o.oid = i.indclass[e.place - 1]
    join pg_catalog.pg_namespace opn on opn.oid = o.opcnamespace
    left join pg_catalog.pg_attribute a
        on a.attrelid = i.indrelid and a.attnum = i.indkey[e.place - 1] and a.attnum <> 0
    group by i.indexrelid
), included as (
    select i.indexrelid, pg_catalog.jsonb_agg(a.attname order by e.place) as list
    from wanted i
    cross join lateral pg_catalog.generate_series(i.indnkeyatts::int, i.indnatts - 1) e (place)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[e.place]
    where i.indnatts > i.indnkeyatts
    group by i.indexrelid
)
select i.indexrelid, i.indrelid, k.oid is not null,
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'name', ic.relname,
        'method', nullif(m.amname, 'btree'),
        'unique', i.indisunique,
        'nulls_not_distinct', i.indnullsnotdistinct,
        'elements', elements.list,
        'include', included.list,
        'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid, true),
        'options', case when ic.reloptions is not null then (
            select pg_catalog.jsonb_object_agg(split_part(it, '=', 1), substr(it, strpos(it, '=') + 1))
            from unnest(ic.reloptions) r (it)
        ) end,
        'tablespace', s.spcname,
        'invalid', not i.indisvalid,
        'part_of', case when wc.oid is not null then
            pg_catalog.jsonb_build_object('schema', nullif(wn.nspname, $1), 'name', wc.relname) end
    ))
from wanted i
join elements on elements.indexrelid = i.indexrelid
left join included on included.indexrelid = i.indexrelid
join pg_catalog.pg_class ic on ic.oid = i.indexrelid
join pg_catalog.pg_am m on m.oid = ic.relam
left join pg_catalog.pg_tablespace s on s.oid = ic.reltablespace
left join pg_catalog.pg_inherits h on h.inhrelid = i.indexrelid
left join pg_catalog.pg_class wc on wc.oid = h.inhparent
left join pg_catalog.pg_namespace wn on wn.oid = wc.relnamespace
left join pg_catalog.pg_constraint k
    on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
