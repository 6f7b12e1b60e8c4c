-- What PostgreSQL 18 can say beyond `everything.sql`.

create collation spelled (provider = builtin, locale = 'C.UTF-8');
create domain app.sure as text constraint said not null;
comment on constraint said on domain app.sure is 'always';
create table bill (
    id integer constraint numbered not null,
    total numeric not null no inherit,
    note text,
    double numeric generated always as (total * 2) virtual,
    constraint honest check (total > 0) not enforced
);
create table other_bill () inherits (bill);
alter table bill add constraint noted not null note not valid;
comment on constraint noted on bill is 'from now on';

create table bill_number (id integer not null);
alter table bill_number rename to bill_numbers;
create table bill_part (id bigint generated always as identity, day date not null) partition by range (day);
create table bill_part_1 partition of bill_part default;
create publication computed for table bill with (publish_generated_columns = stored);
