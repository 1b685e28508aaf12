#!/usr/bin/env bash
# Requests a second of GET /users/1/ with a token, from two jars by turns: medians of five rounds and their ratio.
# Usage: src/test/bench/compare.sh BEFORE.jar AFTER.jar [JAVA]      (needs wrk)
set -euo pipefail
java=${3:-java}
folder=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}"; rm -rf "$folder"' EXIT

start() { # NAME JAR PORT
  local url=http://127.0.0.1:$3 json='Content-Type: application/json'
  SERVER_PORT=$3 SPRING_DATASOURCE_URL=jdbc:sqlite:$folder/$1.sqlite3 "$java" -jar "$2" > "$folder/$1.log" 2>&1 &
  pids+=($!)
  until curl -so /dev/null -m 1 "$url/users/"; do sleep 0.1; done
  curl -s -m 10 -o /dev/null "$url/users/" -H "$json" \
    -d '{"first_name": "A", "last_name": "B", "email": "a@example.com", "password": "1234"}'
  curl -s -m 10 "$url/auth/get-token/" -H "$json" -d '{"email": "a@example.com", "password": "1234"}' |
    sed 's/.*"token":"\([^"]*\)".*/\1/' > "$folder/$1.token"
}

load() { # NAME PORT SECONDS
  wrk -t1 -c32 -d"$3" -H "Authorization: $(cat "$folder/$1.token")" "http://127.0.0.1:$2/users/1/" > "$folder/wrk"
  if grep -q 'Non-2xx' "$folder/wrk"; then cat "$folder/wrk" >&2; exit 1; fi
  sed -n 's/^Requests\/sec: *//p' "$folder/wrk"
}

start before "$1" 5191
start after "$2" 5192
for _ in 1 2; do load before 5191 15 > /dev/null; load after 5192 15 > /dev/null; done
for _ in 1 2 3 4 5; do
  load before 5191 8 >> "$folder/before.rates"
  load after 5192 8 >> "$folder/after.rates"
done
before=$(sort -n "$folder/before.rates" | sed -n 3p)
after=$(sort -n "$folder/after.rates" | sed -n 3p)
echo "before $before/s ($(sort -n "$folder/before.rates" | tr '\n' ' ')), after $after/s ($(sort -n "$folder/after.rates" | tr '\n' ' '))"
awk "BEGIN { printf \"ratio %.2f\n\", $after / $before }"
