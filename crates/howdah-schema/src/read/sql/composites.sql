-- $1: the base schema, $2: the schemas.
select t.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', t.typname),
    'owner', pg_catalog.pg_get_userbyid(t.typowner),
    'attributes', (
        select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'comment', pg_catalog.col_description(t.typrelid, a.attnum),
            'collation', (
                select pg_catalog.jsonb_build_object(
                    'schema', case when cn.nspname not in ('pg_catalog', $1) then cn.nspname end,
                    'name', l.collname)
                from pg_catalog.pg_collation l
                join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
                join pg_catalog.pg_type b on b.oid = a.atttypid
                where l.oid = a.attcollation and a.attcollation <> b.typcollation
            )) order by a.attnum), '[]')
        from pg_catalog.pg_attribute a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    )
))
from pg_catalog.pg_type t
join pg_catalog.pg_class c on c.oid = t.typrelid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where c.relkind = 'c' and n.nspname = any ($2)
