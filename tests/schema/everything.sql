-- What few databases have, beyond `tests/orm/schema/everything.sql`, on every server from 15. The roles `clerk` and
-- `auditor` exist, and the C library of `plpgsql` does everywhere.

create schema app;
create schema "Odd one";
comment on schema public is 'of everybody';
grant create on schema public to clerk;
comment on extension plpgsql is 'still PL/pgSQL';

create collation plain (locale = 'C');
comment on collation plain is 'by bytes';
create collation app.split (lc_collate = 'C', lc_ctype = 'POSIX');

create type point3 as (x float8, y float8, name text collate plain);
comment on type point3 is 'in space';
comment on column point3.y is 'up';
create domain positive as integer constraint above check (value > 0);
comment on constraint above on domain positive is 'no debts';
create type mood as enum ('glad', 'sad');
create domain app.title as text collate plain;
create domain app.sane as boolean default (1 = 1 and 2 <> 3);
create unlogged sequence counted;
create sequence app.lasting;
grant usage on sequence counted to clerk;

-- functions of every language, aggregates, operators, casts
create function point_equal(a point3, b point3) returns boolean language sql immutable
    as 'select a.x = b.x and a.y = b.y';
create function point_distance(a point3, b point3) returns float8 language sql immutable
    as 'select abs(a.x - b.x) + abs(a.y - b.y)';
create function point_compare(a point3, b point3) returns integer language sql immutable as
    'select case when a.x < b.x then -1 when a.x > b.x then 1 else 0 end';
create function point_less(a point3, b point3) returns boolean language sql immutable as 'select a.x < b.x';
create function point_more(a point3, b point3) returns boolean language sql immutable as 'select a.x > b.x';
create function point_of(it text) returns point3 language sql immutable as $$ select row(length(it), 0, it)::point3 $$;
create function called(cstring) returns integer language internal strict immutable as 'int4in';
create function handle() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create function helped(a integer) returns boolean language internal immutable cost 7 support generate_series_int4_support
    as 'int4eq';
create operator === (function = point_equal, leftarg = point3, rightarg = point3, commutator = ===, hashes);
comment on operator === (point3, point3) is 'the same place';
create operator <+> (function = point_distance, leftarg = point3, rightarg = point3);
create operator app.<<< (function = point_less, leftarg = point3, rightarg = point3, commutator = operator(app.>>>),
    restrict = scalarltsel, join = scalarltjoinsel);
create operator app.>>> (function = point_more, leftarg = point3, rightarg = point3, commutator = operator(app.<<<));
create operator !! (function = upper, rightarg = text);
create operator family by_x using btree;
create operator class point_by_x default for type point3 using btree family by_x as
    operator 1 app.<<<, operator 3 ===, operator 5 app.>>>, function 1 point_compare(point3, point3);
comment on operator class point_by_x using btree is 'from left to right';
create operator family app.lonely using hash;
alter operator family app.lonely using hash add function 1 (text, text) hashtext(text);
create cast (text as point3) with function point_of(text) as assignment;
comment on cast (text as point3) is 'by its length';
create cast (point3 as mood) with inout;

create function longer(so_far text, next text) returns text language sql immutable
    as $$ select case when length(next) > length(so_far) then next else so_far end $$;
create aggregate longest(text) (sfunc = longer, stype = text, initcond = '', combinefunc = longer, parallel = safe);
comment on aggregate longest(text) is 'of texts';
revoke execute on function longest(text) from public;
grant execute on function longest(text) to clerk;
create aggregate app.counted(*) (sfunc = int8inc, stype = int8, initcond = '0',
    msfunc = int8inc, minvfunc = int8dec, mstype = int8, minitcond = '0');
