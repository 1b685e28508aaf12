alter table "user" add column first_name_key text not null default '';

alter table "user" add column last_name_key text not null default '';

alter table "user" add column keyed_first_name text not null default '';

alter table "user" add column keyed_last_name text not null default '';

create index user_first_name on "user" (first_name_key, id);

create index user_last_name on "user" (last_name_key, id);

create index user_created_on on "user" (created_on, id);

create index user_unkeyed on "user" (id) where keyed_first_name <> first_name or keyed_last_name <> last_name;
