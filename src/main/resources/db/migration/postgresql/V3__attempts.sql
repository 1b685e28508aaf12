create table attempt (
	hash text collate "C" primary key,
	failures bigint not null,
	since bigint not null,
	expires_on bigint not null
);

create index attempt_expiry on attempt (expires_on);

create table known_place (
	user_id bigint not null references "user" (id) on delete cascade,
	place text collate "C" not null,
	known_on bigint not null,
	primary key (user_id, place)
);

create index known_place_age on known_place (known_on);
