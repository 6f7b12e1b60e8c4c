-- What is there and has no place in the value, by kind and by PostgreSQL's name for it. What belongs to an extension is
-- left out, and what was there before the first object of a user. $2: the schemas.
select u.kind, pg_catalog.pg_describe_object(u.class, u.object, 0), u.reason
from (
    select 'base type', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 'its functions are written in C', t.typnamespace
    from pg_catalog.pg_type t
    where t.typtype = 'b' and t.typisdefined and t.typarray <> 0
    union all
    select 'shell type', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 'it was named and never defined', t.typnamespace
    from pg_catalog.pg_type t
    where t.typtype = 'p' and not t.typisdefined
    union all
    select 'range type', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 'its canonical function is written in C',
        t.typnamespace
    from pg_catalog.pg_range r join pg_catalog.pg_type t on t.oid = r.rngtypid
    where r.rngcanonical <> 0
    union all
    select 'text search parser', 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, p.oid, 'its functions are written in C',
        p.prsnamespace
    from pg_catalog.pg_ts_parser p
    union all
    select 'text search template', 'pg_catalog.pg_ts_template'::pg_catalog.regclass, p.oid,
        'its functions are written in C', p.tmplnamespace
    from pg_catalog.pg_ts_template p
    union all
    select 'transform', 'pg_catalog.pg_transform'::pg_catalog.regclass, t.oid, 'its functions are written in C', null
    from pg_catalog.pg_transform t
    union all
    select 'generated column', 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid,
        'its expression is not that of the parent table', c.relnamespace
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    join pg_catalog.pg_inherits h on h.inhrelid = a.attrelid
    join pg_catalog.pg_attribute pa on pa.attrelid = h.inhparent and pa.attname = a.attname
    join pg_catalog.pg_attrdef pd on pd.adrelid = pa.attrelid and pd.adnum = pa.attnum
    where a.attgenerated <> '' and not a.attislocal
      and pg_catalog.pg_get_expr(d.adbin, d.adrelid) <> pg_catalog.pg_get_expr(pd.adbin, pd.adrelid)
    union all
    select 'privileges of the owner', x.class, x.object, 'some that an owner has by default were revoked', x.namespace
    from (
        select 'pg_catalog.pg_class'::pg_catalog.regclass, oid, relacl, relowner,
            case when relkind = 'S' then 's' else 'r' end::"char", relnamespace
        from pg_catalog.pg_class where relacl is not null
        union all
        select 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, proacl, proowner, 'f', pronamespace
        from pg_catalog.pg_proc where proacl is not null
        union all
        select 'pg_catalog.pg_type'::pg_catalog.regclass, oid, typacl, typowner, 'T', typnamespace
        from pg_catalog.pg_type where typacl is not null
        union all
        select 'pg_catalog.pg_namespace'::pg_catalog.regclass, oid, nspacl, nspowner, 'n', oid
        from pg_catalog.pg_namespace where nspacl is not null
    ) x (class, object, list, owner, kind, namespace)
    where exists (
        select e.privilege_type from pg_catalog.aclexplode(pg_catalog.acldefault(x.kind, x.owner)) e
        where e.grantee = x.owner
        except
        select e.privilege_type from pg_catalog.aclexplode(x.list) e where e.grantee = x.owner)
) u (kind, class, object, reason, namespace)
left join pg_catalog.pg_namespace n on n.oid = u.namespace
where u.object >= 16384 and (u.namespace is null or n.nspname = any ($2))
  and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = u.class and d.objid = u.object and d.deptype = 'e')
union all
select 'privileges of an extension''s object', pg_catalog.pg_describe_object(x.class, x.object, 0),
    'they are not those that the extension gave'
from (
    select 'pg_catalog.pg_class'::pg_catalog.regclass, oid, relacl, relnamespace from pg_catalog.pg_class
    where relacl is not null
    union all
    select 'pg_catalog.pg_proc'::pg_catalog.regclass, oid, proacl, pronamespace from pg_catalog.pg_proc
    where proacl is not null
) x (class, object, list, namespace)
join pg_catalog.pg_depend d on d.classid = x.class and d.objid = x.object and d.deptype = 'e'
join pg_catalog.pg_namespace n on n.oid = x.namespace
left join pg_catalog.pg_init_privs i on i.classoid = x.class and i.objoid = x.object and i.objsubid = 0
where n.nspname = any ($2) and x.list is distinct from i.initprivs and x.object >= 16384
union all
select 'subscription', 'subscription ' || pg_catalog.quote_ident(s.subname),
    'it holds how another server is entered'
from pg_catalog.pg_subscription s
join pg_catalog.pg_database d on d.oid = s.subdbid and d.datname = pg_catalog.current_database()
union all
select 'security label', pg_catalog.pg_describe_object(l.classoid, l.objoid, l.objsubid) || ' for ' || l.provider,
    'its provider alone understands it'
from pg_catalog.pg_seclabel l
