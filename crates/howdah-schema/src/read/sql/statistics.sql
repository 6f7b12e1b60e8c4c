-- $1: the base schema, $2: the schemas. The kind `e` is that of the expressions, and told by them.
select s.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', s.stxname),
    'table', pg_catalog.jsonb_build_object('schema', nullif(cn.nspname, $1), 'name', c.relname),
    'kinds', (
        select pg_catalog.jsonb_agg(k.name order by k.name)
        from (values ('d'::"char", 'ndistinct'), ('f', 'dependencies'), ('m', 'mcv')) k (letter, name)
        where k.letter = any (s.stxkind)),
    'elements', pg_catalog.pg_get_statisticsobjdef_columns(s.oid),
    'target', nullif((pg_catalog.to_jsonb(s) ->> 'stxstattarget')::int, -1),
    'owner', pg_catalog.pg_get_userbyid(s.stxowner)
))
from pg_catalog.pg_statistic_ext s
join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
join pg_catalog.pg_class c on c.oid = s.stxrelid
join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
where n.nspname = any ($2)
