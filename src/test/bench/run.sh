#!/usr/bin/env bash
# What the service does in a second, and what it takes for that, beside its ceiling and its peers in the same run: builds
# it, starts it, loads it, and writes target/bench/results.md and target/bench/connections.svg.
# Usage: src/test/bench/run.sh [JAVA_HOME ...]
#   QUICK=1 takes a minute or two, leaves the peers out, and proves only that all else works
#   ROUNDS, SECONDS_EACH and WARM_UP make it longer or shorter than half an hour
#   Needs wrk and sqlite3. Takes in PostgreSQL, Flask (python3-flask, python3-jwt, gunicorn) and Node where they are
#   installed; npm brings what Node needs.
#   KEYCLOAK=1 takes Keycloak in as well, which is downloaded (170 MB)
set -euo pipefail
cd "$(dirname "$0")/../../.."
readonly bench=$PWD/src/test/bench out=$PWD/target/bench results=$PWD/target/bench/results.md
if [ -n "${QUICK-}" ]; then rounds=1 seconds=1 warm=2 sizes='1000' curve='1 32'; else rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-5} warm=${WARM_UP:-12} sizes='1000 100000 1000000' curve='1 2 4 8 16 32 64 128 256 512 1024'; fi
homes=("${@:-${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}}")
json='Content-Type: application/json'
declare -A pids urls tokens starts paths
work=$(mktemp -d)
postgres=''
cleanup() {
	for pid in "${pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
	[ -z "$postgres" ] || as_postgres pg_ctl -D "$postgres/data" -m immediate stop >/dev/null || true
	rm -rf "$work" $postgres
}
trap cleanup EXIT
for tool in wrk sqlite3; do command -v $tool >/dev/null || { echo "Please install $tool."; exit 1; }; done
ulimit -n 16384 2>/dev/null || true
mkdir -p "$out"

say() { echo "$*" | tee -a "$results"; }

# start NAME PORT COMMAND...: in a process group of its own, and waits until it listens
start() {
	local name=$1 port=$2 began=$(($(date +%s%N) / 1000000))
	shift 2
	setsid "$@" >"$work/$name.log" 2>&1 &
	pids[$name]=$! urls[$name]=http://127.0.0.1:$port tokens[$name]='' paths[$name]=/users/1/
	until curl -so /dev/null -m 5 "${urls[$name]}/"; do
		kill -0 "${pids[$name]}" 2>/dev/null || { cat "$work/$name.log"; exit 1; }
		sleep 0.1
	done
	starts[$name]=$(($(date +%s%N) / 1000000 - began))
}

stop() {
	kill -- "-${pids[$1]}"
	wait "${pids[$1]}" || true
	unset "pids[$1]"
}

# service NAME PORT DATABASE-URL COMMAND...: ours, and a user who is logged in
service() {
	local name=$1 port=$2 database=$3
	shift 3
	start "$name" "$port" env SERVER_PORT="$port" SPRING_DATASOURCE_URL="$database" LOGGING_LEVEL_ACCOUNTS=error \
		ACCOUNTS_THROTTLE_SIGN_UPS=1000000 ACCOUNTS_THROTTLE_LOGINS=1000000 "$@"
	curl -s -m 10 -o /dev/null "${urls[$name]}/users/" -H "$json" \
		-d '{"first_name": "A", "last_name": "B", "email": "a@example.com", "password": "1234"}'
	log_in "$name"
}

