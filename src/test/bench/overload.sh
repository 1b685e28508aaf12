#!/usr/bin/env bash
# Ten times as many requests at a time as the service answers, half of them logins and sign-ups, at -Xmx64m: what is
# served and refused, the memory taken, and how soon afterwards all is as before. A Markdown table.
# Usage: src/test/bench/overload.sh target/accounts.jar [JAVA]      (needs wrk; PORT, SECONDS_EACH)
set -euo pipefail
jar=$(realpath "$1")
java=${2:-java}
port=${PORT:-5196}
seconds=${SECONDS_EACH:-20}
url=http://127.0.0.1:$port
folder=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$folder"' EXIT
ulimit -n "$(ulimit -Hn)"

cat > "$folder/mixed.lua" <<'LUA'
local thread, count = 0, 0
function setup(t) t:set("id", thread); t:set("token", os.getenv("TOKEN")); thread = thread + 1 end
function request()
  count = count + 1
  local json = { ["Content-Type"] = "application/json" }
  if count % 4 == 1 then
    return wrk.format("POST", "/auth/get-token/", json, '{"email": "a@example.com", "password": "1234"}')
  elseif count % 4 == 3 then
    return wrk.format("POST", "/users/", json, string.format(
      '{"first_name": "A", "last_name": "B", "email": "u%d-%d-%d@example.com", "password": "1234"}', os.time(), id, count))
  end
  return wrk.format("GET", "/users/1/", { ["Authorization"] = token })
end
LUA

JSON='Content-Type: application/json'
SERVER_PORT=$port SPRING_DATASOURCE_URL=jdbc:sqlite:$folder/db.sqlite3 LOGGING_LEVEL_ACCOUNTS=error \
  "$java" -Xmx64m ${JVM_OPTIONS:-} -jar "$jar" > "$folder/log" 2>&1 &
pid=$!
until curl -so /dev/null -m 1 "$url/users/"; do sleep 0.1; done
curl -s -m 10 -o /dev/null "$url/users/" -H "$JSON" -d '{"first_name": "A", "last_name": "B", "email": "a@example.com", "password": "1234"}'
TOKEN=$(curl -s -m 10 "$url/auth/get-token/" -H "$JSON" -d '{"email": "a@example.com", "password": "1234"}' |
  sed 's/.*"token":"\([^"]*\)".*/\1/')
export TOKEN

load() { # NAME CONNECTIONS SCRIPT...
  local name=$1 connections=$2
  shift 2
  wrk -t2 -c"$connections" -d"${seconds}s" --timeout 30 --latency "$@" -H "Authorization: $TOKEN" "$url/users/1/" > "$folder/$name"
  awk -v name="$name" -v connections="$connections" -v seconds="$seconds" -v rss="$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status")" '
    $1 == "50%" { p50 = $2 } $1 == "99%" { p99 = $2 }
    /requests in/ { all = $1 } /Non-2xx/ { bad = $NF } /Socket errors/ { errors = $0; sub(/.*errors: /, "", errors) }
    END { printf "| %s | %d | %.0f | %.0f | %s | %s | %s | %d |\n", name, connections, (all - bad) / seconds,
          bad / seconds, p50, p99, errors ? errors : "none", rss }' "$folder/$name"
}

echo '| | connections | served/s | refused/s (503) | p50 | p99 | socket errors | resident, MiB |'
echo '|---|---|---|---|---|---|---|---|'
load 'warming up' 32
load quiet 32
load 'ten times the limit' 2560 -s "$folder/mixed.lua"
began=$(date +%s%N)
until [ "$(curl -so /dev/null -m 10 -w '%{http_code}' -H "Authorization: $TOKEN" "$url/users/1/")" = 200 ]; do sleep 0.05; done
recovered=$((($(date +%s%N) - began) / 1000000))
load afterwards 32
echo
echo "The first read after the load was answered $recovered ms after its end."
grep -c OutOfMemory "$folder/log" || true
