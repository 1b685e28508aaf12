#!/usr/bin/env bash
# Fetches Keycloak, builds it as its manual says for a server, with its embedded database (H2), and adds a realm of one
# user, whose tokens hold longer than the bench. Its other settings are its own: passwords by Argon2id, 7 MiB and five
# iterations. Prints its folder, which is kept for the next run.
# Usage: src/test/bench/peers/keycloak.sh FOLDER      (downloads 170 MB, takes a minute)
set -euo pipefail
readonly version=26.7.3 sha256=77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47
readonly home=$1/keycloak-$version
if [ ! -d "$home/prepared" ]; then
	rm -rf "$home"
	mkdir -p "$home"
	curl -sSf -m 900 -o "$home/keycloak.tar.gz" \
		"https://repo.maven.apache.org/maven2/org/keycloak/keycloak-quarkus-dist/$version/keycloak-quarkus-dist-$version.tar.gz"
	echo "$sha256  $home/keycloak.tar.gz" | sha256sum --check --quiet >&2
	tar -xzf "$home/keycloak.tar.gz" -C "$home" --strip-components=1
	rm "$home/keycloak.tar.gz"
	cat >"$home/realm.json" <<-'JSON'
		{
			"realm": "bench", "enabled": true,
			"accessTokenLifespan": 36000, "ssoSessionIdleTimeout": 36000, "ssoSessionMaxLifespan": 36000,
			"clients": [{"clientId": "bench", "publicClient": true, "directAccessGrantsEnabled": true}],
			"users": [{
				"username": "a@example.com", "email": "a@example.com", "firstName": "A", "lastName": "B", "enabled": true,
				"credentials": [{"type": "password", "value": "1234"}]
			}]
		}
	JSON
	"$home/bin/kc.sh" build --db=dev-file --cache=local >&2
	"$home/bin/kc.sh" import --optimized --file "$home/realm.json" >&2
	mv "$home/data" "$home/prepared"
fi
# Without the sessions of the run before
rm -rf "$home/data"
cp -r "$home/prepared" "$home/data"
echo "$home"
