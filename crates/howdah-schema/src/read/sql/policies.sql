-- $1: the base schema, $2: the schemas.
select p.oid, p.polrelid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', p.polname,
    'restrictive', not p.polpermissive,
    'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all' end,
    'roles', (
        select pg_catalog.jsonb_agg(r.rolname order by r.rolname)
        from pg_catalog.pg_roles r where r.oid = any (p.polroles)
    ),
    'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid, true),
    'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid, true)
))
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = any ($2) and $1::text is not null
