--- world constraints
create table parent (id int primary key, code int not null unique, other int, free int);
insert into parent select n, n, n, n from generate_series(1, 300) n;
create unique index parent_other on parent (other);
create table child (
    id int,
    parent_id int not null,
    code int,
    span int4range,
    maybe int,
    given int constraint given_positive check (given > 0),
    kept int,
    constraint child_code foreign key (code) references parent (code) deferrable,
    constraint maybe_there check (maybe is not null)
);
insert into child select n, n, n, int4range(n, n + 1), n, n, n from generate_series(1, 300) n;
create unique index child_id on child (id);
create unique index child_maybe on child (maybe);
create index child_code_index on child (code);
create unique index child_partial on child (kept) where kept > 3;
create index child_plain on child (kept);
alter table child add constraint waiting_check check (kept < 1000) not valid;
alter table child add constraint waiting_key foreign key (kept) references parent (id) not valid;
create table tree (id int primary key, up int constraint tree_up references tree);
insert into tree select n, null from generate_series(1, 300) n;
create table base (id int, name text);
insert into base select n, 'b' || n from generate_series(1, 300) n;
create table derived () inherits (base);
insert into derived select n, 'd' || n from generate_series(1, 300) n;
create table keyed (id int primary key, a int unique, b int, constraint b_key unique (b) deferrable);
insert into keyed select n, n, n from generate_series(1, 300) n;
create table empty (id int);

