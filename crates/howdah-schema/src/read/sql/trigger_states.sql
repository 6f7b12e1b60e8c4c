-- Triggers that a parent brings, where they fire in other sessions than the parent's. $2: the schemas.
select t.tgrelid, t.tgname,
    case t.tgenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' else 'origin' end
from pg_catalog.pg_trigger t
join pg_catalog.pg_trigger p on p.oid = t.tgparentid
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and t.tgenabled <> p.tgenabled and n.nspname = any ($2)