log_in() {
	tokens[$1]=$(curl -s -m 10 "${urls[$1]}/auth/get-token/" -H "$json" \
		-d '{"email": "a@example.com", "password": "1234"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
}

# load NAME SECONDS CONNECTIONS PATH [SCRIPT]: prints requests a second, µs of the processor for each, and the p99 in ms
load() {
	local name=$1 before after script=()
	[ -z "${5-}" ] || script=(-s "$5")
	before=$(processor "$name")
	TOKEN=${tokens[$name]} wrk -t1 -c"$3" -d"$2s" --latency --timeout 30 -H "Authorization: ${tokens[$name]}" \
		"${script[@]}" "${urls[$name]}$4" >"$work/wrk"
	after=$(processor "$name")
	if grep -E 'Non-2xx|Socket errors' "$work/wrk" >&2; then echo "$name $4" >&2; fi
	awk -v ticks=$((after - before)) '
		/requests in/ { all = $1 } /Requests\/sec/ { rate = $2 }
		$1 == "99%" { p99 = $2 ~ /us$/ ? $2 / 1000 : $2 ~ /ms$/ ? $2 + 0 : $2 * 1000 }
		END { printf "%.0f %.1f %.1f\n", rate, ticks * 10000 / all, p99 }' "$work/wrk"
}

# warm_up NAME PATH [SECONDS]: by few connections, as many busy threads would keep a JVM's compilers from the processor
warm_up() { load "$1" "${3:-$warm}" 4 "$2" >/dev/null; }

# stats NAME: those of all processes of the group from their state on; another's may end before it is read
stats() { { cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v group="${pids[$1]}" '{ sub(/.*\) /, ""); if ($3 == group) print }'; }

# processor NAME: its ticks
processor() { stats "$1" | awk '{ ticks += $12 + $13 } END { print ticks + 0 }'; }

# resident NAME: its MiB
resident() { stats "$1" | awk -v page="$(getconf PAGESIZE)" '{ pages += $22 } END { printf "%.0f", pages * page / 1048576 }'; }

# What the Node peer needs, of which one package is compiled
node_packages() {
	mkdir -p "$out/node"
	cp "$bench/peers/node.mjs" "$out/node"
	cat >"$out/node/package.json" <<-'JSON'
		{"dependencies": {"fastify": "5", "@fastify/jwt": "10", "better-sqlite3": "12"}, "allowScripts": {"better-sqlite3": true}}
	JSON
	(
		cd "$out/node"
		[ ! -d /usr/include/node ] || export npm_config_nodedir=/usr
		npm install --silent --no-audit --no-fund --no-package-lock >npm.log 2>&1
		node -e "require('better-sqlite3')(':memory:')" 2>>npm.log || npm rebuild better-sqlite3 >>npm.log 2>&1
	) || { echo "Node's packages could not be installed, see $out/node/npm.log: left out." >&2; false; }
}

# logins NAME PATH: how many a second, and the processor's time for each, as two columns of a table
logins() {
	local rate micros
	load "$1" $warm 8 "$2" "$work/request.lua" >/dev/null
	read -r rate micros _ < <(load "$1" $seconds 8 "$2" "$work/request.lua")
	awk "BEGIN { printf \"%d | %.1f |\", $rate, $micros / 1000 }"
}

median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

as_postgres() {
	local program
	program=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)/$1
	shift
	if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$program" "$@"); else "$program" "$@"; fi
}

[ -x target/accounts/accounts ] && [ -z "${BUILD-}" ] || ./mvnw -q package -DskipTests
rm -f "$results"
"${homes[0]}/bin/java" -Djarmode=tools -jar target/accounts.jar extract --destination "$work/extracted" >/dev/null
classes=$(echo "$work"/extracted/lib/{tomcat-embed-core,jakarta.annotation-api}-*.jar | tr ' ' :)

export FORM='grant_type=password&client_id=bench&scope=openid&username=a%40example.com&password=1234'
cat >"$work/request.lua" <<'LUA'
local count, start = 0, os.time()
local kind = os.getenv("KIND")
local json = { ["Content-Type"] = "application/json", ["Authorization"] = os.getenv("TOKEN") }
function request()
  count = count + 1
  if kind == "change" then
    return wrk.format("PATCH", "/users/1/", json, string.format('{"first_name": "A%d"}', count))
  elseif kind == "login" then
    return wrk.format("POST", "/auth/get-token/", json, '{"email": "a@example.com", "password": "1234"}')
  elseif kind == "keycloak" then
    return wrk.format("POST", nil, { ["Content-Type"] = "application/x-www-form-urlencoded" }, os.getenv("FORM"))
  end
  return wrk.format("POST", "/users/", json, string.format(
    '{"first_name": "A", "last_name": "B", "email": "u%d-%d@example.com", "password": "1234"}', start, count))
end
LUA

say "$(nproc) cores ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)), $(awk '/MemTotal/ { print int($2 / 1048576 + 0.5) }' /proc/meminfo) GiB, $(date -u +%F), Accounts $(git rev-parse --short HEAD). \`wrk -t1\` on the same machine; medians of $rounds alternated rounds of $seconds s, after $((2 * warm)) s each to warm up."
say ''
say '## The hot path'
say ''
say '`GET /users/1/` with a token, SQLite, 32 connections; logins: 8. Memory is that of all processes after the requests, before the logins. A start goes to the first answer; ours make the database, and the ceiling compiles itself.'
say ''
say '| | requests/s | of the ceiling | processor, µs a request | logins/s | processor, ms a login | resident, MiB | start, s |'
say '|---|---|---|---|---|---|---|---|'
port=5400
for home in "${homes[@]}"; do
	export JAVA_HOME=$home
	java=$home/bin/java
	version=$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p')
	flags=(-XX:+UseSerialGC)
	names=(ceiling launcher jar)
	start ceiling $port "$java" "${flags[@]}" -cp "$classes" "$bench/Ceiling.java" "$work" $port
	# Its archive is good for the very Java that made it
	"$java" src/main/launcher/Assemble.java target/accounts.jar src/main/launcher/accounts "$work/accounts$port"
	service launcher $((port + 1)) "jdbc:sqlite:$work/launcher$port.sqlite3" "$work/accounts$port/accounts"
	service jar $((port + 2)) "jdbc:sqlite:$work/jar$port.sqlite3" "$java" -jar target/accounts.jar
	if [ -z "${QUICK-}" ] && [ "$home" = "${homes[0]}" ] && command -v node >/dev/null && node_packages; then
		start node $((port + 3)) node "$out/node/node.mjs" "$work/node.sqlite3" $((port + 3))
		tokens[node]=$(curl -s "${urls[node]}/token" | sed 's/.*"token":"\([^"]*\)".*/\1/')
		names+=(node)
	fi
	if [ -z "${QUICK-}" ] && [ "$home" = "${homes[0]}" ] && python3 -c 'import flask, jwt' 2>/dev/null && command -v gunicorn >/dev/null; then
		DATABASE=$work/flask.sqlite3 start flask $((port + 4)) gunicorn -w 2 -b 127.0.0.1:$((port + 4)) --chdir "$bench/peers" flask_app:app
		log_in flask
		names+=(flask)
	fi
	if [ -z "${QUICK-}" ] && [ "$home" = "${homes[0]}" ] && [ -n "${KEYCLOAK-}" ]; then
		keycloak=$("$bench/peers/keycloak.sh" "$out" 2>"$out/keycloak.log")
		start keycloak $((port + 5)) "$keycloak/bin/kc.sh" start --optimized --http-enabled=true --hostname-strict=false \
			--http-host=127.0.0.1 --http-port=$((port + 5))
		openid=/realms/bench/protocol/openid-connect
		paths[keycloak]=$openid/userinfo
		tokens[keycloak]="Bearer $(curl -s "${urls[keycloak]}$openid/token" -d "$FORM" |
			sed 's/.*"access_token":"\([^"]*\)".*/\1/')"
		names+=(keycloak)
	fi
	for _ in 1 2; do for name in "${names[@]}"; do warm_up "$name" "${paths[$name]}"; done; done
	for _ in $(seq $rounds); do for name in "${names[@]}"; do load "$name" $seconds 32 "${paths[$name]}" >>"$work/$name$port"; done; done
	top=$(cut -d' ' -f1 "$work/ceiling$port" | median)
	for name in "${names[@]}"; do
		rate=$(cut -d' ' -f1 "$work/$name$port" | median)
		memory=$(resident "$name") login='| |'
		case $name in
		ceiling) title="JDK $version: a bare servlet of the same server, the ceiling" ;;
		launcher) title="JDK $version: Accounts, the launcher" ;;
		jar) title="JDK $version: Accounts, \`java -jar\`" ;;
		node) title="Node $(node --version), fastify, better-sqlite3, two processes" ;;
		flask) title='the Flask original, gunicorn, two processes; scrypt, 32 MiB' ;;
		keycloak) title="Keycloak ${keycloak##*-}, its userinfo endpoint; Argon2id, 7 MiB and five iterations" ;;
		esac
		case $name in
		launcher | jar | flask)
			login=$(KIND=login logins "$name" /)
			# So many logins have ended the session of the first
			log_in "$name"
			;;
		keycloak) login=$(KIND=keycloak logins keycloak "$openid/token") ;;
		esac
		say "| $title | $rate | $(awk "BEGIN { printf \"%.1f %%\", 100 * $rate / $top }") | $(cut -d' ' -f2 "$work/$name$port" | median) | $login $memory | $(awk "BEGIN { printf \"%.1f\", ${starts[$name]} / 1000 }") |"
	done
	if [ "$home" = "${homes[0]}" ]; then
		for connections in $curve; do
			for name in ceiling launcher; do echo "$connections $(load $name $seconds $connections /users/1/)" >>"$work/curve.$name"; done
		done
	fi
	for name in "${names[@]}"; do stop "$name"; done
	port=$((port + 10))
