-- Aggregates, with the statement that makes each. $1: the base schema, $2: the schemas.
select 'pg_proc', p.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'kind', 'aggregate',
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', p.proname),
    'designation', w.name || '(' || w.signature || ')',
    'create', pg_catalog.jsonb_build_array('create aggregate ' || w.name || '(' || w.arguments || ') ('
        || pg_catalog.concat_ws(', ',
            'sfunc = ' || a.aggtransfn,
            'stype = ' || pg_catalog.format_type(a.aggtranstype, null),
            'sspace = ' || nullif(a.aggtransspace, 0),
            'finalfunc = ' || nullif(a.aggfinalfn::oid, 0)::pg_catalog.regproc,
            case when a.aggfinalextra then 'finalfunc_extra' end,
            'finalfunc_modify = ' || case
                when a.aggfinalmodify = case when a.aggkind = 'n' then 'r' else 'w' end then null
                when a.aggfinalmodify = 'r' then 'read_only' when a.aggfinalmodify = 's' then 'shareable'
                else 'read_write' end,
            'combinefunc = ' || nullif(a.aggcombinefn::oid, 0)::pg_catalog.regproc,
            'serialfunc = ' || nullif(a.aggserialfn::oid, 0)::pg_catalog.regproc,
            'deserialfunc = ' || nullif(a.aggdeserialfn::oid, 0)::pg_catalog.regproc,
            'initcond = ' || pg_catalog.quote_literal(a.agginitval),
            'msfunc = ' || nullif(a.aggmtransfn::oid, 0)::pg_catalog.regproc,
            'minvfunc = ' || nullif(a.aggminvtransfn::oid, 0)::pg_catalog.regproc,
            'mstype = ' || pg_catalog.format_type(nullif(a.aggmtranstype, 0), null),
            'msspace = ' || nullif(a.aggmtransspace, 0),
            'mfinalfunc = ' || nullif(a.aggmfinalfn::oid, 0)::pg_catalog.regproc,
            case when a.aggmfinalextra then 'mfinalfunc_extra' end,
            'mfinalfunc_modify = ' || case
                when a.aggmtransfn::oid = 0 or a.aggmfinalmodify = case when a.aggkind = 'n' then 'r' else 'w' end
                then null
                when a.aggmfinalmodify = 'r' then 'read_only' when a.aggmfinalmodify = 's' then 'shareable'
                else 'read_write' end,
            'minitcond = ' || pg_catalog.quote_literal(a.aggminitval),
            'sortop = operator(' || (
                select pg_catalog.quote_ident(opn.nspname) || '.' || o.oprname from pg_catalog.pg_operator o
                join pg_catalog.pg_namespace opn on opn.oid = o.oprnamespace where o.oid = a.aggsortop) || ')',
            'parallel = ' || case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end,
            case when a.aggkind = 'h' then 'hypothetical' end) || ')'),
    'owner', pg_catalog.pg_get_userbyid(p.proowner)
))
from pg_catalog.pg_aggregate a
join pg_catalog.pg_proc p on p.oid = a.aggfnoid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
cross join lateral (select
    case when n.nspname = $1 then '' else pg_catalog.quote_ident(n.nspname) || '.' end
        || pg_catalog.quote_ident(p.proname) as name,
    coalesce(nullif(pg_catalog.pg_get_function_identity_arguments(p.oid), ''), '*') as signature,
    coalesce(nullif(pg_catalog.pg_get_function_arguments(p.oid), ''), '*') as arguments
) w
where n.nspname = any ($2)
