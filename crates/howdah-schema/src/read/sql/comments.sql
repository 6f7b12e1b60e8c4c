-- All comments on objects that are not the server's own.
select d.classoid::pg_catalog.regclass::text, d.objoid, d.objsubid, d.description
from pg_catalog.pg_description d
where d.objoid >= 16384