done
export JAVA_HOME=${homes[0]}

say ''
say '## Throughput against connections'
say ''
say '![Requests a second against connections](connections.svg)'
say ''
say '| connections | ceiling, requests/s | Accounts, requests/s | p99, ms |'
say '|---|---|---|---|'
paste -d' ' "$work/curve.ceiling" "$work/curve.launcher" | while read -r connections ceiling _ _ _ ours _ p99; do
	say "| $connections | $ceiling | $ours | $p99 |"
done
awk '
	FNR == 1 { file++ }
	{ x[FNR] = $1; y[file, FNR] = $2; if ($2 > most) most = $2; count = FNR }
	function px(i) { return 60 + (i - 1) * 540 / (count - 1) }
	function py(v) { return 260 - v * 230 / most }
	function line(f, color, name,   i, points) {
		for (i = 1; i <= count; i++) points = points px(i) "," py(y[f, i]) " "
		printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>\n<text x=\"606\" y=\"%d\" fill=\"%s\">%s</text>\n", color, points, py(y[f, count]) + 4, color, name
	}
	END {
		print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 690 300\" font-family=\"sans-serif\" font-size=\"12\">"
		print "<rect width=\"690\" height=\"300\" fill=\"white\"/><path d=\"M60 20V260H600\" fill=\"none\" stroke=\"#888\"/>"
		for (i = 1; i <= count; i++) printf "<text x=\"%d\" y=\"278\" text-anchor=\"middle\">%d</text>\n", px(i), x[i]
		for (i = 0; i <= 4; i++) printf "<text x=\"54\" y=\"%d\" text-anchor=\"end\">%d</text>\n", py(most * i / 4) + 4, most * i / 4
		print "<text x=\"330\" y=\"296\" text-anchor=\"middle\">connections</text><text x=\"8\" y=\"14\">requests a second</text>"
		line(1, "#888888", "ceiling")
		line(2, "#1763c6", "Accounts")
		print "</svg>"
	}' "$work/curve.ceiling" "$work/curve.launcher" >"$out/connections.svg"

