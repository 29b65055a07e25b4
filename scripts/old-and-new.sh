#!/usr/bin/env bash
# Tries the build before and this one with each other: each client with each server, each root opened by the other build, and each
# interrupted run resumed by the other. Each pair must work exactly, or refuse in words and change nothing.
#   scripts/old-and-new.sh OLD [NEW]     two programs; NEW is target/archive unless named
# Exit 0: all as it must be; 1: not, and the lines that begin with "wrong" say what. What refuses in words is printed.
set -uo pipefail
old=$(readlink -f "${1:?usage: scripts/old-and-new.sh OLD [NEW]}")
new=$(readlink -f "${2:-$(dirname "$0")/../target/archive}")
work=$(mktemp -d)
export XDG_CACHE_HOME=$work/cache ARCHIVE_HOME=$work/home
server=
wrong=0
trap 'stop; rm -rf "$work"' EXIT

say() { printf '%-8s %s\n' "$1" "$2"; }
fail() {
  say wrong "$1"
  [ -n "${2:-}" ] && sed 's/^/         /' "$2" | head -5
  wrong=1
}
program() { if [ "$1" = old ]; then echo "$old"; else echo "$new"; fi; }

# BUILD ROOT: sets url, or fails with the reason in $work/serve.err
start() {
  rm -f "$work/serve.out"
  "$(program "$1")" serve --root "$2" --listen 127.0.0.1:0 >"$work/serve.out" 2>"$work/serve.err" &
  server=$!
  for _ in $(seq 600); do
    url=$(sed -n 's/^listening on //p' "$work/serve.out" 2>/dev/null)
    [ -n "$url" ] && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  stop
  return 1
}
stop() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server=
  fi
}

# Whether a failure has words of ours, and no stack trace.
in_words() { grep -q '^archive: ' "$1" && ! grep -q '^[[:space:]]*at [a-z.]*(' "$1"; }

# BUILD STATE [ARG...]: runs a command of a client
client() {
  local build=$1 state=$2
  shift 2
  XDG_STATE_HOME=$state "$(program "$build")" "$@" >"$work/out" 2>"$work/err"
}

# ROOT BATCH: the bag is right by sha256sum
bag() { (cd "$1/batches/$2" && sha256sum -c --quiet manifest-sha256.txt && sha256sum -c --quiet tagmanifest-sha256.txt) >"$work/bag" 2>&1; }

tree=$work/tree
mkdir -p "$tree/box/with blanks" "$tree/$(printf '\303\274')"
for i in $(seq 60); do head -c $((i * 37)) /dev/urandom >"$tree/box/letter $i"; done
head -c $((6 << 20)) /dev/urandom >"$tree/film"
: >"$tree/box/with blanks/empty"
ln -s ../film "$tree/box/link"
echo x >"$tree/$(printf '\303\274')/# +&"

for c in old new; do
  for s in old new; do
    root=$work/root-$c-$s
    start "$s" "$root" || { fail "$s server does not start" "$work/serve.err"; continue; }
    if client "$c" "$work/state-$c-$s" upload --server "$url" "$tree"; then
      batch=$(awk '/^receipt/ { print $3 }' "$work/out")
      client "$c" "$work/state-$c-$s" verify --server "$url" "$batch" "$tree" || fail "$c client cannot verify at $s server" "$work/err"
      bag "$root" "$batch" || fail "bag of $c client at $s server" "$work/bag"
      say works "$c client, $s server"
    else
      fail "$c client at $s server: exit $?" "$work/err"
    fi
    stop
  done
done

for from in old new; do
  to=$([ $from = old ] && echo new || echo old)
  root=$work/root-$from-$from
  before=$(find "$root/batches" -mindepth 1 -maxdepth 1)
  if start "$to" "$root"; then
    mkdir -p "$work/more" && date >"$work/more/date"
    client "$to" "$work/state-more" upload --server "$url" "$work/more" || fail "$to server on the root of $from" "$work/err"
    stop
    client "$to" "$work/state-more" audit --root "$root" || fail "$to audit of the root of $from" "$work/err"
    say works "root of $from, opened by $to"
  elif in_words "$work/serve.err"; then
    say refuses "root of $from, opened by $to: $(tail -1 "$work/serve.err")"
  else
    fail "root of $from, opened by $to: no words" "$work/serve.err"
  fi
  [ -d "$before" ] || fail "$to server lost a batch of $from"
  if start "$from" "$root"; then
    say works "root of $from, opened by $from again"
    stop
  elif in_words "$work/serve.err"; then
    say refuses "root of $from, after $to: $(tail -1 "$work/serve.err")"
  else
    fail "root of $from, after $to" "$work/serve.err"
  fi
done

large=$work/large
mkdir "$large"
for i in $(seq 40); do head -c $((3 << 20)) /dev/urandom >"$large/$i"; done
for from in old new; do
  to=$([ $from = old ] && echo new || echo old)
  for s in old new; do
    root=$work/resumed-$from-$s
    state=$work/state-resumed-$from-$s
    start "$s" "$root" || { fail "$s server does not start" "$work/serve.err"; continue; }
    XDG_STATE_HOME=$state "$(program "$from")" upload --quiet --parallel 1 --server "$url" "$large" >/dev/null 2>&1 &
    run=$!
    # Until some files are there, and not all.
    for _ in $(seq 3000); do
      [ "$(find "$root/batches" -type f -path '*/data/*' 2>/dev/null | wc -l)" -ge 3 ] && break
      kill -0 $run 2>/dev/null || break
      sleep 0.02
    done
    kill -9 $run 2>/dev/null
    wait $run 2>/dev/null
    held=$(find "$root/batches" -type f -path '*/data/*' | wc -l)
    [ "$held" -lt 40 ] || fail "the run of $from was too fast to be interrupted"
    if client "$to" "$state" upload --server "$url" "$large"; then
      batch=$(awk '/^receipt/ { print $3 }' "$work/out")
      bag "$root" "$batch" || fail "bag of a run of $from, resumed by $to at $s server" "$work/bag"
      [ "$(find "$root/batches" -mindepth 1 -maxdepth 1 | wc -l)" = 1 ] || fail "run of $from, resumed by $to at $s server: more than one batch"
      say works "run of $from, killed with $held of 40 files, resumed by $to at $s server"
    elif in_words "$work/err"; then
      say refuses "run of $from, resumed by $to at $s server: $(tail -1 "$work/err")"
    else
      fail "run of $from, resumed by $to at $s server: no words" "$work/err"
    fi
    stop
  done
done
exit $wrong
