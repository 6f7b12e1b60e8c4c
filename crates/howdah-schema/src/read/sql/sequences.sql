-- All sequences with the column that each belongs to ($3 columns: of an identity, or owned). $1: the base schema,
-- $2: the schemas. What is PostgreSQL's default for the type and direction is left out.
select c.oid, d.refobjid, d.refobjsubid, d.deptype = 'i', pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', c.relname),
    'owner', pg_catalog.pg_get_userbyid(case when d.deptype is null then c.relowner end),
    'unlogged', c.relpersistence = 'u',
    'type', nullif(pg_catalog.format_type(s.seqtypid, null), 'bigint'),
    'options', pg_catalog.jsonb_build_object(
        'start', nullif(s.seqstart, case when s.seqincrement > 0 then s.seqmin else s.seqmax end),
        'increment', nullif(s.seqincrement, 1),
        'minimum', nullif(s.seqmin, case when s.seqincrement > 0 then 1 else w.least end),
        'maximum', nullif(s.seqmax, case when s.seqincrement > 0 then w.greatest else -1 end),
        'cache', nullif(s.seqcache, 1),
        'cycle', s.seqcycle
    ),
    'owned_by', case when d.deptype = 'a' then pg_catalog.jsonb_build_object(
        'table', pg_catalog.jsonb_build_object('schema', nullif(rn.nspname, $1), 'name', rc.relname),
        'column', ra.attname
    ) end
))
from pg_catalog.pg_sequence s
join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join (values
    ('int2'::pg_catalog.regtype, -32768::bigint, 32767::bigint),
    ('int4', -2147483648, 2147483647),
    ('int8', -9223372036854775808, 9223372036854775807)
) w (type, least, greatest) on w.type = s.seqtypid
left join pg_catalog.pg_depend d
    on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0
    and d.deptype in ('a', 'i')
left join pg_catalog.pg_class rc on rc.oid = d.refobjid
left join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
left join pg_catalog.pg_attribute ra on ra.attrelid = d.refobjid and ra.attnum = d.refobjsubid
where n.nspname = any ($2) and c.relpersistence <> 't'
