-- The whole schema, as the migrations leave it (src/main/java/accounts/database/V*.java and src/main/resources/db/migration).
-- Beside these tables the file holds flyway_schema_history, in which Flyway notes the migrations that it
-- has run, and SQLite's own sqlite_sequence, which remembers the highest id ever given. A backup is such a file with a
-- table more, backup, which says what is in it; a copy of a file in use is none (src/docs/operations.md).
-- Times are whole seconds since 1970-01-01T00:00:00Z.

-- People with an account
create table "user" (
	id integer primary key autoincrement, -- an id is never given twice, not even after its user is deleted
	first_name text not null,
	last_name text not null,
	email text not null unique, -- trimmed, in NFC and lower case; as an earlier version kept it where another account has that form
	password text not null, -- a hash that names its algorithm: {argon2}$argon2id$… or, until its owner's next login, Werkzeug's
	created_on integer not null,
	first_name_key text not null default '', -- the name with the case of its letters ignored: names are found and sorted by it
	last_name_key text not null default '',
	keyed_first_name text not null default '', -- the name that the key was made of: another than the name itself where a
	keyed_last_name text not null default '', -- version of this program that knew no keys has written since
	email_key text not null default '', -- the same for emails, but empty where an email has only letters, digits and
	keyed_email text not null default '' -- signs of ASCII: it is found by itself
) strict;

create index user_first_name on "user" (first_name_key, id);

create index user_last_name on "user" (last_name_key, id);

create index user_created_on on "user" (created_on, id);

-- Holds nobody, unless such a version runs beside this one
create index user_unkeyed on "user" (id) where keyed_first_name <> first_name or keyed_last_name <> last_name;

create index user_email_search on "user" (email_key, id) where email_key <> '';

-- Holds also those who share an email with another account, but for how it is typed, and those with invisible
-- characters in it: earlier versions accepted both
create index user_email_unkeyed on "user" (id)
where keyed_email <> email and ltrim(email || keyed_email, 'abcdefghijklmnopqrstuvwxyz0123456789.@_+-') <> '';

-- Keys that tokens are signed with: each is published first, then signs until the next one does, and goes when the
-- last token that it signed has expired
create table signing_key (
	id text primary key, -- the kid of a token's header; "configured" stands for the secret in ACCOUNTS_TOKEN_SECRET
	algorithm text not null, -- HS256, ES256 or EdDSA; "refresh-token" is the key that seals refresh tokens
	material blob not null, -- the secret, or the private key in PKCS #8
	created_on integer not null,
	public_key blob, -- in X.509
	signs_from integer not null default 0,
	encrypted integer not null default 0 -- 1: material is salt, nonce and AES-GCM under ACCOUNTS_KEYS_PASSPHRASE
) strict;

-- Logins
create table session (
	id integer primary key autoincrement, -- the sid of access tokens, and the place in the status lists
	user_id integer references "user" (id) on delete set null,
	created_on integer not null,
	last_used_on integer not null, -- to the minute
	ended_on integer, -- by logout, a new password, theft, or too many others; kept for a while so that its tokens are told
	user_agent text,
	ip text,
	refresh_hash blob not null, -- SHA-256 of the refresh token that is good now
	successor blob -- the token that is good now, encrypted with the one before it; null once it, or its access token, was used
) strict;

create index session_of_user on session (user_id, ended_on);

-- Refresh tokens that were used a moment ago, and what they were answered: they get the same again within the grace
create table refreshed (
	hash blob primary key, -- SHA-256 of the token
	session_id integer not null references session (id) on delete cascade,
	refreshed_on integer not null,
	answer blob not null, -- AES-GCM under a key that only who has the token can make
	answered_on integer -- when a lost answer was given again: the grace counts from here
) strict, without rowid;

create index refreshed_session on refreshed (session_id);

-- Failed logins and the like, each counted under what it is counted for: an account at a place, an account by
-- strangers, an address
create table attempt (
	hash text primary key, -- HMAC-SHA-256 of what is counted: nobody's email or address can be read here
	failures integer not null,
	since integer not null, -- when the last one was, or since when the count has been sinking
	expires_on integer not null -- what is older than that counts for nothing
) strict, without rowid;

create index attempt_expiry on attempt (expires_on);

-- Where users have logged in from lately
create table known_place (
	user_id integer not null references "user" (id) on delete cascade,
	place text not null, -- HMAC-SHA-256 of an address, of IPv6 the first 64 bits
	known_on integer not null, -- the last login from there, to the day
	primary key (user_id, place)
) strict, without rowid;

create index known_place_age on known_place (known_on);
