--- world objects
create type mood as enum ('sad', 'ok', 'happy');
create domain positive as int check (value > 0);
create domain loose as int;
create domain listed as int;
create domain unused as int;
create type pair as (a int, b int);
create type lonely as (a int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create function double_of(a int) returns int language sql immutable as 'select a * 2';
create function nothing() returns int language sql as 'select 1';
create procedure work() language sql as 'select 1';
create procedure stages() language plpgsql as 'begin commit; end';
create table t (id int primary key, a loose, m mood default 'ok', n int, txt text, pr pair);
insert into t select n, n, 'ok', n, 'x', row(n, n)::pair from generate_series(1, 300) n;
create index t_m on t (m);
create table u (id int primary key, a loose, t_id int references t);
insert into u select n, n, n from generate_series(1, 300) n;
create table arrays (id int, many listed[]);
insert into arrays select n, array[n] from generate_series(1, 300) n;
create table w (id serial primary key, v int);
insert into w (v) select n from generate_series(1, 300) n;
create table typed of lonely;
insert into typed select n from generate_series(1, 300) n;
create trigger w_touch before update on w for each row execute function touch();
alter table w enable row level security;
create policy w_all on w using (true);
create rule w_rule as on delete to w do also insert into t (id) values (old.id + 1000);
create view v as select id, a from t;
create view vv as select id from v;
create view joined as select t.id, u.t_id from t join u on u.t_id = t.id;
create view guarded with (security_barrier) as select id from w;
create materialized view m as select n, count(*) as c from t group by n;
create unique index m_n on m (n);
create sequence s;
create sequence owned_s owned by w.v;
create table other (id int, v text);
insert into other select n, 'x' from generate_series(1, 300) n;
create publication p for table t;
create schema app;
create table app.inner_one (id int);
insert into app.inner_one select n from generate_series(1, 300) n;
create statistics t_stats on id, n from t;
create function cut() returns event_trigger language plpgsql as 'begin end';

--- create a table
create table fresh (id int primary key, v text);
--- create a table if not exists
create table if not exists fresh (id int);
--- create a table if not exists that exists
create table if not exists t (id int);
--- create a table that exists
create table t (id int);
--- create a table with an index and a unique constraint
create table fresh (id bigint generated always as identity primary key, v text unique, n int check (n > 0));
--- create a table like another
create table fresh (like t);
--- create a table like another including all
create table fresh (like t including all);
--- create a table like two others
create table fresh (like t, like other);
--- create a table that inherits
create table fresh (extra int) inherits (other);
--- create a table as
create table fresh as select * from t;
--- create a table as with no data
create table fresh as select * from t with no data;
--- select into
select * into fresh from t;
--- create a temporary table
create temporary table fresh (id int);
--- create an unlogged table
create unlogged table fresh (id int);
--- create a table of a type
create table fresh of lonely;
--- create a table with a domain and an enum
create table fresh (id int, a positive, m mood);
--- create a partitioned table
create table fresh (id int) partition by range (id);
--- create a table in a schema
create table app.fresh (id int);
--- create a table with a sequence's default
create table fresh (id int default nextval('s'));
--- drop a table
drop table other;
--- drop a table if exists
drop table if exists nothing_here;
--- drop a table with a view
drop table t;
--- drop a table with a view, cascade
drop table t cascade;
--- drop a table with a trigger, a policy and a sequence
drop table w cascade;
--- drop two tables
drop table other, arrays;
--- create a view
create view fresh as select id from t;
--- create a view of a view
create view fresh as select id from v;
--- create a view of a join
create view fresh as select t.id from t, other;
--- replace a view
create or replace view v as select id, a, n from t;
--- replace a view that is new
create or replace view fresh as select id from t;
--- replace a view that others need
create or replace view v as select id, a from t where id > 10;
--- create a recursive view
create recursive view fresh (n) as values (1) union all select n + 1 from fresh where n < 10;
--- drop a view
drop view vv;
--- drop a view that others need
drop view v;
--- drop a view that others need, cascade
drop view v cascade;
--- rename a view
alter view v rename to renamed;
--- rename a view's column
alter view v rename column a to b;
--- set a default of a view's column
alter view v alter column a set default 3;
--- set an option of a view
alter view v set (security_barrier = true);
--- set security_invoker {15..}
alter view v set (security_invoker = true);
--- reset an option of a view
alter view guarded reset (security_barrier);
--- set schema of a view
alter view v set schema app;
--- owner of a view
alter view v owner to somebody;
--- create a materialized view
create materialized view fresh as select id from t;
--- create a materialized view with no data
create materialized view fresh as select id from t with no data;
--- drop a materialized view
drop materialized view m;
--- rename a materialized view
alter materialized view m rename to mm;
--- set an option of a materialized view
alter materialized view m set (fillfactor = 90);
--- set statistics of a materialized view's column
alter materialized view m alter column c set statistics 100;
--- cluster a materialized view on
alter materialized view m cluster on m_n;
--- set schema of a materialized view
alter materialized view m set schema app;
--- set a tablespace of a materialized view
alter materialized view m set tablespace other_space;
--- owner of a materialized view
alter materialized view m owner to somebody;
--- create a sequence
create sequence fresh;
--- create a sequence that is owned
create sequence fresh owned by t.n;
--- alter a sequence
alter sequence s increment by 10;
--- restart a sequence
alter sequence s restart;
--- alter the type of a sequence
alter sequence s as smallint;
--- alter the owner column of a sequence
alter sequence s owned by t.n;
--- a sequence is owned by none
alter sequence owned_s owned by none;
--- rename a sequence
alter sequence s rename to ss;
--- set schema of a sequence
alter sequence s set schema app;
--- owner of a sequence
alter sequence s owner to somebody;
--- make a sequence unlogged {15..}
alter sequence s set unlogged;
--- drop a sequence
drop sequence s;
--- drop a sequence that a default needs
drop sequence w_id_seq;
--- drop a sequence that a default needs, cascade
drop sequence w_id_seq cascade;
--- nextval
select nextval('s');
--- setval
select setval('s', 100);
--- create a trigger
create trigger fresh before insert on t for each row execute function touch();
--- create a trigger after
create trigger fresh after update of n on t for each statement execute function touch();
--- create a constraint trigger
create constraint trigger fresh after insert on t deferrable for each row execute function touch();
--- create a constraint trigger from another table
create constraint trigger fresh after insert on t from other deferrable for each row execute function touch();
--- create a trigger on a view
create trigger fresh instead of insert on v for each row execute function touch();
--- replace a trigger {14..}
create or replace trigger w_touch before update on w for each row execute function touch();
--- replace a trigger that is new {14..}
create or replace trigger fresh before update on w for each row execute function touch();
--- drop a trigger
drop trigger w_touch on w;
--- drop a trigger if exists
drop trigger if exists nothing_here on w;
--- rename a trigger
alter trigger w_touch on w rename to w_touched;
--- drop a trigger's function, cascade
drop function touch cascade;
--- create a policy
create policy fresh on t using (id > 0);
--- create a policy with a subquery
create policy fresh on t using (id in (select id from other));
--- alter a policy
alter policy w_all on w using (v > 0);
--- rename a policy
alter policy w_all on w rename to w_some;
--- drop a policy
drop policy w_all on w;
--- create a rule
create rule fresh as on delete to t do also insert into other values (old.id);
--- create a rule with several actions
create rule fresh as on update to t do also (insert into other values (old.id); delete from w where id in (select id from u));
--- create a rule that selects
create rule fresh as on update to t do instead select * from vv;
--- create a rule that inserts elsewhere instead
create rule fresh as on insert to v do instead insert into t (id) values (new.id);
--- write through a rule
delete from w where id = 1;
--- update a table with a rule for deletions
update w set v = 2 where id = 1;
--- replace a rule
create or replace rule w_rule as on delete to w do nothing;
--- rename a rule
alter rule w_rule on w rename to w_ruled;
--- drop a rule
drop rule w_rule on w;
--- add a value to an enum
alter type mood add value 'glad';
--- add a value to an enum before another
alter type mood add value 'glad' before 'happy';
--- add a value to an enum if not exists
alter type mood add value if not exists 'ok';
--- rename a value of an enum
alter type mood rename value 'sad' to 'unhappy';
--- rename a type
alter type mood rename to feeling;
--- set schema of a type
alter type mood set schema app;
--- owner of a type
alter type mood owner to somebody;
--- drop a type that is used
drop type mood;
--- drop a type that is used, cascade
drop type mood cascade;
--- drop a type that is not used
create type fresh as enum ('a');
--- then
drop type fresh;
--- create an enum
create type fresh as enum ('a', 'b');
--- create a composite type
create type fresh as (a int, b text);
--- create a range type
create type fresh as range (subtype = float8);
--- add an attribute to a type that a column has
alter type pair add attribute c int;
--- add an attribute to a type that no column has
create type fresh as (a int);
--- then
alter type fresh add attribute c int;
--- add an attribute to a type that a table has
alter type lonely add attribute c int;
--- add an attribute to a type that a table has, cascade
alter type lonely add attribute c int cascade;
--- drop an attribute of a type that a column has
alter type pair drop attribute b;
--- change an attribute of a type that a column has
alter type pair alter attribute b type bigint;
--- rename an attribute
alter type pair rename attribute b to c;
--- create a domain
create domain fresh as int check (value > 0);
--- add a constraint to a domain
alter domain loose add constraint big check (value > 0);
--- add a constraint to a domain, not valid
alter domain loose add constraint big check (value > 0) not valid;
--- validate a constraint of a domain
alter domain loose add constraint big check (value > 0) not valid;
--- then
alter domain loose validate constraint big;
--- add a constraint to a domain that is not used
alter domain unused add constraint big check (value > 0);
--- set not null of a domain
alter domain loose set not null;
--- add a constraint to a domain that an array has
alter domain listed add constraint big check (value > 0);
--- set not null of a domain that is not used
alter domain unused set not null;
--- drop not null of a domain
alter domain loose drop not null;
--- drop a constraint of a domain
alter domain positive drop constraint positive_check;
--- rename a constraint of a domain
alter domain positive rename constraint positive_check to above;
--- set a default of a domain
alter domain loose set default 3;
--- rename a domain
alter domain loose rename to looser;
--- owner of a domain
alter domain loose owner to somebody;
--- drop a domain that is not used
drop domain unused;
--- drop a domain that is used
drop domain loose;
--- drop a domain that is used, cascade
drop domain loose cascade;
--- create a function
create function fresh() returns int language sql as 'select 1';
--- create a function that reads a table
create function fresh() returns bigint language sql as 'select count(*) from t';
--- create a function whose body is parsed {14..}
create function fresh() returns bigint language sql begin atomic select count(*) from t; end;
--- create a function whose body reads a view and writes {14..}
create function fresh() returns void language sql begin atomic insert into other select id from vv; update w set v = 1; end;
--- create a function that reads a view and writes
create function fresh() returns void language sql as 'insert into other select id from vv; update w set v = 1';
--- create a function that returns a query {14..}
create function fresh() returns bigint language sql return (select count(*) from t);
--- replace a function
create or replace function double_of(a int) returns int language sql immutable as 'select a + a';
--- create a procedure
create procedure fresh() language sql as 'select 1';
--- alter a function
alter function double_of(int) stable;
--- rename a function
alter function double_of(int) rename to twice;
--- drop a function
drop function nothing();
--- call a procedure
call work();
--- call a procedure that commits
call stages();
--- create an aggregate
create aggregate fresh (int) (sfunc = int4pl, stype = int, initcond = '0');
--- create an operator
create operator @@@@ (function = int4pl, leftarg = int, rightarg = int);
--- create a cast
create cast (pair as text) with inout;
--- comment on a table
comment on table t is 'x';
--- comment on a column
comment on column t.n is 'x';
--- comment on a view
comment on view v is 'x';
--- comment on a view's column
comment on column v.a is 'x';
--- comment on a materialized view
comment on materialized view m is 'x';
--- comment on an index
comment on index t_m is 'x';
--- comment on a sequence
comment on sequence s is 'x';
--- comment on a constraint
comment on constraint t_pkey on t is 'x';
--- comment on a trigger
comment on trigger w_touch on w is 'x';
--- comment on a policy
comment on policy w_all on w is 'x';
--- comment on a rule
comment on rule w_rule on w is 'x';
--- comment on a type
comment on type mood is 'x';
--- comment on a composite type
comment on type pair is 'x';
--- comment on a domain
comment on domain loose is 'x';
--- comment on a function
comment on function nothing() is 'x';
--- comment on a schema
comment on schema app is 'x';
--- comment on a database
comment on database howdah_forms is 'x';
--- comment on statistics
comment on statistics t_stats is 'x';
--- grant on a table {..17}
grant select on t to somebody;
--- grant on a table from 18 on {18..}
grant select on t to somebody;
--- grant on a column {..17}
grant select (id) on t to somebody;
--- grant on a column from 18 on {18..}
grant select (id) on t to somebody;
--- revoke on a table {..17}
revoke select on t from public;
--- grant on all tables {..17}
grant select on all tables in schema public to somebody;
--- grant on a sequence {..17}
grant usage on sequence s to somebody;
--- grant on a schema
grant usage on schema app to somebody;
--- grant on a function
grant execute on function nothing() to somebody;
--- grant on a type
grant usage on type mood to somebody;
--- grant a role
create role fellow;
--- then
grant somebody to fellow;
--- default privileges
alter default privileges in schema app grant select on tables to somebody;
--- create a schema
create schema fresh;
--- create a schema with a table
create schema fresh create table one (id int);
--- rename a schema
alter schema app rename to application;
--- owner of a schema
alter schema app owner to somebody;
--- drop a schema
create schema fresh;
--- then
drop schema fresh;
--- drop a schema that is not empty
drop schema app;
--- drop a schema that is not empty, cascade
drop schema app cascade;
--- create an extension
create extension pg_trgm;
--- drop an extension
create extension pg_trgm;
--- then
drop extension pg_trgm;
--- create a collation
create collation fresh (locale = 'C');
--- create a role
create role fresh;
--- drop a role
create role fresh;
--- then
drop role fresh;
--- reassign owned
reassign owned by somebody to current_user;
--- drop owned
drop owned by somebody;
--- create a publication
create publication fresh for table other;
--- create a publication for two tables
create publication fresh for table other, w;
--- create a publication for all tables
create publication fresh for all tables;
--- create an empty publication
create publication fresh;
--- create a publication for a schema {15..}
create publication fresh for tables in schema app;
--- create a publication with a row filter {15..}
create publication fresh for table other where (id > 3);
--- add a table to a publication
alter publication p add table other;
--- drop a table of a publication
alter publication p drop table t;
--- set tables of a publication
alter publication p set table other;
--- set options of a publication
alter publication p set (publish = 'insert');
--- drop a publication
drop publication p;
--- create a subscription that does not connect
create subscription fresh connection 'dbname=nothing' publication p with (connect = false);
--- create an event trigger
create event trigger fresh on ddl_command_start execute function cut();
--- drop an event trigger
create event trigger fresh on ddl_command_end execute function cut();
--- then
drop event trigger fresh;
--- create a server and a foreign table
create foreign data wrapper fresh;
--- create a text search configuration
create text search configuration fresh (copy = simple);
--- create a database
create database fresh;
--- drop a database
drop database if exists nothing_here;
--- alter a database
alter database howdah_forms set work_mem = '8MB';
--- alter system
alter system set work_mem = '8MB';
--- set a parameter
set work_mem = '8MB';
--- set a local parameter
set local lock_timeout = '1s';
--- checkpoint
checkpoint;
--- create a tablespace
create tablespace fresh location '/nowhere';
--- notify
notify something;
--- discard all
discard all;
--- security label
security label on table t is 'x';
