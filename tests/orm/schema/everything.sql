-- A schema with every kind of object. What needs a newer server than 15 is in `everything_18.sql`. The roles `clerk`
-- and `auditor` exist.

create extension btree_gist;
create extension citext;
create schema app;
comment on schema app is 'the program''s own';
grant usage on schema app to clerk;

create type mood as enum ('happy', 'sad', 'it''s complicated');
comment on type mood is 'how it goes';
create type app.level as enum ('low', 'high');
grant usage on type app.level to clerk;
revoke usage on type app.level from public;
create domain email as text collate "C" not null default 'a@b' check (value ~ '@');
alter domain email add constraint email_short check (length(value) < 100) not valid;
comment on domain email is 'where to write';
create type address as (street text collate "C", "zip code" varchar(10));
comment on type address is 'where somebody lives';
create type floatrange as range (subtype = float8, subtype_diff = float8mi);
create type app.span as range (subtype = text, collation = "C", multirange_type_name = app.spans);
create sequence invoice_number as integer start 1000 increment 5 maxvalue 100000 cycle;
comment on sequence invoice_number is 'of invoices';
grant usage on sequence invoice_number to clerk with grant option;
create sequence app.down increment -1;

create function touch() returns trigger language plpgsql as $$
begin
    new.changed := now();
    return new;
end
$$;
comment on function touch() is 'remembers when';
create function app.no_op() returns trigger language plpgsql security definer set search_path = app, public
    set work_mem = '8MB' as 'begin return null; end';
create function initials(name text, separator text default '.') returns text
    language sql immutable strict parallel safe cost 5 return left(name, 1) || separator;
create function initials(name text) returns text language sql stable as $x$ select left(name, 1) || '$$' $x$;
create procedure clean(days integer) language sql as 'select 1';
revoke execute on procedure clean(integer) from public;
grant execute on procedure clean(integer) to clerk;

create table author (
    id bigint generated always as identity (start 10 increment 2) primary key,
    name text not null collate "C",
    "Full Name" text generated always as (initials(name, '') || name) stored,
    address email unique deferrable initially deferred,
    feeling mood not null default 'happy',
    homes address[],
    born date check (born > '1800-01-01'),
    changed timestamptz,
    bio text,
    rating numeric(5, 2) default 2.5,
    constraint author_name_check check (name <> '') no inherit,
    unique nulls not distinct (name, born) include (rating)
);
alter table author alter column bio set storage external, alter column name set statistics 500;
alter table author alter column bio set compression pglz;
alter table author set (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
comment on table author is 'people who write';
comment on column author.name is 'as on the cover';
comment on constraint author_name_check on author is 'no nobody';
create index on author (lower(name) text_pattern_ops, born desc nulls last) include (rating) where born is not null;
create unique index author_mail on author (address) with (fillfactor = 60);
comment on index author_mail is 'for login';
create index on author using gin (homes);
create index on author using hash (name);
create index on author (name collate "POSIX" nulls first);
create trigger touch before insert or update of name, bio on author
    for each row when (new.name is distinct from 'x') execute function touch();
create trigger watch after update on author referencing old table as before_rows new table as after_rows
    for each statement execute function app.no_op('a', 'it''s');
alter table author enable always trigger watch;
create constraint trigger later after delete on author deferrable initially deferred
    for each row execute function app.no_op();
comment on trigger touch on author is 'see the function';

create table app.book (
    id serial primary key,
    author_id bigint not null references author on delete cascade on update restrict,
    editor_id bigint constraint edited references author (id) deferrable,
    number integer default nextval('invoice_number'),
    title citext not null,
    sold int4range,
    prices numeric(8, 2)[],
    level app.level,
    published date,
    exclude using gist (author_id with =, sold with &&) where (sold is not null),
    unique (author_id, id)
);
alter table app.book add constraint priced check (cardinality(prices) > 0) not valid;
alter table app.book enable row level security, force row level security;
create policy own on app.book using (author_id = current_setting('app.author')::bigint);
create policy clerks on app.book as restrictive for update to clerk, auditor using (true) with check (level = 'low');
comment on policy own on app.book is 'one''s own';
grant select, insert on app.book to clerk;
grant select on app.book to public;
grant update (title, level) on app.book to auditor with grant option;
alter table app.book replica identity full;

create table review (
    author_id bigint, book_id integer, stars integer default 3, note text,
    primary key (author_id, book_id),
    foreign key (author_id, book_id) references app.book (author_id, id) match full on delete set null (book_id)
);
create unlogged table scratch ();
create table special_review (extra text) inherits (review);

create table reading (
    id bigint generated by default as identity,
    taken date not null,
    kind text not null,
    value double precision,
    primary key (id, taken, kind)
) partition by range (taken);
create index on reading (value);
create table reading_2026 partition of reading for values from ('2026-01-01') to ('2027-01-01') partition by list (kind);
create table reading_2026_a partition of reading_2026 for values in ('a', 'b');
create table app.reading_2026_rest partition of reading_2026 default;
create table reading_old partition of reading for values from (minvalue) to ('2026-01-01') with (fillfactor = 50);
create index reading_old_kind on reading_old (kind);
comment on table reading_old is 'what was';
create table spread (id bigint not null, "Odd Key" text) partition by hash (id, (lower("Odd Key")));
create table spread_0 partition of spread for values with (modulus 2, remainder 0);
create table spread_1 partition of spread for values with (modulus 2, remainder 1);

create extension postgres_fdw;
create server archive foreign data wrapper postgres_fdw options (host 'archive.example', dbname 'old books', fetch_size '500');
create server mirror type 'copy' version '2' foreign data wrapper postgres_fdw;
comment on server archive is 'what nobody reads';
grant usage on foreign server archive to clerk;
create user mapping for public server archive options (user 'reader');
create user mapping for clerk server archive options (user 'clerk''s', password_required 'false');
create foreign table old_book (
    id bigint options (column_name 'Book Id') not null, title text collate "C" default '?', constraint titled check (title <> '')
) server archive options (schema_name 'app', table_name 'book');
comment on foreign table old_book is 'out of print';
comment on column old_book.title is 'as printed';
grant select on old_book to clerk;
create trigger watch_old before insert on old_book for each row execute function touch();
create table far (id bigint not null, note text) partition by hash (id);
create foreign table far_0 partition of far for values with (modulus 2, remainder 0) server archive;
create foreign table app.far_1 partition of far for values with (modulus 2, remainder 1) server mirror options (table_name 'f1');

create view z_base as select id, name, feeling from author where name <> 'nobody';
comment on view z_base is 'everybody';
comment on column z_base.name is 'still the name';
create view a_last with (security_barrier = true) as
    select b.id, b.name, count(k.id) as books from z_base b left join app.book k on k.author_id = b.id group by b.id, b.name;
grant select on a_last to clerk;
create materialized view c_stats as select feeling, count(*) as n from z_base group by feeling;
create unique index on c_stats (feeling);
create materialized view app.b_top as select n from c_stats order by n desc limit 3 with no data;
create view writable as select id, name from author;
create trigger instead instead of insert on writable for each row execute function app.no_op();
create function books_of(a author) returns setof app.book language sql stable rows 5
    begin atomic select * from app.book where author_id = a.id; end;
