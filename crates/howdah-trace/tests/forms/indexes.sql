--- world indexes
create table t (id int primary key, a int, b text, c int[], d tsvector, p point, j jsonb, g inet);
insert into t select n, n, 'b' || n, array[n], to_tsvector('simple', 'w' || n), point(n, n), '{}', '10.0.0.1'
    from generate_series(1, 300) n;
create index t_a on t (a);
create unique index t_b on t (b);
create index t_c on t using gin (c);
create index t_brin on t using brin (a);
create index t_lower on t (lower(b));
create index t_hash on t using hash (a);
create index t_gist on t using gist (p);
create table twin (id int primary key, t_id int references t);
insert into twin select n, n from generate_series(1, 300) n;
create materialized view m as select a, count(*) as n from t group by a;
create unique index m_a on m (a);
create materialized view mm as select a from m;
create view v as select a from t;
create table doubled (a int);
insert into doubled select n % 10 from generate_series(1, 300) n;

--- create an index
create index on t (a);
--- create an index with a name
create index t_new on t (a, b);
--- create an index if not exists
create index if not exists t_new on t (a);
--- create an index if not exists that exists
create index if not exists t_a on t (a);
--- create an index that exists
create index t_a on t (a);
--- create a unique index
create unique index on t (a);
--- create a unique index where rows are double
create unique index on doubled (a);
--- create a partial index
create index on t (a) where a > 10;
--- create an index on an expression
create index on t (upper(b));
--- create an index on an expression of a function of ours
create function twice_of(a int) returns int language sql immutable as 'select a * 2';
--- then
create index fresh on t (twice_of(id));
--- create an index on an expression of a volatile SQL function that is inlined
create function twice_of(a int) returns int language sql as 'select a * 2';
--- then
create index fresh on t (twice_of(id));
--- create an index on an expression of a volatile function
create function twice_of(a int) returns int language plpgsql as 'begin return a * 2; end';
--- then
create index fresh on t (twice_of(id));
--- create an index on an expression of a stable function
create index fresh on t ((now()));
--- create a partial index with a stable condition
create index fresh on t (id) where now() > '2020-01-01';
--- create a covering index
create index on t (a) include (b);
--- create a hash index
create index on t using hash (b);
--- create a GIN index
create index on t using gin (d);
--- create a GiST index
create index on t using gist (p);
--- create a BRIN index
create index on t using brin (id);
--- create an SP-GiST index
create index on t using spgist (g inet_ops);
--- create an index with an order
create index on t (a desc nulls last);
--- create an index with a collation
create index on t (b collate "C");
--- create an index with options
create index on t (a) with (fillfactor = 70);
--- create an index in a tablespace
create index on t (a) tablespace other_space;
--- create an index on a materialized view
create index on m (n);
--- create an index on a view
create index on v (a);
--- create an index concurrently
create index concurrently on t (a);
--- create an index concurrently with a name
create index concurrently t_new on t (a);
--- create an index concurrently if not exists
create index concurrently if not exists t_a on t (a);
--- create a unique index concurrently
create unique index concurrently on t (a);
--- create a unique index concurrently where rows are double
create unique index concurrently doubled_a on doubled (a);
--- create a partial index concurrently
create index concurrently on t (a) where a > 10;
--- create an index concurrently on an expression
create index concurrently on t (upper(b));
--- create a GIN index concurrently
create index concurrently on t using gin (d);
--- create an index concurrently on a materialized view
create index concurrently on m (n);
--- drop an index
drop index t_a;
--- drop an index if exists
drop index if exists nothing;
--- drop two indexes
drop index t_a, t_b;
--- drop an index of a constraint
drop index t_pkey;
--- drop an index concurrently
drop index concurrently t_a;
--- drop an index concurrently if exists
drop index concurrently if exists t_a;
--- drop an index concurrently that is not there
drop index concurrently if exists nothing;
--- drop a unique index concurrently
drop index concurrently t_b;
--- drop an index of a materialized view
drop index m_a;
--- reindex an index
reindex index t_a;
--- reindex a primary key's index
reindex index t_pkey;
--- reindex a table
reindex table t;
--- reindex a materialized view
reindex table m;
--- reindex an index concurrently
reindex index concurrently t_a;
--- reindex a table concurrently
reindex table concurrently t;
--- reindex a table concurrently in the other form {14..}
reindex (concurrently) table twin;
--- reindex with options {14..}
reindex (tablespace other_space) index t_a;
--- reindex a schema
reindex schema public;
--- reindex a database
reindex database howdah_forms;
--- rename an index
alter index t_a rename to t_aa;
--- rename an index by ALTER TABLE
alter table t_a rename to t_aa;
--- rename a primary key's index
alter index t_pkey rename to t_key;
--- set fillfactor of an index
alter index t_a set (fillfactor = 80);
--- reset fillfactor of an index
alter index t_a reset (fillfactor);
--- set deduplicate_items {13..}
alter index t_a set (deduplicate_items = off);
--- set fastupdate
alter index t_c set (fastupdate = off);
--- set gin_pending_list_limit
alter index t_c set (gin_pending_list_limit = 128);
--- set autosummarize
alter index t_brin set (autosummarize = on);
--- set pages_per_range
alter index t_brin set (pages_per_range = 64);
--- set buffering of a GiST index
alter index t_gist set (buffering = off);
--- set fillfactor of a hash index
alter index t_hash set (fillfactor = 80);
--- set statistics of an index's column
alter index t_lower alter column 1 set statistics 500;
--- set a tablespace of an index
alter index t_a set tablespace other_space;
--- set the tablespace that an index has
alter index t_a set tablespace pg_default;
--- move all indexes of a tablespace
alter index all in tablespace pg_default set tablespace other_space;
--- an index depends on an extension {13..}
alter index t_a depends on extension plpgsql;
--- alter an index if exists
alter index if exists nothing set (fillfactor = 80);
--- cluster
cluster t using t_a;
--- cluster what has no clustered index
cluster twin;
--- cluster again
alter table t cluster on t_a;
--- then
cluster t;
--- cluster with the old syntax
cluster verbose t using t_a;
--- cluster everything
cluster;
--- vacuum
vacuum t;
--- vacuum and analyze
vacuum analyze t;
--- vacuum with options
vacuum (freeze, verbose) t;
--- vacuum full
vacuum full t;
--- vacuum full in the other form
vacuum (full, analyze) t;
--- vacuum two tables
vacuum t, twin;
--- vacuum a materialized view
vacuum m;
--- analyze
analyze t;
--- analyze columns
analyze t (a, b);
--- analyze a materialized view
analyze m;
--- refresh a materialized view
refresh materialized view m;
--- refresh a materialized view with no data
refresh materialized view m with no data;
--- refresh a materialized view concurrently
refresh materialized view concurrently m;
--- refresh a materialized view concurrently without a unique index
refresh materialized view concurrently mm;
--- create statistics
create statistics t_stats on a, b from t;
--- create statistics of an expression {14..}
create statistics t_stats on (a + 1), (id + 1) from t;
--- drop statistics
create statistics t_stats on a, b from t;
--- then
drop statistics t_stats;
--- alter statistics {13..}
create statistics t_stats on a, b from t;
--- then
alter statistics t_stats set statistics 100;
--- rename statistics
create statistics t_stats on a, b from t;
--- then
alter statistics t_stats rename to t_statistics;
--- create an index in a DO block
do $$ begin create index t_new on t (a); end $$;
--- create an index concurrently in a DO block
do $$ begin create index concurrently t_new on t (a); end $$;
