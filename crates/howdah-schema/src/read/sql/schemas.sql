-- Schemas that are the server's own business are none of ours. $1: the base schema.
select n.oid, n.nspname, pg_catalog.pg_get_userbyid(n.nspowner)
from pg_catalog.pg_namespace n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname
