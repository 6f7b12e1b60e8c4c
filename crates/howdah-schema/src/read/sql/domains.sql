-- $1: the base schema, $2: the schemas.
select t.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', t.typname),
    'owner', pg_catalog.pg_get_userbyid(t.typowner),
    'type', pg_catalog.format_type(t.typbasetype, t.typtypmod),
    'not_null', t.typnotnull,
    'not_null_constraint', (
        select pg_catalog.jsonb_build_object('name', k.conname,
            'comment', pg_catalog.obj_description(k.oid, 'pg_constraint'))
        from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'n'
    ),
    'default', pg_catalog.pg_get_expr(t.typdefaultbin, 0, true),
    'collation', (
        select pg_catalog.jsonb_build_object(
            'schema', case when cn.nspname not in ('pg_catalog', $1) then cn.nspname end, 'name', l.collname)
        from pg_catalog.pg_collation l join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
        where l.oid = t.typcollation and t.typcollation <> b.typcollation
    ),
    'checks', (
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', k.conname,
            'expression', pg_catalog.pg_get_expr(k.conbin, 0, true),
            'not_valid', not k.convalidated,
            'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')))
        from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c'
    )
))
from pg_catalog.pg_type t
join pg_catalog.pg_type b on b.oid = t.typbasetype
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'd' and n.nspname = any ($2)
