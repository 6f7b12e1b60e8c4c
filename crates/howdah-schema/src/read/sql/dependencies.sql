-- What needs what, as the server knows it: class and number of an object, and of one that it needs. What is part of a
-- relation or a type counts as it: defaults, constraints, indexes, triggers, policies, rules; arrays and rows of a
-- type, too. The server knows nothing of what bodies need that are texts. What initdb made has no part in it.
with parts (class, part, whole_class, whole) as materialized (
    select 'pg_catalog.pg_rewrite'::pg_catalog.regclass::oid, r.oid, 'pg_catalog.pg_class'::pg_catalog.regclass::oid, r.ev_class
    from pg_catalog.pg_rewrite r
    where r.oid >= 16384
    union all
    select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid, 'pg_catalog.pg_class'::pg_catalog.regclass, d.adrelid
    from pg_catalog.pg_attrdef d
    union all
    select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid,
        case k.conrelid when 0 then 'pg_catalog.pg_type'::pg_catalog.regclass
            else 'pg_catalog.pg_class'::pg_catalog.regclass end,
        case k.conrelid when 0 then k.contypid else k.conrelid end
    from pg_catalog.pg_constraint k
    where k.oid >= 16384 and k.contype <> 'n'
    union all
    select 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 'pg_catalog.pg_class'::pg_catalog.regclass, t.tgrelid
    from pg_catalog.pg_trigger t
    where not t.tgisinternal
    union all
    select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 'pg_catalog.pg_class'::pg_catalog.regclass, p.polrelid
    from pg_catalog.pg_policy p
    union all
    select 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid, 'pg_catalog.pg_class'::pg_catalog.regclass, i.indrelid
    from pg_catalog.pg_index i
    where i.indexrelid >= 16384
    union all -- rows of relations
    select 'pg_catalog.pg_type'::pg_catalog.regclass, c.reltype, 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid
    from pg_catalog.pg_class c
    where c.oid >= 16384 and c.reltype <> 0 and c.relkind <> 'c'
    union all -- the attributes of composites
    select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 'pg_catalog.pg_type'::pg_catalog.regclass, c.reltype
    from pg_catalog.pg_class c
    where c.oid >= 16384 and c.relkind = 'c'
    union all
    select 'pg_catalog.pg_type'::pg_catalog.regclass, r.rngmultitypid, 'pg_catalog.pg_type'::pg_catalog.regclass, r.rngtypid
    from pg_catalog.pg_range r
    union all -- arrays
    select 'pg_catalog.pg_type'::pg_catalog.regclass, e.typarray,
        case when c.oid is null then 'pg_catalog.pg_type'::pg_catalog.regclass
            else 'pg_catalog.pg_class'::pg_catalog.regclass end,
        coalesce(c.oid, r.rngtypid, e.oid)
    from pg_catalog.pg_type e
    left join pg_catalog.pg_range r on r.rngmultitypid = e.oid
    left join pg_catalog.pg_class c on c.oid = e.typrelid and c.relkind <> 'c'
    where e.oid >= 16384 and e.typarray <> 0
)
select x.class::pg_catalog.regclass::text, x.oid, x.needed_class::pg_catalog.regclass::text, x.needed
from (
    select distinct coalesce(p.whole_class, d.classid), coalesce(p.whole, d.objid),
        coalesce(q.whole_class, d.refclassid), coalesce(q.whole, d.refobjid)
    from pg_catalog.pg_depend d
    left join parts p on p.part = d.objid and p.class = d.classid
    left join parts q on q.part = d.refobjid and q.class = d.refclassid
    where d.objid >= 16384 and d.refobjid >= 16384 and (
        d.deptype = 'n'
        or d.deptype = 'a' and d.refobjsubid = 0 -- partitions
          and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = d.classid)
      and (coalesce(p.whole, d.objid), coalesce(p.whole_class, d.classid))
       <> (coalesce(q.whole, d.refobjid), coalesce(q.whole_class, d.refclassid))
) x (class, oid, needed_class, needed)
