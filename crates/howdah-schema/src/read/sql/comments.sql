-- All comments on objects that are not the server's own, but for those that other queries bring: on attributes of
-- composite types, on constraints of domains, and on constraints that refuse null.
select d.classoid::pg_catalog.regclass::text, d.objoid, d.objsubid, d.description
from pg_catalog.pg_description d
left join pg_catalog.pg_constraint k
    on d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = d.objoid
left join pg_catalog.pg_class c
    on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = d.objoid and c.relkind = 'c'
where d.objoid >= 16384 and c.oid is null and (k.oid is null or k.contype <> 'n' and k.contypid = 0)
