-- A video store: domains, full text kept by triggers, months as partitions that were made by themselves.
create type rating as enum ('G', 'PG', 'PG-13', 'R', 'NC-17');
create domain year as integer constraint year_check check (value >= 1901 and value <= 2155);
create domain email as text collate "C" not null check (value ~ '^[^@]+@[^@]+$');
create function _group_concat(text, text) returns text language sql immutable
    as $_$ select case when $2 is null then $1 when $1 is null then $2 else $1 || ', ' || $2 end $_$;
create aggregate group_concat(text) (sfunc = _group_concat, stype = text);
create sequence actor_id_seq;
create table actor (
    actor_id integer default nextval('actor_id_seq') primary key,
    first_name text not null, last_name text not null,
    last_update timestamptz default now() not null
);
create table language (language_id serial primary key, name character(20) not null, last_update timestamptz default now());
create table film (
    film_id serial primary key, title text not null, description text, release_year year,
    language_id integer not null references language on update cascade on delete restrict,
    original_language_id integer references language on update cascade on delete restrict,
    rental_duration smallint default 3 not null, rental_rate numeric(4,2) default 4.99 not null,
    length smallint, replacement_cost numeric(5,2) default 19.99 not null,
    rating rating default 'G'::rating, special_features text[], fulltext tsvector not null,
    last_update timestamptz default now() not null
);
create table film_actor (
    actor_id integer references actor on update cascade on delete restrict,
    film_id integer references film on update cascade on delete restrict,
    last_update timestamptz default now() not null, primary key (actor_id, film_id)
);
create table customer (
    customer_id serial primary key, name text not null, email email, activebool boolean default true not null,
    create_date date default current_date not null, active integer
);
create table rental (
    rental_id serial primary key, rental_period tstzrange not null, film_id integer not null references film,
    customer_id integer not null references customer on update cascade on delete restrict
);
create table payment (
    payment_id serial, customer_id integer not null, rental_id integer, amount numeric(5,2) not null,
    payment_date timestamptz not null, constraint positive check (amount >= 0), primary key (payment_date, payment_id)
) partition by range (payment_date);
create table payment_2022_01 (
    payment_date timestamptz not null, payment_id integer default nextval('payment_payment_id_seq') not null,
    amount numeric(5,2) not null, rental_id integer, customer_id integer not null, constraint positive check (amount >= 0)
);
alter table payment attach partition payment_2022_01
    for values from ('2022-01-01 00:00:00+00') to ('2022-02-01 00:00:00+00');
create table payment_2022_02 partition of payment
    for values from ('2022-02-01 00:00:00+00') to ('2022-03-01 00:00:00+00');
create table payment_rest partition of payment default;
alter table payment add foreign key (customer_id) references customer on update cascade on delete restrict;
create index on payment (customer_id);
create index payment_2022_01_amount on payment_2022_01 (amount) where amount > 100;
create index film_fulltext_idx on film using gist (fulltext);
create index idx_title on film (title text_pattern_ops, lower(title) desc nulls last);
create unique index idx_unq_rental on rental (rental_period, film_id, customer_id);
create function last_updated() returns trigger language plpgsql
    as $$ begin new.last_update = current_timestamp; return new; end $$;
create trigger last_updated before update on film for each row execute function last_updated();
create trigger last_updated before update on actor for each row execute function last_updated();
create trigger film_fulltext_trigger before insert or update on film for each row
    execute function tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title', 'description');
create function film_in_stock(p_film integer, p_store integer, out p_count integer) returns setof integer
    language sql stable as 'select p_film + p_store';
create function get_balance(p_customer integer, p_date timestamptz) returns numeric language plpgsql cost 200 set timezone = 'utc'
    as $$ declare total numeric; begin select sum(amount) into total from payment; return total; end $$;
create view actor_info as
    select a.actor_id, a.first_name, group_concat(distinct f.title || ': ' || (
        select group_concat(o.title) from film o where o.language_id = f.language_id group by f.language_id)) as films
    from actor a left join film_actor fa using (actor_id) left join film f on f.film_id = fa.film_id
    group by a.actor_id, a.first_name;
create view film_list as
    select f.film_id as fid, f.title, f.rating, group_concat(a.first_name || ' ' || a.last_name) as actors
    from film f left join film_actor fa using (film_id) left join actor a using (actor_id) group by f.film_id;
create materialized view rental_by_film as
    select f.title, sum(p.amount) as total from payment p join rental r using (rental_id) join film f using (film_id)
    group by f.title order by sum(p.amount) desc with no data;
create unique index on rental_by_film (title);
