-- Places and bookings without PostGIS: geometric types, domains, own ranges, exclusion of what overlaps.
create extension btree_gist;
create domain latitude as double precision check (value between -90 and 90);
create domain longitude as double precision check (value between -180 and 180);
create type coordinates as (lat latitude, lon longitude);
create domain valid_coordinates as coordinates check ((value).lat is not null and (value).lon is not null);
create function minutes(a time, b time) returns double precision language sql immutable strict
    return extract(epoch from a - b) / 60;
create type timerange as range (subtype = time, subtype_diff = minutes, multirange_type_name = timeranges);
create function distance(a coordinates, b coordinates) returns double precision language sql immutable parallel safe
    return 6371 * acos(least(1.0, sin(radians((a).lat)) * sin(radians((b).lat))
        + cos(radians((a).lat)) * cos(radians((b).lat)) * cos(radians((b).lon - (a).lon))));
create operator <=> (leftarg = coordinates, rightarg = coordinates, function = distance, commutator = <=>);
create table place (
    id integer generated always as identity primary key, name text not null, at valid_coordinates not null,
    spot point generated always as (point((at).lon::double precision, (at).lat::double precision)) stored,
    outline polygon, bounds box, radius numeric(6,3) check (radius > 0), opens timeranges, tags text[] default '{}' not null
);
create index on place using gist (spot);
create index on place using spgist (bounds);
create index on place using gin (tags);
create index on place using gist (opens);
create table booking (
    place_id integer not null references place, during tstzrange not null, guests int4range, hours timerange,
    state text not null default 'asked' check (state in ('asked', 'sure', 'gone')),
    constraint not_twice exclude using gist (place_id with =, during with &&) where (state <> 'gone')
        deferrable initially immediate,
    constraint within_hours exclude using gist (place_id with =, hours with -|-, guests with &&),
    check (not isempty(during) and lower_inc(during))
);
create table road (id integer primary key, line path not null, middle lseg, around circle,
    exclude using gist (around with &&));
create table visit (like booking including defaults including constraints including indexes, visitor inet) inherits (road);
create view near as
    select a.id, b.id as other, a.at <=> b.at as kilometers, a.spot <-> b.spot as degrees
    from place a cross join lateral (select * from place o where o.id <> a.id order by o.spot <-> a.spot limit 5) b
    where (a.at <=> b.at) < 100;
create statistics of_bookings (ndistinct, mcv) on place_id, state from booking;
