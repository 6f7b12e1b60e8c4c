--- world data
create table t (id int primary key, v int, txt text);
insert into t select n, n, 'x' from generate_series(1, 300) n;
create index t_v on t (v);
create table u (id int primary key, t_id int references t on delete cascade, n int);
insert into u select n, n, n from generate_series(1, 300) n;
create table lonely (id int);
insert into lonely select n from generate_series(1, 300) n;
create view v as select id, v from t;
create table base (id int);
create table derived () inherits (base);

--- select
select * from t;
--- select of a join
select * from t join u on u.t_id = t.id;
--- select from a view
select * from v;
--- select of a subquery
select id from t where id in (select t_id from u);
--- select of a common table expression
with w as (select * from u) select * from w, t;
--- select for update
select * from t for update;
--- select for no key update
select * from t for no key update;
--- select for share
select * from t for share;
--- select for key share
select * from t for key share;
--- select for update of one table
select * from t join u on u.t_id = t.id for update of u;
--- select for update skip locked
select * from t for update skip locked;
--- select for update of an alias
select * from t a join u b on b.t_id = a.id for update of b;
--- select for share of one and for update of the other
select * from t join u on u.t_id = t.id for share of t for update of u;
--- select for update, a subquery aside
select * from t where id in (select t_id from u) for update;
--- select for update of a subquery
select * from (select t.id from t join lonely on true limit 1) s, u for update of s;
--- select for update in a subquery
select * from (select id from t limit 1 for update) s, u;
--- select for update of a view
select * from v for update;
--- select for update with a query
with picked as (select id from u) select * from t join picked using (id) for update of t;
--- select for update of only a parent
select * from only base for update;
--- select from a parent
select * from base;
--- select from only a parent
select * from only base;
--- select from only a parent in parentheses
select * from only (base);
--- select from only a parent and from all of it
select * from only base a, base b;
--- select from only a parent in a subquery
select id from t where id in (select id from only base);
--- table only
table only base;
--- select from a view of only a parent
create view shallow as select id from only base;
--- then
select * from shallow;
--- insert
insert into t values (1000, 1, 'x');
--- insert from a select
insert into lonely select id from t;
--- insert on conflict
insert into t values (1, 1, 'x') on conflict (id) do update set v = 2;
--- insert into a referencing table
insert into u values (1000, 1, 1);
--- update
update t set v = 2 where id = 1;
--- update everything
update t set v = 2;
--- update from another table
update t set v = u.n from u where u.t_id = t.id;
--- update a view
update v set v = 3;
--- update a parent
update base set id = 3;
--- delete
delete from lonely where id = 1;
--- delete using another table
delete from lonely using t where t.id = lonely.id;
--- delete what is referenced
delete from t where id = 1;
--- a common table expression that writes
with gone as (delete from lonely returning *) insert into t select id + 1000, 1, 'x' from gone;
--- a common table expression that deletes what is referenced
with gone as (delete from t where id < 3 returning *) insert into lonely select id from gone;
--- a common table expression that inserts into a referencing table
with new as (insert into u values (1000, 1, 1) returning *) select * from new;
--- common table expressions that write a parent and a view
with old as (update base set id = 3 returning *), new as (update v set v = 3 returning *) select * from old, new;
--- a common table expression that merges {17..}
with done as (merge into t using lonely on t.id = lonely.id when matched then update set v = 1 returning t.id)
select * from done;
--- copy out what is deleted
copy (delete from t where id = 1 returning *) to '/dev/null';
--- copy out what a common table expression deletes
copy (with gone as (delete from t where id = 1 returning *) select * from gone) to '/dev/null';
--- merge {15..}
merge into t using lonely on t.id = lonely.id when matched then update set v = 1;
--- copy out, whose lock 12 gives back before it can be seen {13..}
copy t to '/dev/null';
--- copy a query out
copy (select * from t) to '/dev/null';
--- copy in
copy lonely from '/dev/null';
--- lock
lock table t;
--- lock without the word table
lock t;
--- lock in access share mode
lock table t in access share mode;
--- lock in row share mode
lock table t in row share mode;
--- lock in row exclusive mode
lock table t in row exclusive mode;
--- lock in share update exclusive mode
lock table t in share update exclusive mode;
--- lock in share mode
lock table t in share mode;
--- lock in share row exclusive mode
lock table t in share row exclusive mode;
--- lock in exclusive mode
lock table t in exclusive mode;
--- lock in access exclusive mode nowait
lock table t in access exclusive mode nowait;
--- lock two tables
lock table t, u in share mode;
--- lock a view
lock table v in share mode;
--- lock a parent
lock table base in share mode;
--- explain
explain select * from t;
--- explain analyze
explain analyze update t set v = 3 where id = 1;
--- explain analyze create table as
explain analyze create table fresh as select * from t;
--- prepare
prepare p as update t set v = 1;
--- declare a cursor
declare c cursor for select * from t for update;
--- a DO block that updates
do $$ begin update t set v = 1; end $$;
--- a DO block that locks
do $$ begin lock table t in exclusive mode; end $$;
