-- $1: the base schema. The version is told where it is not the one that would be installed.
select e.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', e.extname,
    'schema', nullif(n.nspname, $1),
    'version', nullif(e.extversion, a.default_version),
    'comment', nullif(pg_catalog.obj_description(e.oid, 'pg_extension'), a.comment)
))
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
left join pg_catalog.pg_available_extensions a on a.name = e.extname
where e.extname <> 'plpgsql'
