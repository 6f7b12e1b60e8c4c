-- Operators that have a function; one that others only mention is made with them. $1: the base schema, $2: the schemas.
select 'pg_operator', o.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'kind', 'operator',
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', o.oprname),
    'designation', w.name || ' (' || coalesce(pg_catalog.format_type(nullif(o.oprleft, 0), null), 'none') || ', '
        || pg_catalog.format_type(o.oprright, null) || ')',
    'create', pg_catalog.jsonb_build_array('create operator ' || w.name || ' ('
        || pg_catalog.concat_ws(', ',
            'function = ' || o.oprcode,
            'leftarg = ' || pg_catalog.format_type(nullif(o.oprleft, 0), null),
            'rightarg = ' || pg_catalog.format_type(o.oprright, null),
            'commutator = operator(' || (select pg_catalog.quote_ident(cn.nspname) || '.' || c.oprname
                from pg_catalog.pg_operator c join pg_catalog.pg_namespace cn on cn.oid = c.oprnamespace
                where c.oid = o.oprcom) || ')',
            'negator = operator(' || (select pg_catalog.quote_ident(cn.nspname) || '.' || c.oprname
                from pg_catalog.pg_operator c join pg_catalog.pg_namespace cn on cn.oid = c.oprnamespace
                where c.oid = o.oprnegate) || ')',
            'restrict = ' || nullif(o.oprrest::oid, 0)::pg_catalog.regproc,
            'join = ' || nullif(o.oprjoin::oid, 0)::pg_catalog.regproc,
            case when o.oprcanhash then 'hashes' end,
            case when o.oprcanmerge then 'merges' end) || ')'),
    'owner', pg_catalog.pg_get_userbyid(o.oprowner)
))
from pg_catalog.pg_operator o
join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
cross join lateral (select
    case when n.nspname = $1 then '' else pg_catalog.quote_ident(n.nspname) || '.' end || o.oprname as name) w
where o.oprcode <> 0 and n.nspname = any ($2)
