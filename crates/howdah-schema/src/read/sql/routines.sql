-- Functions and procedures. $1: the base schema, $2: the schemas.
select p.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', p.proname),
    'owner', pg_catalog.pg_get_userbyid(p.proowner),
    'kind', case p.prokind when 'p' then 'procedure' else 'function' end,
    'arguments', pg_catalog.pg_get_function_arguments(p.oid),
    'signature', pg_catalog.pg_get_function_identity_arguments(p.oid),
    'returns', pg_catalog.pg_get_function_result(p.oid),
    'language', l.lanname,
    'body', coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc),
    'atomic', pg_catalog.pg_get_function_sqlbody(p.oid) is not null,
    'library', case when l.lanname = 'c' then p.probin end,
    'support', (
        select pg_catalog.jsonb_build_object(
            'schema', case when sn.nspname not in ('pg_catalog', $1) then sn.nspname end, 'name', s.proname)
        from pg_catalog.pg_proc s join pg_catalog.pg_namespace sn on sn.oid = s.pronamespace where s.oid = p.prosupport
    ),
    'transforms', (
        select pg_catalog.jsonb_agg(pg_catalog.format_type(it, null) order by place)
        from unnest(p.protrftypes) with ordinality t (it, place)
    ),
    'volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'strict', p.proisstrict,
    'security_definer', p.prosecdef,
    'leakproof', p.proleakproof,
    'window', p.prokind = 'w',
    'parallel', case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
    'cost', nullif(p.procost, case when l.lanname in ('c', 'internal') then 1 else 100 end)::text,
    'rows', case when p.proretset then nullif(p.prorows, 1000)::text end,
    'settings', (
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(s.name,
            case when s.name in ('search_path', 'temp_tablespaces', 'session_preload_libraries',
                'local_preload_libraries', 'shared_preload_libraries', 'unix_socket_directories')
            then s.value else pg_catalog.quote_literal(s.value) end) order by s.place)
        from (
            select split_part(it, '=', 1), substr(it, strpos(it, '=') + 1), place
            from unnest(p.proconfig) with ordinality as c (it, place)
        ) s (name, value, place)
    )
))
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p', 'w') and n.nspname = any ($2)
  and not exists ( -- what extensions and types bring
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
