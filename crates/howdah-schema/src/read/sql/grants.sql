-- The privileges of others than owners. An object whose privileges are not the default ones and that grants nothing
-- to others has a row without a grant.
with lists (class, object, part, list, owner) as (
    select 'pg_class', oid, 0, relacl, relowner from pg_catalog.pg_class
    union all
    select 'pg_class', a.attrelid, a.attnum, a.attacl, c.relowner
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
    where not a.attisdropped
    union all
    select 'pg_namespace', oid, 0, nspacl, nspowner from pg_catalog.pg_namespace
    union all
    select 'pg_proc', oid, 0, proacl, proowner from pg_catalog.pg_proc
    union all
    select 'pg_type', oid, 0, typacl, typowner from pg_catalog.pg_type
    union all
    select 'pg_foreign_server', oid, 0, srvacl, srvowner from pg_catalog.pg_foreign_server
    union all
    select 'pg_foreign_data_wrapper', oid, 0, fdwacl, fdwowner from pg_catalog.pg_foreign_data_wrapper
    union all
    select 'pg_language', oid, 0, lanacl, lanowner from pg_catalog.pg_language
)
select l.class, l.object, l.part,
    case when g.privileges is not null then pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'role', g.role, 'privileges', g.privileges, 'grantable', g.is_grantable
    )) end
from lists l
left join lateral (
    select r.rolname as role, e.is_grantable,
        pg_catalog.jsonb_agg(lower(e.privilege_type) order by e.privilege_type) as privileges
    from pg_catalog.aclexplode(l.list) e
    left join pg_catalog.pg_roles r on r.oid = e.grantee
    where e.grantee <> l.owner
    group by r.rolname, e.is_grantable
) g on true
where l.list is not null and l.object >= 16384
order by g.role nulls first, g.is_grantable