create function hypothetical(so_far internal, variadic "any") returns internal language internal as 'ordered_set_transition_multi';
create aggregate app.ranked(variadic "any" order by variadic "any")
    (sfunc = hypothetical, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
create aggregate middle(float8 order by float8)
    (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);

create text search dictionary english_plain (template = snowball, language = 'english', stopwords = 'english');
create text search dictionary app.short (template = simple, accept = false);
create text search configuration texts (parser = pg_catalog."default");
alter text search configuration texts add mapping for asciiword, word with app.short, english_plain;
alter text search configuration texts add mapping for numword with simple;
comment on text search configuration texts is 'of titles';
comment on text search dictionary english_plain is 'stems';

create default conversion app.odd for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create trusted language other handler handle;
revoke usage on language other from public;
grant usage on language other to clerk;
create foreign data wrapper nowhere options (debug 'true');
comment on foreign data wrapper nowhere is 'goes nowhere';
grant usage on foreign data wrapper nowhere to clerk;
create server nothing foreign data wrapper nowhere;
create access method second_heap type table handler heap_tableam_handler;

create function app.stamp() returns trigger language plpgsql as 'begin return new; end';

-- tables
create table place (
    id bigint generated always as identity (minvalue 5 start 7 cache 3 cycle) primary key,
    at point3,
    title app.title not null,
    note text compression pglz,
    found date default '2020-02-01',
    seen timestamptz default '2020-02-01 00:00:00+02',
    pause interval default '1 day 02:03:04',
    share float8 default 0.1,
    fair boolean default (not true),
    search tsvector generated always as (to_tsvector('texts'::regconfig, note)) stored,
    unique nulls not distinct (title, note),
    constraint same check (at === at)
);
comment on table place is 'where';
alter table place alter column title set (n_distinct = -0.5, n_distinct_inherited = 100), alter column note set storage main;
alter table place alter column at set statistics 33;
create table kept (like place) using second_heap;
create index place_x on place using btree (at point_by_x);
create index place_length on place (length(note), (at <+> at));
alter index place_length alter column 2 set statistics 777;
create unique index place_title on place (title) include (note) nulls not distinct;
alter table place cluster on place_length, replica identity using index place_pkey;
alter table place add constraint late check (share < 5) not valid;
create rule no_delete as on delete to place where old.id < 10 do instead nothing;
create rule twice as on insert to place do also (notify places; notify more);
alter table place disable rule twice;
comment on rule no_delete on place is 'the first ones stay';
create trigger stamp before insert on place for each row execute function app.stamp();
create trigger idle after update on place for each row execute function app.stamp();
alter table place disable trigger idle, enable replica trigger stamp;
create constraint trigger later after update on place from kept deferrable initially deferred
    for each row execute function app.stamp();
create statistics place_kinds (ndistinct, mcv) on title, note from place;
create statistics app.of_lengths on length(note) from place;
alter statistics place_kinds set statistics 50;
comment on statistics place_kinds is 'they go together';

create table typed of point3 (x with options not null default 1, constraint high check (y > 0));
create table "Odd one"."Odd ""table""" ("select" integer, "ü" text, primary key ("select"));
comment on column "Odd one"."Odd ""table"""."ü" is E'a back\\slash and ''quotes''';

-- inheritance and partitions that say something of their own
create table parent (a integer, b text default 'parent', c text);
alter table parent alter column c set storage external;
create table child (d integer) inherits (parent);
alter table child alter column b set default 'child', alter column a set not null, alter column a set statistics 5,
    alter column c set storage main, alter column c set (n_distinct = 3);
comment on column child.b is 'of the child';
grant select (b) on child to clerk;
create table grandchild (a integer, e text) inherits (child);
alter table only grandchild alter column b drop default;
create table log (id bigint not null, day date not null, text text, primary key (id, day)) partition by range (day);
create table log_1 partition of log (constraint short check (length(text) < 10)) for values from ('2026-01-01') to ('2026-02-01');
create table log_rest partition of log (text default 'rest') default;
alter table log_rest alter column text set not null;
comment on column log_rest.text is 'what is left';
create index log_1_text on log_1 (text);
create index log_text on only log (text);
create index log_day on log (day);
create unique index log_1_id on log_1 (id);
create index log_part on only log (text, day);
create index log_1_part on log_1 (text, day);
alter index log_part attach partition log_1_part;
create trigger stamp before insert on log_1 for each row execute function app.stamp();
create trigger seen after insert on log for each row execute function app.stamp();
alter table log_1 disable trigger seen;
create table counter (
    id bigint generated always as identity (sequence name "Other Seq" start 5),
    number integer generated by default as identity);
alter sequence counter_number_seq rename to numbers;

-- views
create view places as select id, title, note from place;
alter view places alter column note set default 'a view''s own';
create rule write as on update to places do instead update place set note = new.note where id = old.id;
comment on rule write on places is 'writes';
grant update (note) on places to clerk;
create view app.longest as select longest(note) from place;
create materialized view pile using second_heap with (fillfactor = 50) as select id, note from place;
create unique index pile_id on pile (id);
alter materialized view pile cluster on pile_id;
alter materialized view pile alter column note set storage plain, alter column note set statistics 7;
create statistics pile_both on id, note from pile;
create table pairs (a integer, b integer);
create rule "_RETURN_" as on insert to pairs do instead nothing;

-- what lies in no schema
create publication everything for all tables with (publish = 'insert, update');
create publication "some" for table place (id, note) where (id > 5), table only log,
    table only parent, table only grandchild;
create publication of_schemas for tables in schema app, public;
comment on publication "some" is 'for the others';
create publication nothing with (publish_via_partition_root = true);
create function app.noticed() returns event_trigger language plpgsql as 'begin end';
create event trigger watch on ddl_command_end when tag in ('ALTER TABLE', 'CREATE TABLE') execute function app.noticed();
create event trigger gone on sql_drop execute function app.noticed();
alter event trigger gone disable;
comment on event trigger watch is 'sees everything';
alter default privileges for role clerk in schema app grant select on tables to auditor;
alter default privileges for role clerk grant select, insert on tables to auditor with grant option;
alter default privileges for role clerk revoke execute on functions from public;
alter default privileges for role auditor grant usage on types to clerk;

-- names that others have, too: in another schema, with other arguments, as a column, with quotes
create schema api_1;
create schema api_2;
create schema "two  ""words""";
create table api_2.accounts (id integer, name text);
create view api_2.members as select * from api_2.accounts;
create view api_1.members as select id from api_2.members;
create view name_b as select id as name_a from api_1.members;
create view name_a as select name_a as name_b from name_b;
create function plus(integer, integer) returns integer language sql return $1 + $2;
create function plus(integer) returns integer language sql return plus($1, 2);
create function plus() returns integer language sql return plus(1);
create domain "two  ""words"""."order" as integer;
create type "two  ""words"""."comp ""q" as (a integer, b "two  ""words"""."order");
create domain comp_over as "two  ""words"""."comp ""q";
