#!/usr/bin/env bash
# Authenticated reads while 64 clients log in and sign up as fast as they are let, with and without the bound on
# hashing, on platform and on virtual threads: a Markdown table. Each flood follows a quiet round of the same process.
# Usage: src/test/bench/flood.sh target/accounts.jar [JAVA [JAVA FOR VIRTUAL THREADS]]      (needs wrk; PORT, SECONDS)
set -euo pipefail
jar=$(realpath "$1")
java=${2:-java}
virtual=${3:-$java}
port=${PORT:-5195}
seconds=${SECONDS_EACH:-10}
url=http://127.0.0.1:$port
folder=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$folder"' EXIT

cat > "$folder/flood.lua" <<'LUA'
-- Half of the requests log in, the others sign up
local thread, count = 0, 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function request()
  count = count + 1
  local headers = { ["Content-Type"] = "application/json" }
  if count % 2 == 0 then
    return wrk.format("POST", "/auth/get-token/", headers, '{"email": "b@example.com", "password": "1234"}')
  end
  return wrk.format("POST", "/users/", headers, string.format(
    '{"first_name": "A", "last_name": "B", "email": "u%d-%d-%d@example.com", "password": "1234"}', os.time(), id, count))
end
local refused, other = 0, 0
function response(status)
  if status == 503 then refused = refused + 1 elseif status ~= 200 and status ~= 201 then other = other + 1 end
end
LUA

reads() { # FILE SECONDS
  wrk -t1 -c16 -d"$2" --latency -H "Authorization: $token" "$url/users/1/" > "$folder/$1"
}

rate() { sed -n 's/^Requests\/sec: *//p' "$folder/$1"; }
p99() { awk '$1 == "99%" { v = $2; if (v ~ /us$/) v /= 1000; else if (v ~ /ms$/) v += 0; else v *= 1000; printf "%.1f", v }' "$folder/$1"; }
failed() { awk '/Non-2xx/ { n += $NF } /Socket errors/ { gsub(",", ""); n += $4 + $6 + $8 + $10 } END { print n + 0 }' "$folder/$1"; }
resident() { awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status"; }

run() { # TITLE JAVA OPTION...
  local title=$1 command=$2 name quiet flooded
  shift 2
  rm -f "$folder"/db*
  ACCOUNTS_THROTTLE_LOGINS=$allowed ACCOUNTS_THROTTLE_SIGN_UPS=$allowed \
    SERVER_PORT=$port SPRING_DATASOURCE_URL=jdbc:sqlite:$folder/db.sqlite3 LOGGING_LEVEL_ACCOUNTS=error \
    "$command" ${JVM_OPTIONS:-} -jar "$jar" "$@" > "$folder/log" 2>&1 &
  pid=$!
  until curl -so /dev/null -m 1 "$url/users/"; do sleep 0.1; done
  # Who logs in that often ends sessions of their own
  for name in a b; do
    curl -s -m 10 -o /dev/null "$url/users/" -H 'Content-Type: application/json' \
      -d '{"first_name": "A", "last_name": "B", "email": "'$name'@example.com", "password": "1234"}'
  done
  token=$(curl -s -m 10 "$url/auth/get-token/" -H 'Content-Type: application/json' \
    -d '{"email": "a@example.com", "password": "1234"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  reads warm "${WARM_UP:-20}"
  wrk -t1 -c64 -d"$seconds" --timeout 30 -s "$folder/flood.lua" "$url" > "$folder/flood"
  for _ in 1 2 3; do
    reads quiet "$seconds"
    wrk -t1 -c64 -d"$((seconds + 3))" --timeout 30 -s "$folder/flood.lua" "$url" > "$folder/flood" &
    local flood=$!
    sleep 2
    reads flooded "$seconds"
    wait "$flood"
    quiet=$(rate quiet) flooded=$(rate flooded)
    echo "| $title | $quiet | $flooded | $(awk "BEGIN { printf \"%.0f %%\", 100 * $flooded / $quiet }") |" \
      "$(p99 quiet) | $(p99 flooded) | $(failed flooded) |" \
      "$(awk -v s="$((seconds + 3))" '/requests in/ { all = $1 } /Non-2xx/ { bad = $NF } END { printf "%.0f | %.0f", (all - bad) / s, bad / s }' "$folder/flood") |" \
      "$(resident) |"
  done
  kill "$pid"
  wait "$pid" || true
  pid=''
}

echo "| | reads/s, quiet | flooded | ratio | p99 quiet, ms | flooded, ms | failed | hashed/s | refused/s (503, 429) | resident, MiB |"
echo "|---|---|---|---|---|---|---|---|---|---|"
unbounded=(--accounts.password.hashing.at-once=1000 --accounts.password.hashing.patience=1h)
# As if each came from an address of its own
allowed=1000000
run 'platform threads' "$java"
run 'platform threads, no bound' "$java" "${unbounded[@]}"
run 'virtual threads' "$virtual" --spring.threads.virtual.enabled=true
run 'virtual threads, no bound' "$virtual" --spring.threads.virtual.enabled=true "${unbounded[@]}"
allowed=100
run 'platform threads, throttled' "$java"
run 'virtual threads, throttled' "$virtual" --spring.threads.virtual.enabled=true
