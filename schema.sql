-- The whole schema, as the migrations leave it (src/main/java/accounts/database/V*.java).
-- Beside these tables the file holds flyway_schema_history, in which Flyway notes the migrations that it
-- has run, and SQLite's own sqlite_sequence, which remembers the highest id ever given.
-- Times are whole seconds since 1970-01-01T00:00:00Z.

-- People with an account
create table "user" (
	id integer primary key autoincrement, -- an id is never given twice, not even after its user is deleted
	first_name text not null,
	last_name text not null,
	email text not null unique, -- trimmed and in lower case
	password text not null, -- a hash that names its algorithm: {argon2}$argon2id$… or, until its owner's next login, Werkzeug's
	created_on integer not null
) strict;

-- Keys that tokens are signed with, unless ACCOUNTS_TOKEN_SECRET is set
create table signing_key (
	id text primary key, -- the kid of a token's header
	algorithm text not null, -- as RFC 7518 names it: HS256
	material blob not null, -- the secret's bytes
	created_on integer not null
) strict;
