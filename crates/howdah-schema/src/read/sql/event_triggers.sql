-- $1: the base schema.
select e.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', e.evtname,
    'event', e.evtevent,
    'tags', (select pg_catalog.jsonb_agg(it order by it) from unnest(e.evttags) t (it)),
    'function', pg_catalog.jsonb_build_object(
        'schema', case when n.nspname not in ('pg_catalog', $1) then n.nspname end, 'name', p.proname),
    'enabled', case e.evtenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end,
    'owner', pg_catalog.pg_get_userbyid(e.evtowner)
))
from pg_catalog.pg_event_trigger e
join pg_catalog.pg_proc p on p.oid = e.evtfoid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
