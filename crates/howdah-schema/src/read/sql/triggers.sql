-- Triggers that are their table's own; the arguments as bytes, each ended by a zero. $1: the base schema, $2: the
-- schemas.
select t.oid, t.tgrelid, pg_catalog.encode(t.tgargs, 'hex'),
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'name', t.tgname,
        'timing', case when t.tgtype & 64 <> 0 then 'instead of' when t.tgtype & 2 <> 0 then 'before' else 'after' end,
        'events', (
            select pg_catalog.jsonb_agg(e.name order by e.place)
            from (values (1, 4, 'insert'), (2, 16, 'update'), (3, 8, 'delete'), (4, 32, 'truncate')) e (place, bit, name)
            where t.tgtype & e.bit <> 0
        ),
        'columns', (
            select pg_catalog.jsonb_agg(a.attname order by u.place)
            from unnest(t.tgattr) with ordinality u (number, place)
            join pg_catalog.pg_attribute a on a.attrelid = t.tgrelid and a.attnum = u.number
        ),
        'for_each_statement', t.tgtype & 1 = 0,
        'condition', substring(pg_catalog.pg_get_triggerdef(t.oid, true) from ' WHEN \((.*)\) EXECUTE FUNCTION '),
        'function', pg_catalog.jsonb_build_object(
            'schema', case when pn.nspname not in ('pg_catalog', $1) then pn.nspname end, 'name', p.proname),
        'old_table', t.tgoldtable,
        'new_table', t.tgnewtable,
        'constraint', t.tgconstraint <> 0,
        'deferral', case when t.tginitdeferred then 'initially_deferred' when t.tgdeferrable then 'deferrable' end,
        'from', (
            select pg_catalog.jsonb_build_object('schema', nullif(rn.nspname, $1), 'name', r.relname)
            from pg_catalog.pg_class r join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
            where r.oid = t.tgconstrrelid
        ),
        'enabled', case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end
    ))
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
where not t.tgisinternal and t.tgparentid = 0 and n.nspname = any ($2)
