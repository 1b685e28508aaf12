create table attempt (
	hash text primary key,
	failures integer not null,
	since integer not null,
	expires_on integer not null
) strict, without rowid;

create index attempt_expiry on attempt (expires_on);

create table known_place (
	user_id integer not null references "user" (id) on delete cascade,
	place text not null,
	known_on integer not null,
	primary key (user_id, place)
) strict, without rowid;

create index known_place_age on known_place (known_on);