databases=(sqlite)
if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
	databases+=(postgresql)
	postgres=$(mktemp -d)
	[ "$(id -u)" != 0 ] || chown postgres "$postgres"
	as_postgres initdb --auth trust --username accounts --encoding UTF8 -D "$postgres/data" >/dev/null
	as_postgres pg_ctl -D "$postgres/data" -l "$postgres/log" -w -o "-p 54328 -k $postgres -c listen_addresses=127.0.0.1" start >/dev/null
fi
database() { if [ "$1" = sqlite ]; then echo "jdbc:sqlite:$work/$2.sqlite3"; else echo "jdbc:postgresql://127.0.0.1:54328/$2?user=accounts"; fi; }
client() { as_postgres psql -h 127.0.0.1 -p 54328 -U accounts -q -v ON_ERROR_STOP=1 -d "$1"; }

say ''
say '## Every kind of request'
say ''
say 'The launcher, 32 connections, except for logins and sign-ups: 8. Passwords by Argon2id at the standard cost, 19 MiB and two iterations.'
say ''
say '| | database | requests/s | p99, ms | processor, µs a request |'
say '|---|---|---|---|---|'
for kind in "${databases[@]}"; do
	[ "$kind" = sqlite ] || echo 'create database requests' | client postgres
	service "$kind" $port "$(database "$kind" requests)" target/accounts/accounts
	asked_paths=(/users/1/ /users/me/ '/users/?limit=20' /auth/sessions/ /.well-known/jwks.json /health/live/)
	for path in "${asked_paths[@]}"; do warm_up "$kind" "$path"; done
	for path in "${asked_paths[@]}"; do
		read -r rate micros p99 < <(load "$kind" $seconds 32 "$path")
		say "| \`GET $path\` | $kind | $rate | $p99 | $micros |"
	done
	for request in change login sign-up; do
		connections=8
		[ $request != change ] || connections=32
		export KIND=$request
		load "$kind" $warm $connections / "$work/request.lua" >/dev/null
		read -r rate micros p99 < <(load "$kind" $seconds $connections / "$work/request.lua")
		say "| $request | $kind | $rate | $p99 | $micros |"
	done
	stop "$kind"
	port=$((port + 1))