--- add a check
alter table child add constraint k check (id > 0);
--- add a check that is not valid
alter table child add constraint k check (id > 0) not valid;
--- add a check without a name
alter table child add check (id > 0);
--- add a check that rows violate
alter table child add constraint k check (id > 5);
--- add a check to a parent
alter table base add constraint k check (id > 0);
--- add a check to a parent, without its children
alter table base add constraint k check (id > 0) no inherit;
--- add a check to a parent, not valid
alter table base add constraint k check (id > 0) not valid;
--- add a check to an empty table
alter table empty add constraint k check (id > 0);
--- add a check not enforced {18..}
alter table child add constraint k check (id > 0) not enforced;
--- add two checks
alter table child add constraint k check (id > 0), add constraint l check (given > 0);
--- add a check whose expression is constant
alter table child add constraint k check (true);
--- add a foreign key
alter table child add constraint f foreign key (parent_id) references parent;
--- add a foreign key by column
alter table child add foreign key (parent_id) references parent (id);
--- add a foreign key, cascade
alter table child add foreign key (parent_id) references parent (id) on delete cascade;
--- add a foreign key not valid
alter table child add constraint f foreign key (parent_id) references parent not valid;
--- add a foreign key not enforced {18..}
alter table child add constraint f foreign key (parent_id) references parent not enforced;
--- add a foreign key to itself
alter table tree add constraint f foreign key (up) references tree;
--- add a foreign key to itself, not valid
alter table tree add constraint f foreign key (up) references tree not valid;
--- add a foreign key that is deferrable
alter table child add foreign key (parent_id) references parent deferrable initially deferred;
--- add a foreign key to a column without a unique index
alter table child add foreign key (parent_id) references parent (free);
--- add two foreign keys
alter table child add foreign key (parent_id) references parent, add foreign key (given) references keyed;
--- validate a check
alter table child validate constraint waiting_check;
--- validate a foreign key
alter table child validate constraint waiting_key;
--- validate a check that is valid
alter table child validate constraint given_positive;
--- validate a foreign key that is valid
alter table child validate constraint child_code;
--- validate a constraint that is not there
alter table child validate constraint nothing;
--- validate a check and a foreign key
alter table child validate constraint waiting_check, validate constraint waiting_key;
--- add unique
alter table child add constraint u unique (id);
--- add unique over two columns
alter table child add unique (id, code);
--- add unique including
alter table child add unique (id) include (code);
--- add unique nulls not distinct {15..}
alter table child add unique nulls not distinct (given);
--- add unique deferrable
alter table child add unique (given) deferrable;
--- add unique using an index
alter table child add constraint u unique using index child_id;
--- add unique using a partial index
alter table child add constraint u unique using index child_partial;
--- add unique using an index that is not unique
alter table child add constraint u unique using index child_plain;
--- add a primary key
alter table child add primary key (id);
--- add a primary key on a column that is not null
alter table child add primary key (parent_id);
--- add a primary key on a column that a check proves
alter table child add primary key (maybe);
--- add a primary key using an index on a nullable column
alter table child add primary key using index child_id;
--- add a primary key using an index on a column that a check proves
alter table child add primary key using index child_maybe;
--- add a primary key using an index on a column that is not null
alter table parent add column q int not null default 0;
create table made (id int not null);
insert into made select n from generate_series(1, 300) n;
create unique index made_key on made (id);
--- then
alter table made add primary key using index made_key;
--- add a second primary key
alter table parent add primary key (code);
--- add an exclusion constraint
alter table child add constraint x exclude using gist (span with &&);
--- add an exclusion constraint of btree
alter table child add constraint x exclude (id with =);
--- add a not null constraint {18..}
alter table child add constraint n not null id;
--- add a not null constraint, not valid {18..}
alter table child add constraint n not null id not valid;
--- add a not null constraint that a check proves {18..}
alter table child add constraint n not null maybe;
--- validate a not null constraint {18..}
alter table child add constraint n not null id not valid;
--- then
alter table child validate constraint n;
--- set not null where there is a not null constraint, not valid {18..}
alter table child add constraint n not null id not valid;
--- then
alter table child alter column id set not null;
--- drop a not null constraint {18..}
alter table child add constraint n not null id;
--- then
alter table child drop constraint n;
--- make a constraint deferrable
alter table child alter constraint child_code deferrable initially deferred;
--- make a constraint not deferrable
alter table child alter constraint child_code not deferrable;
--- make a foreign key not enforced {18..}
alter table child alter constraint child_code not enforced;
--- make a foreign key enforced {18..}
alter table child alter constraint child_code not enforced;
--- then
alter table child alter constraint child_code enforced;
--- make a not null constraint not inherited {18..}
alter table child alter constraint child_parent_id_not_null no inherit;
--- drop a check
alter table child drop constraint given_positive;
--- drop a check if exists
alter table child drop constraint if exists given_positive;
--- drop a constraint that is not there
alter table child drop constraint if exists nothing;
--- drop a foreign key
alter table child drop constraint child_code;
--- drop a foreign key that is not valid
alter table child drop constraint waiting_key;
--- drop a foreign key to itself
alter table tree drop constraint tree_up;
--- drop a unique constraint
alter table keyed drop constraint keyed_a_key;
--- drop a primary key
alter table keyed drop constraint keyed_pkey;
--- drop a primary key that is referenced
alter table parent drop constraint parent_pkey;
--- drop a primary key that is referenced, cascade
alter table parent drop constraint parent_pkey cascade;
--- drop a check of a parent
alter table base add constraint k check (id > 0);
--- then
alter table base drop constraint k;
--- drop a check and add it again, not valid
alter table child drop constraint given_positive, add constraint given_positive check (given > -1) not valid;
--- create a table that references
create table more (id int, parent_id int references parent);
--- create a table that references two
create table more (id int, parent_id int references parent, keyed_id int references keyed (a));
--- create a table that references itself
create table more (id int primary key, up int references more);
--- create a table with a constraint that references
create table more (id int, p int, foreign key (p) references parent (id));
--- drop a table that references
drop table child;
--- drop a table that references itself
drop table tree;
--- drop a table that is referenced
drop table parent;
--- drop a table that is referenced, cascade
drop table parent cascade;
--- drop both tables
drop table child, parent;
--- truncate a table that references
truncate child;
--- truncate a table that is referenced
truncate parent;
--- truncate a table that is referenced, cascade
truncate parent cascade;
--- truncate a table that is referenced by a parent of inheritance, cascade
create table heir (extra text) inherits (child);
--- then
truncate parent cascade;
--- truncate both
truncate parent, child;
--- truncate and restart
truncate keyed restart identity;
--- truncate a parent of inheritance
truncate base;
--- truncate only a parent of inheritance
truncate only base;
--- create a table and a foreign key of it in DO
do $$ begin create table more (id int references parent); end $$;
