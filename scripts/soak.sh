#!/usr/bin/env bash
# Kills servers and uploaders with -9 at random moments, under load, and counts what was lost.
set -euo pipefail

usage() {
  cat <<'U'
Usage: scripts/soak.sh [--minutes N] [--seed N]

Round after round, one directory is uploaded to a server while both are killed
with -9 at random moments and started again; the upload is run until it says
exit 0. Then the bag is checked with sha256sum and compared with the source.

  --minutes N  How long, about (default: 5).
  --seed N     Of the random moments (default: the time); printed, to run it again.

Exit: 0 when nothing was lost, doubled or falsely called done; 1 otherwise.
U
}

minutes=5
seed=$(date +%s)
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=$2 && shift 2 ;;
    --seed) seed=$2 && shift 2 ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

here=$(cd "$(dirname "$0")" && pwd)
"$here/archive" --version >/dev/null # builds it once
program=$here/../target/archive
work=$(mktemp -d)
export XDG_STATE_HOME=$work/state
RANDOM=$((seed % 32768))
echo "seed $seed"

server=
port=
client=
start_server() {
  : >"$work/server.out"
  "$program" serve --root "$work/root" --listen "127.0.0.1:${port:-0}" >"$work/server.out" 2>>"$work/server.err" &
  server=$!
  until grep -q '^listening on ' "$work/server.out"; do
    kill -0 "$server" 2>/dev/null || { echo "the server did not start:" && tail -3 "$work/server.err" && exit 1; }
    sleep 0.05
  done
  port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$work/server.out")
}
kill_hard() {
  kill -9 "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
cleanup() {
  [ -z "$client" ] || kill_hard "$client"
  [ -z "$server" ] || kill_hard "$server"
  rm -rf "$work"
}
trap cleanup EXIT

rounds=0 server_kills=0 client_kills=0 false_successes=0 lost=0 doubled=0 other_exits=0
end=$((SECONDS + minutes * 60))
start_server
while [ $SECONDS -lt $end ]; do
  rounds=$((rounds + 1))
  tree=$work/tree-$rounds
  mkdir "$tree"
  for ((i = 0; i < 200; i++)); do
    head -c $((RANDOM % 8000)) /dev/urandom >"$tree/file $i"
  done
  head -c 25000000 /dev/urandom >"$tree/large"
  while :; do
    "$program" upload --json --timeout 5m --server "http://127.0.0.1:$port" "$tree" >"$work/out" 2>"$work/err" &
    client=$!
    # At most six kills a round, so that every round comes to its end.
    killed=false
    if [ $((RANDOM % 7)) -gt 0 ]; then
      sleep "$((RANDOM % 3)).$((RANDOM % 1000 + 1000))"
      case $((RANDOM % 3)) in
        0) kill_hard "$client" && killed=true && client_kills=$((client_kills + 1)) ;;
        1) kill_hard "$server" && server_kills=$((server_kills + 1)) && start_server ;;
        2)
          kill_hard "$server" && server_kills=$((server_kills + 1))
          kill_hard "$client" && killed=true && client_kills=$((client_kills + 1))
          start_server
          ;;
      esac
    fi
    if $killed; then
      client=
      continue
    fi
    code=0
    wait "$client" || code=$?
    client=
    case $code in
      0) break ;;
      5) ;;
      *) other_exits=$((other_exits + 1)) && echo "round $rounds: exit $code: $(tail -1 "$work/err")" ;;
    esac
  done
  batch=$(sed -n 's/.*"event":"receipt","batch_id":"\([^"]*\)".*/\1/p' "$work/out")
  bag=$work/root/batches/$batch
  if ! (cd "$bag" && sha256sum -c --quiet manifest-sha256.txt >/dev/null 2>&1); then
    false_successes=$((false_successes + 1)) && echo "round $rounds: the bag of $batch is not valid"
  fi
  if ! diff -r "$tree" "$bag/data" >/dev/null; then
    lost=$((lost + 1)) && echo "round $rounds: $batch differs from its source"
  fi
  if [ "$(wc -l <"$bag/manifest-sha256.txt")" -ne 201 ]; then
    doubled=$((doubled + 1)) && echo "round $rounds: $batch does not hold 201 files"
  fi
  rm -rf "$tree" "$bag/data"
done
echo "$rounds rounds, $server_kills kills of the server, $client_kills of the uploader"
echo "false successes $false_successes, batches that lost files $lost, with other counts $doubled, other exits $other_exits"
[ $((false_successes + lost + doubled + other_exits)) -eq 0 ]
