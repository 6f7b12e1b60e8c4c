-- What belongs to an extension; and howdah's own history with its tables, unless it is asked for. $2: the schemas.
select d.classid::pg_catalog.regclass::text, d.objid
from pg_catalog.pg_depend d
where d.deptype = 'e'
union all
select o.class, o.oid
from pg_catalog.pg_namespace n
cross join lateral (
    select 'pg_namespace', n.oid
    union all
    select 'pg_class', c.oid from pg_catalog.pg_class c where c.relnamespace = n.oid
) o (class, oid)
where n.nspname = 'howdah_history' and n.nspname <> all ($2)
