-- What was said of the schema `public`; of the comment, where it is not PostgreSQL's. Without parameters.
select pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'comment', nullif(coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), ''), 'standard public schema'),
    'grants', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
            'role', g.role, 'privileges', g.privileges, 'grantable', g.is_grantable))
            order by g.role nulls first, g.is_grantable)
        from (
            select r.rolname, e.is_grantable, pg_catalog.jsonb_agg(lower(e.privilege_type) order by e.privilege_type)
            from pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) e
            left join pg_catalog.pg_roles r on r.oid = e.grantee
            where e.grantee <> n.nspowner
            group by r.rolname, e.is_grantable
        ) g (role, is_grantable, privileges)), '[]')
))
from pg_catalog.pg_namespace n
where n.nspname = 'public'
