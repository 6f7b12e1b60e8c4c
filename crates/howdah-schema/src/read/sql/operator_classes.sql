-- Families of operators, and operator classes. What belongs to a class is told with it, the rest of a family by
-- statements of its own. $1: the base schema, $2: the schemas.
with items (class, owner, family, left_type, right_type, sort_key, text) as (
    select d.refclassid, d.refobjid, o.amopfamily, o.amoplefttype, o.amoprighttype, o.amopstrategy,
        'operator ' || o.amopstrategy || ' ' || o.amopopr::pg_catalog.regoperator
        || coalesce(' for order by ' || (
            select case when fn.nspname in ('pg_catalog', $1) then '' else pg_catalog.quote_ident(fn.nspname) || '.' end
                || pg_catalog.quote_ident(f.opfname)
            from pg_catalog.pg_opfamily f join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
            where f.oid = o.amopsortfamily), '')
    from pg_catalog.pg_amop o
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass and d.objid = o.oid
    where d.refclassid in ('pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass)
    union all
    select d.refclassid, d.refobjid, p.amprocfamily, p.amproclefttype, p.amprocrighttype, 1000 + p.amprocnum,
        'function ' || p.amprocnum || ' (' || pg_catalog.format_type(p.amproclefttype, null) || ', '
        || pg_catalog.format_type(p.amprocrighttype, null) || ') ' || p.amproc::oid::pg_catalog.regprocedure
    from pg_catalog.pg_amproc p
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass and d.objid = p.oid
    where d.refclassid in ('pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass)
)
select 'pg_opfamily', f.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'kind', 'operator_family',
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', f.opfname),
    'designation', w.name || ' using ' || pg_catalog.quote_ident(m.amname),
    'create', pg_catalog.jsonb_build_array(
            'create operator family ' || w.name || ' using ' || pg_catalog.quote_ident(m.amname))
        || coalesce((
            select pg_catalog.jsonb_agg('alter operator family ' || w.name || ' using '
                || pg_catalog.quote_ident(m.amname) || ' add ' || i.text
                order by i.sort_key, pg_catalog.format_type(i.left_type, null), pg_catalog.format_type(i.right_type, null))
            from items i where i.class = 'pg_catalog.pg_opfamily'::pg_catalog.regclass and i.owner = f.oid), '[]'),
    'owner', pg_catalog.pg_get_userbyid(f.opfowner)
))
from pg_catalog.pg_opfamily f
join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
join pg_catalog.pg_am m on m.oid = f.opfmethod
cross join lateral (select
    case when n.nspname = $1 then '' else pg_catalog.quote_ident(n.nspname) || '.' end
        || pg_catalog.quote_ident(f.opfname) as name) w
where n.nspname = any ($2)
union all
select 'pg_opclass', o.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'kind', 'operator_class',
    'name', pg_catalog.jsonb_build_object('schema', nullif(n.nspname, $1), 'name', o.opcname),
    'designation', w.name || ' using ' || pg_catalog.quote_ident(m.amname),
    'create', pg_catalog.jsonb_build_array('create operator class ' || w.name
        || case when o.opcdefault then ' default' else '' end
        || ' for type ' || pg_catalog.format_type(o.opcintype, null)
        || ' using ' || pg_catalog.quote_ident(m.amname)
        || ' family ' || case when fn.nspname in ('pg_catalog', $1) then '' else pg_catalog.quote_ident(fn.nspname) || '.' end
        || pg_catalog.quote_ident(f.opfname) || ' as '
        || coalesce(
            pg_catalog.concat_ws(', ', 'storage ' || pg_catalog.format_type(nullif(o.opckeytype, 0), null), (
            select pg_catalog.string_agg(i.text, ', '
                order by i.sort_key, pg_catalog.format_type(i.left_type, null), pg_catalog.format_type(i.right_type, null))
            from items i where i.class = 'pg_catalog.pg_opclass'::pg_catalog.regclass and i.owner = o.oid)), '')
        || case when o.opckeytype = 0 and not exists (
            select from items i where i.class = 'pg_catalog.pg_opclass'::pg_catalog.regclass and i.owner = o.oid)
            then 'storage ' || pg_catalog.format_type(o.opcintype, null) else '' end),
    'owner', pg_catalog.pg_get_userbyid(o.opcowner)
))
from pg_catalog.pg_opclass o
join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
join pg_catalog.pg_am m on m.oid = o.opcmethod
join pg_catalog.pg_opfamily f on f.oid = o.opcfamily
join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
cross join lateral (select
    case when n.nspname = $1 then '' else pg_catalog.quote_ident(n.nspname) || '.' end
        || pg_catalog.quote_ident(o.opcname) as name) w
where n.nspname = any ($2)
