-- Casts, conversions, languages, access methods and foreign-data wrappers that no extension brought. Only conversions
-- lie in a schema; the others are read where all schemas are. $1: the base schema, $2: the schemas.
select 'pg_cast', k.oid, pg_catalog.jsonb_build_object(
    'kind', 'cast',
    'name', pg_catalog.jsonb_build_object('name', t.typname),
    'designation', w.name,
    'create', pg_catalog.jsonb_build_array('create cast ' || w.name
        || case k.castmethod when 'f' then ' with function ' || k.castfunc::pg_catalog.regprocedure
            when 'i' then ' with inout' else ' without function' end
        || case k.castcontext when 'a' then ' as assignment' when 'i' then ' as implicit' else '' end)
)
from pg_catalog.pg_cast k
join pg_catalog.pg_type t on t.oid = k.casttarget
cross join lateral (select '(' || pg_catalog.format_type(k.castsource, null) || ' as '
    || pg_catalog.format_type(k.casttarget, null) || ')' as name) w
where k.oid >= 16384
  and not exists ( -- what range types bring
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass and d.objid = k.oid and d.deptype = 'i')
union all
select 'pg_conversion', k.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'kind', 'conversion',
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', k.conname),
    'designation', w.name,
    'create', pg_catalog.jsonb_build_array('create ' || case when k.condefault then 'default ' else '' end
        || 'conversion ' || w.name || ' for '
        || pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(k.conforencoding)) || ' to '
        || pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(k.contoencoding)) || ' from ' || k.conproc),
    'owner', pg_catalog.pg_get_userbyid(k.conowner)
))
from pg_catalog.pg_conversion k
join pg_catalog.pg_namespace n on n.oid = k.connamespace
cross join lateral (select
    case when n.nspname = $1 then '' else pg_catalog.quote_ident(n.nspname) || '.' end
        || pg_catalog.quote_ident(k.conname) as name) w
where n.nspname = any ($2)
union all
select 'pg_language', l.oid, pg_catalog.jsonb_build_object(
    'kind', 'language',
    'name', pg_catalog.jsonb_build_object('name', l.lanname),
    'designation', pg_catalog.quote_ident(l.lanname),
    'create', pg_catalog.jsonb_build_array('create ' || case when l.lanpltrusted then 'trusted ' else '' end
        || 'language ' || pg_catalog.quote_ident(l.lanname) || ' handler ' || l.lanplcallfoid::pg_catalog.regproc
        || coalesce(' inline ' || nullif(l.laninline, 0)::pg_catalog.regproc, '')
        || coalesce(' validator ' || nullif(l.lanvalidator, 0)::pg_catalog.regproc, '')),
    'owner', pg_catalog.pg_get_userbyid(l.lanowner)
)
from pg_catalog.pg_language l
where l.lanispl and l.oid >= 16384
union all
select 'pg_am', m.oid, pg_catalog.jsonb_build_object(
    'kind', 'access_method',
    'name', pg_catalog.jsonb_build_object('name', m.amname),
    'designation', pg_catalog.quote_ident(m.amname),
    'create', pg_catalog.jsonb_build_array('create access method ' || pg_catalog.quote_ident(m.amname) || ' type '
        || case m.amtype when 't' then 'table' else 'index' end || ' handler ' || m.amhandler)
)
from pg_catalog.pg_am m
where m.oid >= 16384
union all
select 'pg_foreign_data_wrapper', f.oid, pg_catalog.jsonb_build_object(
    'kind', 'foreign_data_wrapper',
    'name', pg_catalog.jsonb_build_object('name', f.fdwname),
    'designation', pg_catalog.quote_ident(f.fdwname),
    'create', pg_catalog.jsonb_build_array('create foreign data wrapper ' || pg_catalog.quote_ident(f.fdwname)
        || coalesce(' handler ' || nullif(f.fdwhandler, 0)::pg_catalog.regproc, '')
        || coalesce(' validator ' || nullif(f.fdwvalidator, 0)::pg_catalog.regproc, '')
        || coalesce(' options (' || (
            select pg_catalog.string_agg(
                pg_catalog.quote_ident(o.option_name) || ' ' || pg_catalog.quote_literal(o.option_value), ', '
                order by o.option_name)
            from pg_catalog.pg_options_to_table(f.fdwoptions) o) || ')', '')),
    'owner', pg_catalog.pg_get_userbyid(f.fdwowner)
)
from pg_catalog.pg_foreign_data_wrapper f
where f.oid >= 16384
