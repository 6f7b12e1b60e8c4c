-- What objects that are made later grant, and in which schema, if not in all. Those of no schema take the place of
-- PostgreSQL's. Without parameters.
select n.nspname, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'role', pg_catalog.pg_get_userbyid(d.defaclrole),
    'schema', n.nspname,
    'objects', case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
    'grants', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'role', g.role, 'privileges', g.privileges, 'grantable', g.is_grantable)
            order by g.role nulls first, g.is_grantable)
        from (
            select r.rolname, e.is_grantable, pg_catalog.jsonb_agg(lower(e.privilege_type) order by e.privilege_type)
            from pg_catalog.aclexplode(d.defaclacl) e
            left join pg_catalog.pg_roles r on r.oid = e.grantee
            where e.grantee <> d.defaclrole
            group by r.rolname, e.is_grantable
        ) g (role, is_grantable, privileges)), '[]')
))
from pg_catalog.pg_default_acl d
left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
