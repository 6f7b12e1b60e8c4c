--- world partitions
create table country (id int primary key);
insert into country select n from generate_series(1, 300) n;
create table event (id int not null, at date not null, country_id int, note text) partition by range (at);
create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01');
create table event_2025 partition of event for values from ('2025-01-01') to ('2026-01-01');
insert into event select n, '2024-01-01'::date + n, n, 'x' from generate_series(1, 300) n;
insert into event select n, '2025-01-01'::date + n, n, 'x' from generate_series(1, 300) n;
create index event_id on event (id);
create table event_2026 (id int not null, at date not null, country_id int, note text);
insert into event_2026 select n, '2026-01-01'::date + n, n, 'x' from generate_series(1, 300) n;
create table event_2027 (
    id int not null, at date not null, country_id int, note text,
    constraint in_2027 check (at >= '2027-01-01' and at < '2028-01-01')
);
insert into event_2027 select n, '2027-01-01'::date + n, n, 'x' from generate_series(1, 300) n;
create table event_2028 (
    id int not null, at date not null, country_id int, note text
);
alter table event_2028 add constraint in_2028 check (at >= '2028-01-01' and at < '2029-01-01') not valid;
insert into event_2028 select n, '2028-01-01'::date + n, n, 'x' from generate_series(1, 300) n;
create table metric (id int primary key, kind text, v int) partition by range (id);
create table metric_small partition of metric for values from (1) to (1000);
create table metric_large partition of metric for values from (1000) to (100000);
create table metric_other partition of metric default;
insert into metric select n * 10, 'k', n from generate_series(1, 300) n;
insert into metric select n + 200000, 'k', n from generate_series(1, 300) n;
create table metric_next (id int primary key, kind text, v int);
insert into metric_next select n + 100000, 'k', n from generate_series(1, 300) n;
create table zone (id int, kind text not null) partition by list (kind);
create table zone_a partition of zone for values in ('a');
create table zone_b partition of zone for values in ('b') partition by hash (id);
create table zone_b0 partition of zone_b for values with (modulus 2, remainder 0);
create table zone_b1 partition of zone_b for values with (modulus 2, remainder 1);
create table zone_other partition of zone default;
alter table zone_other add constraint not_c check (kind <> 'c');
insert into zone select n, 'a' from generate_series(1, 300) n;
insert into zone select n, 'b' from generate_series(1, 300) n;
insert into zone select n, 'x' from generate_series(1, 300) n;
create table zone_c (id int, kind text not null, constraint is_c check (kind = 'c'));
insert into zone_c select n, 'c' from generate_series(1, 300) n;
create table zone_d (id int, kind text not null, constraint is_d check (kind = 'd'));
insert into zone_d select n, 'd' from generate_series(1, 300) n;
create table sale (id int, country_id int references country) partition by hash (id);
create table sale_0 partition of sale for values with (modulus 2, remainder 0);
create table sale_1 partition of sale for values with (modulus 2, remainder 1);
insert into sale select n, n from generate_series(1, 300) n;
create table shipment (id int, metric_id int);
insert into shipment select n, n * 10 from generate_series(1, 300) n;

