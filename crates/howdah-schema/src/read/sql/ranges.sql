-- $1: the base schema, $2: the schemas.
select t.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', t.typname),
    'owner', pg_catalog.pg_get_userbyid(t.typowner),
    'subtype', pg_catalog.format_type(r.rngsubtype, null),
    'operator_class', (
        select pg_catalog.quote_ident(o.opcname) from pg_catalog.pg_opclass o
        where o.oid = r.rngsubopc and not o.opcdefault
    ),
    'collation', (
        select pg_catalog.jsonb_build_object(
            'schema', case when cn.nspname not in ('pg_catalog', $1) then cn.nspname end, 'name', l.collname)
        from pg_catalog.pg_collation l join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
        where l.oid = r.rngcollation and r.rngcollation <> s.typcollation
    ),
    'subtype_diff', (
        select pg_catalog.jsonb_build_object(
            'schema', case when pn.nspname not in ('pg_catalog', $1) then pn.nspname end, 'name', p.proname)
        from pg_catalog.pg_proc p join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
        where p.oid = r.rngsubdiff
    ),
    'multirange', (
        select pg_catalog.jsonb_build_object('schema', nullif(mn.nspname, $1), 'name', m.typname)
        from pg_catalog.pg_type m join pg_catalog.pg_namespace mn on mn.oid = m.typnamespace
        where m.oid = r.rngmultitypid
          and m.typname <> case when t.typname like '%range%'
              then pg_catalog.regexp_replace(t.typname, 'range', 'multirange')
              else t.typname || '_multirange' end
    )
))
from pg_catalog.pg_range r
join pg_catalog.pg_type t on t.oid = r.rngtypid
join pg_catalog.pg_type s on s.oid = r.rngsubtype
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where n.nspname = any ($2)
