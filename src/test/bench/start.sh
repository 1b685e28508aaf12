#!/usr/bin/env bash
# Time from `java -jar` to the first answered request, and resident memory after 1,000 requests: medians of five.
# Usage: src/test/bench/start.sh target/accounts.jar [JAVA ...]
set -euo pipefail
jar=$(realpath "$1")
shift
port=5190
url=http://127.0.0.1:$port

median() { sort -n | sed -n 3p; }

once() {
  local folder pid began answered
  folder=$(mktemp -d)
  began=$(date +%s%N)
  SERVER_PORT=$port SPRING_DATASOURCE_URL=jdbc:sqlite:$folder/db.sqlite3 "$1" -jar "$jar" > "$folder/log" 2>&1 &
  pid=$!
  until curl -so /dev/null -m 1 $url/users/; do sleep 0.01; done
  answered=$(date +%s%N)
  curl -s -m 10 -o /dev/null $url/users/ -H 'Content-Type: application/json' \
    -d '{"first_name": "A", "last_name": "B", "email": "a@example.com", "password": "1234"}'
  local token
  token=$(curl -s -m 10 $url/auth/get-token/ -H 'Content-Type: application/json' \
    -d '{"email": "a@example.com", "password": "1234"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  seq 1000 | sed "s|.*|url = $url/users/1/\noutput = /dev/null|" | curl -sf -H "Authorization: $token" -K -
  echo "$(((answered - began) / 1000000)) $(awk '/VmRSS/ { print int($2 / 1024) }' /proc/$pid/status)"
  kill $pid
  wait $pid || true
  rm -rf "$folder"
}

for java in "${@:-java}"; do
  runs=$(for _ in 1 2 3 4 5; do once "$java"; done)
  echo "$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/JDK \1/p'):" \
    "$(cut -d' ' -f1 <<< "$runs" | median) ms to the first answer," \
    "$(cut -d' ' -f2 <<< "$runs" | median) MiB after 1,000 requests"
done
