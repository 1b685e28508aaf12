alter table "user" add column email_key text not null default '';

alter table "user" add column keyed_email text not null default '';

create index user_email_search on "user" (email_key, id) where email_key <> '';

create index user_email_unkeyed on "user" (id)
where keyed_email <> email and ltrim(email || keyed_email, 'abcdefghijklmnopqrstuvwxyz0123456789.@_+-') <> '';

-- Marks above and below letters are part of the letters now: such names get new keys
update "user" set keyed_first_name = '', keyed_last_name = ''
where first_name_key glob '*[' || char(768) || '-' || char(879) || ']*' or last_name_key glob '*[' || char(768) || '-' || char(879) || ']*';
