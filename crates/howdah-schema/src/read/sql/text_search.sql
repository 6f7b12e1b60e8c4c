-- Dictionaries and configurations of text search. $1: the base schema, $2: the schemas.
select 'pg_ts_dict', d.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'kind', 'text_search_dictionary',
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', d.dictname),
    'designation', w.name,
    'create', pg_catalog.jsonb_build_array('create text search dictionary ' || w.name || ' (template = '
        || case when tn.nspname in ('pg_catalog', $1) then '' else pg_catalog.quote_ident(tn.nspname) || '.' end
        || pg_catalog.quote_ident(t.tmplname) || coalesce(', ' || d.dictinitoption, '') || ')'),
    'owner', pg_catalog.pg_get_userbyid(d.dictowner)
))
from pg_catalog.pg_ts_dict d
join pg_catalog.pg_namespace n on n.oid = d.dictnamespace
join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate
join pg_catalog.pg_namespace tn on tn.oid = t.tmplnamespace
cross join lateral (select
    case when n.nspname = $1 then '' else pg_catalog.quote_ident(n.nspname) || '.' end
        || pg_catalog.quote_ident(d.dictname) as name) w
where n.nspname = any ($2)
union all
select 'pg_ts_config', c.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'kind', 'text_search_configuration',
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', c.cfgname),
    'designation', w.name,
    'create', pg_catalog.jsonb_build_array('create text search configuration ' || w.name || ' (parser = '
            || case when pn.nspname in ('pg_catalog', $1) then '' else pg_catalog.quote_ident(pn.nspname) || '.' end
            || pg_catalog.quote_ident(p.prsname) || ')')
        || coalesce((
            select pg_catalog.jsonb_agg('alter text search configuration ' || w.name || ' add mapping for '
                || pg_catalog.quote_ident(g.alias) || ' with ' || g.dictionaries order by g.alias)
            from (
                select y.alias, pg_catalog.string_agg(m.mapdict::pg_catalog.regdictionary::text, ', ' order by m.mapseqno)
                from pg_catalog.pg_ts_config_map m
                join pg_catalog.ts_token_type(c.cfgparser) y on y.tokid = m.maptokentype
                where m.mapcfg = c.oid
                group by y.alias
            ) g (alias, dictionaries)), '[]'),
    'owner', pg_catalog.pg_get_userbyid(c.cfgowner)
))
from pg_catalog.pg_ts_config c
join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
cross join lateral (select
    case when n.nspname = $1 then '' else pg_catalog.quote_ident(n.nspname) || '.' end
        || pg_catalog.quote_ident(c.cfgname) as name) w
where n.nspname = any ($2)
