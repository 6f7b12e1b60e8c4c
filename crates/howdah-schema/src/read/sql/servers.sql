-- Foreign servers, and as whom they are entered: of the options of user mappings only those that are no secret, because
-- what a wrapper calls a secret is its own affair.
select s.oid, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'name', s.srvname,
    'owner', pg_catalog.pg_get_userbyid(s.srvowner),
    'wrapper', w.fdwname,
    'type', s.srvtype,
    'version', s.srvversion,
    'options', (select pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
        from pg_catalog.pg_options_to_table(s.srvoptions) o),
    'user_mappings', (
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'role', case when m.umuser <> 0 then m.usename end,
            'options', (select pg_catalog.jsonb_object_agg(o.option_name, o.option_value)
                from pg_catalog.pg_options_to_table(m.umoptions) o
                where o.option_name in ('user', 'username', 'password_required', 'sslcert', 'sslkey'))))
        from pg_catalog.pg_user_mappings m where m.srvid = s.oid
    )
))
from pg_catalog.pg_foreign_server s
join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
