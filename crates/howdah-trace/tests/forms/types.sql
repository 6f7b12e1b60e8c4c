--- world types
create type mood as enum ('sad', 'ok', 'happy');
create domain plain_text as text;
create domain plain_varchar as varchar(20);
create domain email_address as text check (value like '%@%');
create domain plain_int as int;
create domain needed_int as int not null;
create table t (
    id int, i2 smallint, i4 int, i8 bigint, r4 real, r8 double precision,
    n numeric, n102 numeric(10, 2),
    v varchar, v20 varchar(20), v40 varchar(40), tx text, c10 char(10), nm name, by bytea,
    ts timestamp, ts3 timestamp(3), tz timestamptz, tz3 timestamptz(3), tm time, tm3 time(3), ttz timetz,
    iv interval, iv3 interval(3), d date,
    b8 bit(8), vb8 varbit(8), vb varbit,
    ip inet, net cidr, o oid, x xml, j json, jb jsonb, e mood,
    va varchar(20)[], ia int[], b boolean, pt plain_text, u uuid, dpi plain_int
);
insert into t (id, i2, i4, i8, r4, r8, n, n102, v, v20, v40, tx, c10, nm, ts, ts3, tz, tz3, tm, tm3, ttz, iv, iv3, d,
        b8, vb8, vb, ip, net, o, j, jb, e, va, ia, b, pt, dpi)
    select s, s, s, s, s, s, s, s, s::text, s::text, s::text, s::text, s::text, s::text,
        '2024-01-01', '2024-01-01', '2024-01-01', '2024-01-01', '10:00', '10:00', '10:00', '1 day', '1 day', '2024-01-01',
        b'10101010', b'101', b'101', '10.0.0.1', '10.0.0.0/8', s, '{}', '{}', 'ok', '{a}', '{1}', true, 'x', s
    from generate_series(1, 300) s;
create table indexed (
    id int, v20 varchar(20), tx text, ts timestamp, tz timestamptz, i4 int, n102 numeric(10, 2), low varchar(20),
    part varchar(20), incl varchar(20), sum4 int, o oid
);
insert into indexed select s, s::text, s::text, '2024-01-01', '2024-01-01', s, s, s::text, s::text, s::text, s, s
    from generate_series(1, 300) s;
create index indexed_v20 on indexed (v20);
create index indexed_tx on indexed (tx);
create index indexed_ts on indexed (ts);
create index indexed_tz on indexed (tz);
create index indexed_i4 on indexed (i4);
create index indexed_n102 on indexed (n102);
create index indexed_low on indexed (lower(low));
create index indexed_part on indexed (id) where part <> 'x';
create index indexed_incl on indexed (id) include (incl);
create index indexed_sum4 on indexed ((sum4 + 1));
create index indexed_o on indexed (o);
create table checked (id int, v20 varchar(20), n102 numeric(10, 2), late varchar(20), ts timestamp,
    constraint v20_is_long check (length(v20) > 0),
    constraint n102_positive check (n102 > 0));
insert into checked select s, s::text, s, s::text, '2024-01-01' from generate_series(1, 300) s;
alter table checked add constraint late_is_long check (length(late) > 0) not valid;
create table unique_one (id int primary key, v20 varchar(20) unique, code int unique);
insert into unique_one select s, s::text, s from generate_series(1, 300) s;
create table target (id int primary key, code varchar(20) unique);
insert into target select s, s::text from generate_series(1, 300) s;
create table source (id int, target_id int references target, code varchar(20) references target (code));
insert into source select s, s, s::text from generate_series(1, 300) s;
create table viewed (id int, v20 varchar(20), other int);
insert into viewed select s, s::text, s from generate_series(1, 300) s;
create view of_viewed as select id, v20 from viewed;
create table ruled (id int, v20 varchar(20));
create rule ruled_rule as on delete to ruled where old.v20 = 'x' do instead nothing;
create table generated (a int, b int, twice int generated always as (a * 2) stored);
insert into generated select s, s from generate_series(1, 300) s;
create table defaulted (id int, v20 varchar(20) default 'x', bad text default 'word', n int default 4);
insert into defaulted (id, bad) select s, '1' from generate_series(1, 300) s;
create table triggered (id int, v20 varchar(20), i4 int);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger triggered_v20 before update of v20 on triggered for each row execute function touch();
create table policed (id int, v20 varchar(20));
alter table policed enable row level security;
create policy policed_v20 on policed using (v20 = 'x');
create table base (id int, v20 varchar(20), i4 int);
insert into base select s, s::text, s from generate_series(1, 300) s;
create table derived () inherits (base);
insert into derived select s, s::text, s from generate_series(1, 300) s;

