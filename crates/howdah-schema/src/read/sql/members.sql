-- What belongs to an extension.
select d.classid::pg_catalog.regclass::text, d.objid
from pg_catalog.pg_depend d
where d.deptype = 'e'
