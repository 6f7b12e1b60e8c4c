-- What a driver must know of types that it has never seen: those of $1 and all that they are made
-- of. One row per type and one per attribute of a composite type, in the order of attributes:
--
--   oid     the type
--   kind    pg_type.typtype, `a` for an array, `.` for an attribute
--   name    as users write it, with its schema unless that is pg_catalog; an attribute's name
--   part    the element, base type, subtype or range; an attribute's type; else null
--   detail  an array's delimiter; `extension.type` of what an extension made; else null
--
-- Every name and operator is qualified: whatever the search path is, these are PostgreSQL's own.
-- Servers before 14 have no pg_range.rngmultitypid; asked as JSON, they answer null.
with recursive edge (whole, position, name, part) as (
    select null::pg_catalog.oid, 0, null::pg_catalog.name,
           pg_catalog.unnest($1::pg_catalog.oid[])
  union
    select whole.oid, piece.position, piece.name, piece.part
    from edge
    join pg_catalog.pg_type as whole on whole.oid operator(pg_catalog.=) edge.part
    cross join lateral (
        select 0, null::pg_catalog.name, whole.typelem
        where whole.typtype operator(pg_catalog.=) 'b'
          and whole.typoutput operator(pg_catalog.=) 'pg_catalog.array_out'::pg_catalog.regproc
      union all
        select 0, null, whole.typbasetype
        where whole.typtype operator(pg_catalog.=) 'd'
      union all
        select 0, null, range.rngsubtype
        from pg_catalog.pg_range as range
        where range.rngtypid operator(pg_catalog.=) whole.oid
          and whole.typtype operator(pg_catalog.=) 'r'
      union all
        select 0, null, range.rngtypid
        from pg_catalog.pg_range as range
        where pg_catalog.jsonb_extract_path_text(pg_catalog.to_jsonb(range), 'rngmultitypid')
                  operator(pg_catalog.=) whole.oid::pg_catalog.text
          and whole.typtype operator(pg_catalog.=) 'm'
      union all
        select attribute.attnum::pg_catalog.int4, attribute.attname, attribute.atttypid
        from pg_catalog.pg_attribute as attribute
        where attribute.attrelid operator(pg_catalog.=) whole.typrelid
          and attribute.attnum operator(pg_catalog.>) 0
          and not attribute.attisdropped
          and whole.typtype operator(pg_catalog.=) 'c'
    ) as piece (position, name, part)
)
select type.oid::pg_catalog.text,
       case when element.oid is null then type.typtype::pg_catalog.text else 'a' end as kind,
       case when namespace.nspname operator(pg_catalog.=) 'pg_catalog' then type.typname::pg_catalog.text
            else pg_catalog.concat(pg_catalog.quote_ident(namespace.nspname), '.',
                                   pg_catalog.quote_ident(type.typname))
       end as name,
       edge.part::pg_catalog.text as part,
       case when element.oid is not null then element.typdelim::pg_catalog.text
            else (select pg_catalog.concat(extension.extname, '.', type.typname)
                  from pg_catalog.pg_depend as depend
                  join pg_catalog.pg_extension as extension
                    on extension.oid operator(pg_catalog.=) depend.refobjid
                  where depend.classid operator(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
                    and depend.objid operator(pg_catalog.=) type.oid
                    and depend.refclassid operator(pg_catalog.=)
                            'pg_catalog.pg_extension'::pg_catalog.regclass
                    and depend.deptype operator(pg_catalog.=) 'e'
                  limit 1)
       end as detail,
       0 as position
from (select distinct part from edge) as needed
join pg_catalog.pg_type as type on type.oid operator(pg_catalog.=) needed.part
join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) type.typnamespace
left join edge
       on edge.whole operator(pg_catalog.=) type.oid and edge.position operator(pg_catalog.=) 0
left join pg_catalog.pg_type as element
       on element.oid operator(pg_catalog.=) edge.part and type.typtype operator(pg_catalog.=) 'b'
union all
select whole::pg_catalog.text, '.', name::pg_catalog.text, part::pg_catalog.text, null, position
from edge
where position operator(pg_catalog.>) 0
order by 6
