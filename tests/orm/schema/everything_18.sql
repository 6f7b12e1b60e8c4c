-- What PostgreSQL 18 can say beyond `everything.sql`.

create table stay (
    room integer,
    during daterange,
    nights integer generated always as (upper(during) - lower(during)) virtual,
    primary key (room, during without overlaps)
);
create table meal (
    room integer,
    served daterange,
    price numeric constraint honest check (price > 0) not enforced,
    foreign key (room, period served) references stay (room, period during)
);