--- attach a partition
alter table event attach partition event_2026 for values from ('2026-01-01') to ('2027-01-01');
--- attach a partition whose check says what the bound says
alter table event attach partition event_2027 for values from ('2027-01-01') to ('2028-01-01');
--- attach a partition whose check is not valid
alter table event attach partition event_2028 for values from ('2028-01-01') to ('2029-01-01');
--- attach a partition beside a default
alter table metric attach partition metric_next for values from (100000) to (200000);
--- attach a partition beside a default whose check excludes it
alter table zone attach partition zone_c for values in ('c');
--- attach a partition beside a default whose check does not exclude it
alter table zone attach partition zone_d for values in ('d');
--- attach a default partition
alter table event attach partition event_2026 default;
--- attach a partition that overlaps
alter table event attach partition event_2026 for values from ('2025-06-01') to ('2027-01-01');
--- detach a partition {..13}
alter table event detach partition event_2024;
--- detach a partition from 14 on {14..}
alter table event detach partition event_2024;
--- detach a partition beside a default
alter table metric detach partition metric_small;
--- detach a default partition
alter table metric detach partition metric_other;
--- detach a partition of a table that references
alter table sale detach partition sale_0;
--- detach a partition concurrently {14..}
alter table event detach partition event_2024 concurrently;
--- detach a partition concurrently beside a default {14..}
alter table metric detach partition metric_small concurrently;
--- finish detaching a partition that is not detached {14..}
alter table event detach partition event_2024 finalize;
--- create a partition
create table event_new partition of event for values from ('2030-01-01') to ('2031-01-01');
--- create a partition beside a default
create table metric_new partition of metric for values from (100000) to (200000);
--- create a partition beside a default whose check excludes it
create table zone_new partition of zone for values in ('c');
--- create a default partition
create table event_rest partition of event default;
--- create a partitioned partition
create table event_new partition of event for values from ('2030-01-01') to ('2031-01-01') partition by list (id);
--- create a partition of a partition
alter table zone_b detach partition zone_b1;
--- then
create table zone_b2 partition of zone_b for values with (modulus 2, remainder 1);
--- drop a partition
drop table event_2024;
--- drop a partition beside a default
drop table metric_small;
--- drop a default partition
drop table metric_other;
--- drop a partitioned table
drop table event;
--- drop a partition of a table that references
drop table sale_0;
--- add a column to a partitioned table
alter table event add column c int;
--- add a column with a default to a partitioned table
alter table event add column c int default 3;
--- add a column with a volatile default to a partitioned table
alter table event add column c float8 default random();
--- add a column to a table of two levels
alter table zone add column c int;
--- add a column to a partition
alter table event_2024 add column c int;
--- add a column to a partitioned table by ONLY
alter table only event add column c int;
--- drop a column of a partitioned table
alter table event drop column note;
--- rename a column of a partitioned table
alter table event rename column note to remark;
--- rename a partitioned table
alter table event rename to happening;
--- rename a partition
alter table event_2024 rename to event_of_2024;
--- set a default of a partitioned table
alter table event alter column note set default 'x';
--- set a default of a partition
alter table event_2024 alter column note set default 'x';
--- set not null on a partitioned table
alter table event alter column note set not null;
--- drop not null on a partitioned table
alter table event alter column id drop not null;
--- change a type in a partitioned table
alter table event alter column note type varchar;
--- change a type with a rewrite in a partitioned table
alter table event alter column country_id type bigint;
--- change the type of an indexed column in a partitioned table
alter table event alter column id type bigint;
--- change the type of the key of a partitioned table
alter table event alter column at type timestamp;
--- add a check to a partitioned table
alter table event add constraint k check (id > 0);
--- add a check to a partitioned table, not valid
alter table event add constraint k check (id > 0) not valid;
--- validate a check of a partitioned table
alter table event add constraint k check (id > 0) not valid;
--- then
alter table event validate constraint k;
--- drop a check of a partitioned table
alter table event add constraint k check (id > 0);
--- then
alter table event drop constraint k;
--- add a primary key to a partitioned table
alter table event add primary key (id, at);
--- add unique to a partitioned table
alter table event add unique (id, at);
--- add a foreign key to a partitioned table
alter table event add foreign key (country_id) references country;
--- add a foreign key that is not valid to a partitioned table {18..}
alter table event add foreign key (country_id) references country not valid;
--- add a foreign key that is not valid to a partitioned table before 18 {..17}
alter table event add foreign key (country_id) references country not valid;
--- add a foreign key to a partition
alter table event_2024 add foreign key (country_id) references country;
--- add a foreign key that references a partitioned table
alter table shipment add foreign key (metric_id) references metric (id);
--- add a foreign key not valid that references a partitioned table
alter table shipment add foreign key (metric_id) references metric (id) not valid;
--- drop a foreign key of a partitioned table
alter table sale drop constraint sale_country_id_fkey;
--- drop a primary key of a partitioned table
alter table metric drop constraint metric_pkey;
--- create an index on a partitioned table
create index on event (country_id);
--- create a unique index on a partitioned table
create unique index on event (id, at);
--- add a primary key to a partitioned table by ONLY
alter table only event add primary key (id, at);
--- add a unique constraint to a partitioned table by ONLY
alter table only event add constraint unique_at unique (id, at);
--- create an index on a partitioned table only
create index on only event (country_id);
--- create an index on a partition
create index on event_2024 (country_id);
--- create an index concurrently on a partitioned table
create index concurrently on event (country_id);
--- create an index concurrently on a partition
create index concurrently on event_2024 (country_id);
--- attach an index of a partition
create index event_country on only event (country_id);
create index event_2024_country on event_2024 (country_id);
--- then
alter index event_country attach partition event_2024_country;
--- drop an index of a partitioned table
drop index event_id;
--- drop an index of a partition
drop index event_2024_id_idx;
--- reindex an index of a partitioned table {14..}
reindex index event_id;
--- reindex a partitioned table {14..}
reindex table event;
--- reindex a partitioned table concurrently {14..}
reindex table concurrently event;
--- truncate a partitioned table
truncate event;
--- truncate a partition
truncate event_2024;
--- set fillfactor of a partition
alter table event_2024 set (fillfactor = 80);
--- set a tablespace of a partitioned table
alter table event set tablespace other_space;
--- create a trigger on a partitioned table
create function touch() returns trigger language plpgsql as 'begin return new; end';
--- then
create trigger t after insert on event for each row execute function touch();
--- enable row level security of a partitioned table
alter table event enable row level security;
--- set owner of a partitioned table
alter table event owner to somebody;
--- lock a partitioned table
lock table event in share mode;
--- lock only a partitioned table
lock table only event in share mode;
--- grant on a partitioned table
grant select on event to somebody;
--- comment on a partitioned table
comment on table event is 'x';
--- analyze a partitioned table
analyze event;
--- vacuum a partitioned table
vacuum event;
--- cluster a partitioned table without a clustered index
cluster event;
--- cluster a partitioned table {15..}
cluster event using event_id;
--- read a partitioned table
select count(*) from event;
--- insert into a partition by its parent
insert into event values (1, '2024-05-05', 1, 'x');
--- create a table like a partitioned one
create table copy (like event including all);
--- disable all triggers of a partitioned table that references
alter table sale disable trigger all;
--- disable the users' triggers of a partitioned table that references
alter table sale disable trigger user;
--- world referred partitions
create table part (id int not null, k int not null, primary key (id, k)) partition by range (k);
create table part_small partition of part for values from (0) to (10);
create table part_large partition of part for values from (10) to (20) partition by list (id);
create table part_large_a partition of part_large for values in (1, 2, 3);
create table part_other partition of part default;
insert into part select n, k from generate_series(1, 3) n, generate_series(0, 19) k;
insert into part select n, 100 from generate_series(1, 300) n;
create table referrer (id int primary key, part_id int, part_k int, foreign key (part_id, part_k) references part);
insert into referrer select n, 1, 0 from generate_series(1, 300) n;

--- detach a default partition of a table that is referenced
alter table part detach partition part_other;
--- detach a partitioned partition of a table that is referenced
alter table part detach partition part_large;
--- detach a partition of a partition of a table that is referenced
alter table part_large detach partition part_large_a;
--- detach a partition that is referenced
alter table part detach partition part_small;
--- detach a partition of a table that is referenced concurrently {14..}
alter table part detach partition part_other;
--- then
alter table part detach partition part_large concurrently;
--- drop a partition of a table that is referenced
drop table part_large;
--- disable all triggers of a partitioned table that is referenced
alter table part disable trigger all;
--- truncate a partitioned table that is referenced, cascade
truncate part cascade;
