--- world functions
create table country (id int primary key, code text);
insert into country select n, n from generate_series(1, 300) n;
create table item (id int primary key, code text);
create index item_code on item (code);
insert into item select n, n from generate_series(1, 300) n;
create function stirred() returns int language plpgsql as 'begin return 1; end';
create function today() returns timestamptz language sql as 'select now()';
create function thrown() returns float8 language sql as 'select random()';
create function thrown_calmly() returns float8 language sql immutable as 'select random()';
create function inner_one() returns int language sql as 'select 1';
create function outer_one() returns int language sql as 'select inner_one() + 1';
create function outer_stirred() returns int language sql as 'select stirred() + 1';
create function of_a_table() returns int language sql as 'select id from country limit 0';
create function of_a_subquery() returns int language sql as 'select (select 1)';
create function of_an_aggregate() returns bigint language sql as 'select count(*)';
create function of_a_set() returns int language sql as 'select generate_series(1, 1)';
create function with_a_condition() returns int language sql as 'select 1 where true';
create function of_two_statements() returns int language sql as 'select 1; select 2';
create function limited() returns int language sql as 'select 1 limit 1';
create function doubled(a int) returns int language sql as 'select a * 2';
create function same_as(a float8) returns float8 language sql as 'select a';
create function doubled_by_default(a int default 2) returns int language sql as 'select a * 2';
create function strict_alone() returns int language sql strict as 'select 1';
create function doubled_strictly(a int) returns int language sql strict as 'select a * 2';
create function filled_strictly(a int) returns int language sql strict as 'select coalesce(a, 1)';
create function strict_for_nothing(a int) returns int language sql strict as 'select 1';
create function of_its_owner() returns int language sql security definer as 'select 1';
create function with_memory() returns int language sql set work_mem = '4MB' as 'select 1';
create function put_out(out a int) language sql as 'select 1';
create function picked(a int) returns int language sql as 'select 1';
create function picked(a int, b int) returns int language plpgsql as 'begin return 1; end';

--- add a column with a volatile SQL function of a stable expression
alter table item add column c timestamptz default today();
--- add a column with a volatile SQL function of a volatile expression
alter table item add column c float8 default thrown();
--- add a column with an immutable SQL function of a volatile expression
alter table item add column c float8 default thrown_calmly();
--- add a column with what is left of coalesce
alter table item add column c int default coalesce(1, random()::int);
--- add a column with what coalesce needs
alter table item add column c int default coalesce(null, random()::int);
--- add a column with what is left of a case within an expression
alter table item add column c int default 1 + case when true then 1 else random()::int end;
--- add a column with a SQL function that calls a SQL function
alter table item add column c int default outer_one();
--- add a column with a SQL function that calls a function in PL/pgSQL
alter table item add column c int default outer_stirred();
--- add a column with a SQL function that reads a table
alter table item add column c int default of_a_table();
--- add a column with a SQL function of a subquery
alter table item add column c int default of_a_subquery();
--- add a column with a SQL function of an aggregate
alter table item add column c bigint default of_an_aggregate();
--- add a column with a SQL function of a set
alter table item add column c int default of_a_set();
--- add a column with a SQL function with a condition
alter table item add column c int default with_a_condition();
--- add a column with a SQL function of two statements
alter table item add column c int default of_two_statements();
--- add a column with a SQL function that is limited
alter table item add column c int default limited();
--- add a column with a SQL function with a parameter
alter table item add column c int default doubled(3);
--- add a column with a SQL function of a volatile argument
alter table item add column c float8 default same_as(random());
--- add a column with a SQL function with a default of a parameter
alter table item add column c int default doubled_by_default();
--- add a column with a strict SQL function without parameters
alter table item add column c int default strict_alone();
--- add a column with a strict SQL function of a strict expression
alter table item add column c int default doubled_strictly(3);
--- add a column with a strict SQL function of an expression that is not strict
alter table item add column c int default filled_strictly(3);
--- add a column with a strict SQL function that does not use its parameter
alter table item add column c int default strict_for_nothing(3);
--- add a column with a SQL function that defines its security
alter table item add column c int default of_its_owner();
--- add a column with a SQL function that sets a parameter
alter table item add column c int default with_memory();
--- add a column with a SQL function with an output
alter table item add column c int default put_out();
--- add a column with a SQL function of an expression {14..}
create function counted() returns int language sql return 1 + 1;
--- then
alter table item add column c int default counted();
--- add a column with a SQL function with a body of one query {14..}
create function counted() returns int language sql begin atomic select 1; end;
--- then
alter table item add column c int default counted();
--- add a column with a SQL function with a body of two queries {14..}
create function counted() returns int language sql begin atomic select 1; select 2; end;
--- then
alter table item add column c int default counted();
--- add a column with a SQL function that was made stable
create function counted() returns int language plpgsql as 'begin return 1; end';
alter function counted() stable;
--- then
alter table item add column c int default counted();
--- add a column with a function that was replaced
create function counted() returns float8 language sql as 'select 1.0::float8';
create or replace function counted() returns float8 language sql as 'select random()';
--- then
alter table item add column c float8 default counted();
--- add a column with a function of two of one name
alter table item add column c int default picked(1);
--- add a column with the other function of that name
alter table item add column c int default picked(1, 2);
