#!/usr/bin/env bash
# Time from the start to the first answered request, the processor's time for that, and resident memory after 1,000
# requests, as a table: of the launcher, of the plain jar, and of a bare embedded Tomcat with the launcher's options,
# which is the floor. Medians of ROUNDS (5) alternating rounds; each start but the first finds its database.
# Usage: src/test/bench/start.sh [JAVA_HOME ...], after `./mvnw package`
set -euo pipefail
cd "$(dirname "$0")/../../.."
readonly jar=$PWD/target/accounts.jar port=5190 rounds=${ROUNDS:-5}
readonly url=http://127.0.0.1:$port
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SERVER_PORT=$port

median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

listens() { { exec 3<>/dev/tcp/127.0.0.1/$port; } 2>/dev/null; }

# once NAME COMMAND...: adds a line to the file of that name
once() {
  local name=$1 pid began answered ticks token=''
  local json='Content-Type: application/json' login='"email": "a@example.com", "password": "1234"}'
  shift
  mkdir -p "$work/$name.d"
  began=$(date +%s%N)
  (cd "$work/$name.d" && exec "$@" >log 2>&1) &
  pid=$!
  # Asking with a program of its own each time would take a core. The service listens for a moment before it starts
  until listens && curl -so /dev/null -m 10 $url/users/; do
    kill -0 $pid || { cat "$work/$name.d/log"; exit 1; }
    read -rt 0.005 <> <(:) || true
  done
  answered=$(date +%s%N)
  ticks=$(awk '{ print $14 + $15 }' /proc/$pid/stat)
  if [[ $name != floor* ]]; then
    curl -so /dev/null -m 10 $url/users/ -H "$json" -d '{"first_name": "A", "last_name": "B", '"$login"
    token=$(curl -s -m 10 $url/auth/get-token/ -H "$json" -d "{$login" | sed 's/.*"token":"\([^"]*\)".*/\1/')
  fi
  seq 1000 | sed "s|.*|url = $url/users/1/\noutput = /dev/null|" | curl -sf -H "Authorization: $token" -K -
  echo "$(((answered - began) / 1000000)) $((ticks * 1000 / $(getconf CLK_TCK)))" \
    "$(awk '/VmRSS/ { print int($2 / 1024) }' /proc/$pid/status)" >>"$work/$name"
  kill $pid
  wait $pid || true
}

figure() { cut -d' ' -f"$2" "$work/$1" | median; }

echo '| | start, ms | of the floor | of the jar | processor, ms | resident, MiB |'
echo '|---|---|---|---|---|---|'
number=0
for home in "${@:-${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}}"; do
  export JAVA_HOME=$home
  number=$((number + 1))
  # An archive is good for the Java that made it
  "$home/bin/java" src/main/launcher/Assemble.java "$jar" src/main/launcher/accounts "$work/accounts$number"
  classes=$(echo "$work/accounts$number"/lib/{tomcat-embed-core,jakarta.annotation-api}-*.jar | tr ' ' :)
  "$home/bin/javac" -nowarn -XDsuppressNotes -cp "$classes" -d "$work/$number" src/test/bench/Ceiling.java
  # The launcher's options but its archive, as it would give them to this Java
  mkdir -p "$work/java$number/bin"
  cp "$home/release" "$work/java$number"
  printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$work/java$number/bin/java"
  chmod +x "$work/java$number/bin/java"
  options=$(JAVA_HOME=$work/java$number "$work/accounts$number/accounts" | grep -E '^-X' | grep -vE 'AOTCache|SharedArchive')
  for _ in $(seq $rounds); do
    # shellcheck disable=SC2086
    once floor$number "$home/bin/java" $options -cp "$classes:$work/$number" Ceiling "$work" $port
    once jar$number "$home/bin/java" -jar "$jar"
    once launcher$number "$work/accounts$number/accounts"
  done
  jdk=$("$home/bin/java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/JDK \1/p')
  for name in floor jar launcher; do
    awk -v name="$jdk, $name" -v ms="$(figure $name$number 1)" -v floor="$(figure floor$number 1)" \
      -v jar="$(figure jar$number 1)" -v cpu="$(figure $name$number 2)" -v rss="$(figure $name$number 3)" \
      'BEGIN { printf "| %s | %d | %.2f | %.2f | %d | %d |\n", name, ms, ms / floor, ms / jar, cpu, rss }'
  done
done