done

say ''
say '## Lists'
say ''
say 'Milliseconds to the answer of one client, medians of 15; a page has 50 users, and of all users it is the first byte and the last.'
say ''
say "| | database |$(for size in $sizes; do printf ' %s users |' "$size"; done)"
say "|---|---|$(for size in $sizes; do printf -- '---|'; done)"
# asked NAME PATH FORMAT: the median of fifteen times
asked() {
	for _ in $(seq 15); do
		curl -s -o /dev/null -m 60 -H "Authorization: ${tokens[$1]}" -w "$3\n" "${urls[$1]}$2"
	done | median | awk '{ printf "%.1f", 1000 * $1 }'
}
for kind in "${databases[@]}"; do
	for size in $sizes; do
		[ "$kind" = sqlite ] || echo "create database u$size" | client postgres
		service "$kind$size" $port "$(database "$kind" "u$size")" target/accounts/accounts
		if [ "$kind" = sqlite ]; then program=(sqlite3 "$work/u$size.sqlite3"); else program=(client "u$size"); fi
		"${program[@]}" <<-SQL
			with recursive number(i) as (select cast(2 as bigint) union all select i + 1 from number where i < $size)
			insert into "user" (first_name, last_name, email, password, created_on, first_name_key, last_name_key, keyed_first_name, keyed_last_name)
			select 'F' || i * 7919 % 1000, 'L' || i * 104729 % 5000, i * 31337 % 1000003 || '-' || i || '@example.com', '-', 1700000000 + i,
				'f' || i * 7919 % 1000, 'l' || i * 104729 % 5000, 'F' || i * 7919 % 1000, 'L' || i * 104729 % 5000 from number;
			analyze;
		SQL
		port=$((port + 1))
		for _ in 1 2 3; do for path in '/users/?sort=email' '/users/?q=l4999' '/users/?q=l1&count=true'; do warm_up "$kind$size" "$path" 1; done; done
	done
	while read -r title path format; do
		line="| $title | $kind |"
		for size in $sizes; do
			at=$path
			if [ "$path" = within ]; then
				at=$(curl -s -D - -o /dev/null -H "Authorization: ${tokens[$kind$size]}" "${urls[$kind$size]}/users/?sort=email&limit=1000&q=5" |
					sed -n 's/^[Ll]ink: <\(.*\)>.*/\1/p')
				at=${at:-/users/?sort=email}
				at=${at/limit=1000/limit=50}
			fi
			line+=" $(asked "$kind$size" "$at" "$format") |"
		done
		say "$line"
	done <<-'PATHS'
		first_page /users/?limit=50 %{time_total}
		sort=email /users/?limit=50&sort=email %{time_total}
		sort=-last_name /users/?limit=50&sort=-last_name %{time_total}
		sort=-created_on /users/?limit=50&sort=-created_on %{time_total}
		a_page_within within %{time_total}
		email= /users/?email=a@example.com %{time_total}
		q=l4999 /users/?limit=50&q=l4999 %{time_total}
		q=f1 /users/?limit=50&q=f1 %{time_total}
		q=f1&sort=email /users/?limit=50&q=f1&sort=email %{time_total}
		count=true /users/?limit=50&count=true %{time_total}
		all,_first_byte /users/ %{time_starttransfer}
		all,_last_byte /users/ %{time_total}
	PATHS
	for size in $sizes; do stop "$kind$size"; done
done

say ''
say '## Pieces'
say ''
say 'One thread, by JMH.'
say ''
./mvnw -q test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$work/classpath"
if [ -n "${QUICK-}" ]; then once=(-wi 1 -w 1 -i 2 -r 1); else once=(-wi 3 -w 1 -i 5 -r 1); fi
"$JAVA_HOME/bin/java" -cp "target/test-classes:target/classes:$(cat "$work/classpath")" accounts.bench.Pieces -f 1 "${once[@]}" |
	grep '^|' | tee -a "$results"

if [ -z "${QUICK-}" ]; then
	say ''
	say '## Start and memory'
	say ''
	"$bench/start.sh" "${homes[@]}" | tee -a "$results"
fi