--- widen a varchar
alter table t alter column v20 type varchar(40);
--- varchar(n) to varchar
alter table t alter column v20 type varchar;
--- varchar(n) to text
alter table t alter column v20 type text;
--- varchar to text
alter table t alter column v type text;
--- text to varchar
alter table t alter column tx type varchar;
--- text to varchar(n)
alter table t alter column tx type varchar(40);
--- varchar to varchar(n)
alter table t alter column v type varchar(40);
--- shrink a varchar
alter table t alter column v40 type varchar(20);
--- the same varchar
alter table t alter column v20 type varchar(20);
--- the same text
alter table t alter column tx type text;
--- char(n) to wider
alter table t alter column c10 type char(20);
--- char(n) to text
alter table t alter column c10 type text;
--- char(n) to varchar
alter table t alter column c10 type varchar(10);
--- text to char(n)
alter table t alter column tx type char(10);
--- name to text
alter table t alter column nm type text;
--- text to name
alter table t alter column tx type name;
--- text to bytea
alter table t alter column tx type bytea using tx::bytea;
--- numeric(p,s) to larger p
alter table t alter column n102 type numeric(12, 2);
--- numeric(p,s) to numeric
alter table t alter column n102 type numeric;
--- numeric(p,s) to another scale
alter table t alter column n102 type numeric(12, 3);
--- numeric(p,s) to smaller p
alter table t alter column n102 type numeric(8, 2);
--- numeric to numeric(p,s)
alter table t alter column n type numeric(10, 2);
--- numeric to int
alter table t alter column n type int;
--- smallint to int
alter table t alter column i2 type int;
--- int to bigint
alter table t alter column i4 type bigint;
--- bigint to int
alter table t alter column i8 type int;
--- int to numeric
alter table t alter column i4 type numeric;
--- int to text
alter table t alter column i4 type text;
--- int to oid
alter table t alter column i4 type oid;
--- oid to int
alter table t alter column o type int;
--- oid to bigint
alter table t alter column o type bigint;
--- real to double precision
alter table t alter column r4 type double precision;
--- double precision to numeric
alter table t alter column r8 type numeric;
--- boolean to int
alter table t alter column b type int using b::int;
--- timestamp(p) to larger
alter table t alter column ts3 type timestamp(6);
--- timestamp(p) to timestamp
alter table t alter column ts3 type timestamp;
--- timestamp to timestamp(p)
alter table t alter column ts type timestamp(3);
--- timestamptz(p) to timestamptz
alter table t alter column tz3 type timestamptz;
--- timestamptz to timestamptz(p)
alter table t alter column tz type timestamptz(0);
--- timestamp to timestamptz in UTC
set timezone = 'UTC';
--- then
alter table t alter column ts type timestamptz;
--- timestamptz to timestamp in UTC
set timezone = 'UTC';
--- then
alter table t alter column tz type timestamp;
--- timestamp to timestamptz elsewhere
set timezone = 'Asia/Tokyo';
--- then
alter table t alter column ts type timestamptz;
--- timestamp to timestamptz by USING
set timezone = 'UTC';
--- then
alter table t alter column ts type timestamptz using ts at time zone 'UTC';
--- timestamp to date
alter table t alter column ts type date;
--- date to timestamp
alter table t alter column d type timestamp;
--- date to timestamptz
alter table t alter column d type timestamptz;
--- time(p) to time
alter table t alter column tm3 type time;
--- time to time(p)
alter table t alter column tm type time(3);
--- time to timetz
alter table t alter column tm type timetz;
--- interval(p) to interval
alter table t alter column iv3 type interval;
--- interval to interval(p)
alter table t alter column iv type interval(3);
--- interval(p) to larger
alter table t alter column iv3 type interval(6);
--- interval to fields
alter table t alter column iv type interval day to second;
--- bit(n) to wider
alter table t alter column b8 type bit(16) using b8::bit(16);
--- varbit(n) to wider
alter table t alter column vb8 type varbit(16);
--- varbit(n) to varbit
alter table t alter column vb8 type varbit;
--- varbit to varbit(n)
alter table t alter column vb type varbit(16);
--- bit to varbit
alter table t alter column b8 type varbit(8);
--- cidr to inet
alter table t alter column net type inet;
--- inet to cidr
alter table t alter column ip type cidr;
--- xml to text
alter table t alter column x type text;
--- json to jsonb
alter table t alter column j type jsonb;
--- jsonb to json
alter table t alter column jb type json;
--- json to text
alter table t alter column j type text;
--- text to json
update t set tx = '{}';
--- then
alter table t alter column tx type json using tx::json;
--- enum to text
alter table t alter column e type text;
--- text to enum
update t set tx = 'ok';
--- then
alter table t alter column tx type mood using tx::mood;
--- array's element to wider
alter table t alter column va type varchar(40)[];
--- array's element to text
alter table t alter column va type text[];
--- array of int to bigint
alter table t alter column ia type bigint[];
--- text to a domain without constraints
alter table t alter column tx type plain_text;
--- a domain to its base type
alter table t alter column pt type text;
--- a domain to varchar
alter table t alter column pt type varchar;
--- varchar(20) to a domain of the same
alter table t alter column v20 type plain_varchar;
--- text to a domain with a check
update t set tx = tx || '@';
--- then
alter table t alter column tx type email_address;
--- int to a domain with not null
alter table t alter column i4 type needed_int;
--- a domain of int to bigint
alter table t alter column dpi type bigint;
--- USING the column itself
alter table t alter column v20 type varchar(40) using v20;
--- USING a cast that is none
alter table t alter column v20 type text using v20::text;
--- USING a cast to the same
alter table t alter column v20 type varchar(40) using v20::varchar(40);
--- USING a function
alter table t alter column v20 type text using upper(v20);
--- USING a constant
alter table t alter column v20 type text using 'x';
--- USING another column
alter table t alter column v20 type text using tx;
--- without an implicit cast
alter table t alter column tx type int;
--- SET DATA TYPE
alter table t alter column v20 set data type text;
--- a collation
alter table t alter column tx type text collate "C";
--- two columns without a rewrite
alter table t alter column v20 type text, alter column v40 type text;
--- two columns, one of them with a rewrite
alter table t alter column v20 type text, alter column i4 type bigint;
--- an indexed varchar widened
alter table indexed alter column v20 type varchar(40);
--- an indexed varchar to text
alter table indexed alter column v20 type text;
--- an indexed text to varchar
alter table indexed alter column tx type varchar;
--- an indexed text, another collation
alter table indexed alter column tx type text collate "C";
--- an indexed timestamp to timestamptz in UTC
set timezone = 'UTC';
--- then
alter table indexed alter column ts type timestamptz;
--- an indexed timestamptz to timestamp in UTC
set timezone = 'UTC';
--- then
alter table indexed alter column tz type timestamp;
--- an indexed int to bigint
alter table indexed alter column i4 type bigint;
--- an indexed int to oid
alter table indexed alter column i4 type oid;
--- an indexed oid to int
alter table indexed alter column o type int;
--- an indexed numeric to larger
alter table indexed alter column n102 type numeric(12, 2);
--- a column in an expression index, widened
alter table indexed alter column low type varchar(40);
--- a column in an expression index, to text
alter table indexed alter column low type text;
--- a column in a partial index's condition, widened
alter table indexed alter column part type varchar(40);
--- an included column, widened
alter table indexed alter column incl type varchar(40);
--- a column without an index, in a table with many, rewritten
alter table indexed alter column id type bigint;
--- a checked varchar, widened
alter table checked alter column v20 type varchar(40);
--- a checked numeric, widened
alter table checked alter column n102 type numeric(12, 2);
--- a varchar with a check that is not valid, widened
alter table checked alter column late type varchar(40);
--- an unchecked column of a table with checks, widened
alter table checked alter column ts type timestamp(6);
--- a unique varchar, widened
alter table unique_one alter column v20 type varchar(40);
--- a primary key to bigint
alter table unique_one alter column id type bigint;
--- a referencing int to bigint
alter table source alter column target_id type bigint;
--- a referencing varchar, widened
alter table source alter column code type varchar(40);
--- a referenced int to bigint
alter table target alter column id type bigint;
--- a referenced varchar, widened
alter table target alter column code type varchar(40);
--- a column that a view needs
alter table viewed alter column v20 type text;
--- a column that no view needs, of a table with one
alter table viewed alter column other type bigint;
--- a column that a rule needs
alter table ruled alter column v20 type text;
--- a column that a generated column needs
alter table generated alter column a type bigint;
--- a column beside a generated column
alter table generated alter column b type bigint;
--- a generated column
alter table generated alter column twice type bigint;
--- a column with a default, widened
alter table defaulted alter column v20 type varchar(40);
--- a column with a default that cannot be cast
alter table defaulted alter column bad type int using bad::int;
--- a column that a trigger names
alter table triggered alter column v20 type text;
--- a column beside one that a trigger names
alter table triggered alter column i4 type bigint;
--- a column that a policy needs
alter table policed alter column v20 type text;
--- a column of a parent, widened
alter table base alter column v20 type varchar(40);
--- a column of a parent, rewritten
alter table base alter column i4 type bigint;
--- an inherited column
alter table derived alter column v20 type text;
--- change a type, set not null and add a column
alter table t alter column v20 type text, alter column i4 set not null, add column extra int default 1;
--- change a type and drop another column
alter table t alter column v20 type text, drop column i8;

--- world citext
create extension citext;
create table c (id int, v varchar(20), t text, ct citext, it text);
insert into c select n, n, n, n::text, n from generate_series(1, 300) n;
create index c_it on c (it);

--- varchar to citext
alter table c alter column v type citext;
--- text to citext
alter table c alter column t type citext;
--- citext to text
alter table c alter column ct type text;
--- an indexed text to citext
alter table c alter column it type citext;
