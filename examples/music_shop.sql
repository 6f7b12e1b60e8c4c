-- Chinook, a digital music shop: what it sells, to whom, and what they bought.

create table artist (
    id    int primary key,
    name  text not null
);

create table album (
    id         int primary key,
    title      text not null,
    artist_id  int not null references artist
);

create table genre (
    id    int primary key,
    name  text not null unique
);

create table media_type (
    id    int primary key,
    name  text not null unique
);

create table track (
    id             int primary key,
    name           text not null,
    album_id       int references album,
    media_type_id  int not null references media_type,
    genre_id       int references genre,
    composer       text,
    duration       interval not null check (duration > interval '0'),
    size_bytes     int check (size_bytes > 0),
    unit_price     numeric(5, 2) not null check (unit_price >= 0)
);

create table playlist (
    id    int primary key,
    name  text not null
);

create table playlist_track (
    playlist_id  int references playlist on delete cascade,
    track_id     int references track on delete cascade,
    primary key (playlist_id, track_id)
);

create table employee (
    id             int primary key,
    first_name     text not null,
    last_name      text not null,
    title          text,
    reports_to_id  int references employee,
    born_on        date,
    hired_on       date check (hired_on > born_on),
    city           text,
    country        text,
    email          text unique
);

create table customer (
    id              int primary key,
    first_name      text not null,
    last_name       text not null,
    company         text,
    city            text,
    country         text not null,
    email           text not null unique,
    support_rep_id  int references employee
);

create table invoice (
    id               int primary key,
    customer_id      int not null references customer,
    invoiced_at      timestamptz not null,
    billing_city     text,
    billing_country  text not null,
    total            numeric(10, 2) not null check (total >= 0)
);

create table invoice_line (
    id          int primary key,
    invoice_id  int not null references invoice on delete cascade,
    track_id    int not null references track,
    unit_price  numeric(5, 2) not null,
    quantity    int not null check (quantity > 0)
);

create index on album (artist_id);
create index on track (album_id);
create index on track (genre_id);
create index on playlist_track (track_id);
create index on employee (reports_to_id);
create index on customer (support_rep_id);
create index on invoice (customer_id);
create index on invoice_line (invoice_id);
create index on invoice_line (track_id);
