-- $1: the base schema.
select p.oid, pg_catalog.jsonb_build_object(
    'name', p.pubname,
    'all_tables', p.puballtables,
    'tables', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
            'table', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', c.relname),
            'columns', (
                select pg_catalog.jsonb_agg(a.attname order by u.place)
                from unnest(pr.prattrs) with ordinality u (number, place)
                join pg_catalog.pg_attribute a on a.attrelid = pr.prrelid and a.attnum = u.number),
            'predicate', pg_catalog.pg_get_expr(pr.prqual, pr.prrelid, true))))
        from pg_catalog.pg_publication_rel pr
        join pg_catalog.pg_class c on c.oid = pr.prrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where pr.prpubid = p.oid), '[]'),
    'schemas', coalesce((
        select pg_catalog.jsonb_agg(nullif(n.nspname, $1))
        from pg_catalog.pg_publication_namespace ps
        join pg_catalog.pg_namespace n on n.oid = ps.pnnspid
        where ps.pnpubid = p.oid), '[]'),
    'options', pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'publish', case when not (p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate) then
            pg_catalog.concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
                case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end) end,
        'publish_via_partition_root', case when pg_catalog.to_jsonb(p) ->> 'pubviaroot' = 'true' then 'true' end,
        'publish_generated_columns', case when pg_catalog.to_jsonb(p) ->> 'pubgencols' = 's' then 'stored' end)),
    'owner', pg_catalog.pg_get_userbyid(p.pubowner)
)
from pg_catalog.pg_publication p
