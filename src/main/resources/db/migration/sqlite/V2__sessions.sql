create table session (
	id integer primary key autoincrement,
	user_id integer references "user" (id) on delete set null,
	created_on integer not null,
	last_used_on integer not null,
	ended_on integer,
	user_agent text,
	ip text,
	refresh_hash blob not null
) strict;

create index session_of_user on session (user_id, ended_on);

create table refreshed (
	hash blob primary key,
	session_id integer not null references session (id) on delete cascade,
	refreshed_on integer not null,
	answer blob not null
) strict, without rowid;

create index refreshed_session on refreshed (session_id);

alter table signing_key add column public_key blob;

alter table signing_key add column signs_from integer not null default 0;

alter table signing_key add column encrypted integer not null default 0;
