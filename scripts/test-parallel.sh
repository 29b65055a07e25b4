#!/usr/bin/env bash
# The regression test for parallel uploads: many files of one batch at the same moment must all arrive.
set -euo pipefail

script=$(readlink -f "$0" 2>/dev/null || echo "$0")
home=$(cd "$(dirname "$script")/.." && pwd)
archive=$home/scripts/archive

files=5
runs=1
url=
own_server=
work=
problems=0

usage() {
  cat <<'HELP'
Usage: scripts/test-parallel.sh [--files N] [--runs N] [URL]

Uploads N files of one batch at the same moment, twice in each run: with curl
(all files/start at once, all PUTs at once, all files/complete at once, then
finalize), and with `archive upload --parallel N`. A run passes when both end with
  "files_uploaded": N
  "status": "enqueued"

  --files N  Files in a batch, from 1 to 256 (default: 5).
  --runs N   Runs, one after another (default: 1).
  URL        The ingest server to test. Without one, the script starts a server
             of its own on a free port of 127.0.0.1 and removes it afterwards.

Exit: 0 when every run passed, 1 when one failed, 2 for wrong usage.
HELP
}

die() {
  echo "test-parallel: $2" >&2
  exit "$1"
}

number() { # OPTION VALUE LARGEST
  case $2 in
    '' | 0* | *[!0-9]* | ???????*) ;;
    *) if [ "$2" -le "$3" ]; then return 0; fi ;;
  esac
  die 2 "$1 is a number from 1 to $3, not '$2' (see --help)"
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --files=* | --runs=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
      --files)
        number "$1" "${2:-}" 256
        files=$2
        shift 2
        ;;
      --runs)
        number "$1" "${2:-}" 999999
        runs=$2
        shift 2
        ;;
      http://?* | https://?*)
        [ -z "$url" ] || die 2 "one URL, not two (see --help)"
        url=${1%/}
        shift
        ;;
      *) die 2 "what is '$1'? (see --help)" ;;
    esac
  done
}

# --- the server ---

start_server() {
  # curl would send even this through a proxy of the environment.
  export no_proxy="127.0.0.1${no_proxy:+,$no_proxy}"
  "$archive" serve --root "$work/root" --listen 127.0.0.1:0 >server.out 2>server.err &
  own_server=$!
  local waited=0
  while [ ! -s server.out ]; do
    if ! kill -0 "$own_server" 2>/dev/null || [ "$waited" -ge 600 ]; then
      cat server.err >&2
      die 1 "the server did not start, see above; nothing was tested"
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
  url=$(sed -n '1s/^listening on //p' server.out)
  [ -n "$url" ] || die 1 "the server's first line is not 'listening on URL': $(cat server.out)"
}

stop_server() {
  [ -n "$own_server" ] || return 0
  kill -TERM "$own_server" 2>/dev/null || true
  local waited=0
  while kill -0 "$own_server" 2>/dev/null; do
    if [ "$waited" -eq 100 ]; then
      echo "test-parallel: the server did not end within 10 seconds of TERM: killed" >&2
      kill -KILL "$own_server" 2>/dev/null || true
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
  wait "$own_server" 2>/dev/null || true
  own_server=
}

clean_up() {
  stop_server
  cd /
  [ -z "$work" ] || rm -rf "$work"
}

# --- answers ---

field() { # NAME FILE: the first value of that name in a JSON file, without quotes
  awk -v name="$1" '
    { text = text $0 }
    END {
      if (!match(text, "\"" name "\" *: *")) exit
      rest = substr(text, RSTART + RLENGTH)
      if (rest ~ /^"/) { match(rest, /^"[^"]*"/); value = substr(rest, 2, RLENGTH - 2) }
      else { match(rest, /^[^],} ]*/); value = substr(rest, 1, RLENGTH) }
      gsub(/\\u0026/, "\\&", value)
      gsub(/\\\//, "/", value)
      print value
    }' "$2" 2>/dev/null || true
}

http_status() { # CALL: the status of its last answer
  awk '/^HTTP\// { code = $2 } END { print code }' "$1.head" 2>/dev/null || true
}

problem() {
  problems=$((problems + 1))
  echo "  FAILED: $1" >&2
}

answered() { # CALL STATUS WHAT: whether the call was answered so
  local got
  got=$(http_status "$1")
  [ "$got" != "$2" ] || return 0
  problem "$3: ${got:-no answer} $(head -c 300 "$1.answer" 2>/dev/null || true)"
  return 1
}

# A server of ours says "enqueued". Others may say other things when a batch was accepted.
accepted() { # STATUS WHEN
  case $ours:$2:$1 in
    *:enqueued) return 0 ;;
    no:*:discovery | no:*:preprocessing) return 0 ;;
    no:later:processing | no:later:completed) return 0 ;;
    *) return 1 ;;
  esac
}

print_facts() { # FILES-UPLOADED STATUS
  printf '  "files_uploaded": %s\n  "status": "%s"\n' "$1" "$2"
}

judge() { # ANSWER-FILE WHEN: prints what it says of the batch, and whether that is all of it
  local uploaded status
  uploaded=$(field files_uploaded "$1")
  status=$(field status "$1")
  print_facts "${uploaded:-none}" "${status:-none}"
  [ "$uploaded" = "$files" ] || problem "files_uploaded is ${uploaded:-missing}, not $files"
  accepted "$status" "$2" || problem "status is ${status:-missing}, not enqueued"
}

# --- calls ---

request() { # CALL curl-arguments...: one call; its answer is in CALL.answer
  local name=$1
  shift
  rm -f "$name.answer" "$name.head"
  curl -q --silent --show-error --globoff --connect-timeout 10 --max-time 120 \
    --dump-header "$name.head" --output "$name.answer" "$@" || true
}

also_call() { # CALL URL OPTION-LINE...: adds a call to those that will go at once
  local name=$1 target=$2
  shift 2
  if [ -s at-once ]; then
    echo next >>at-once
  fi
  {
    printf '%s = "%s"\n' url "$target" output "$name.answer" dump-header "$name.head"
    printf '%s\n' globoff 'connect-timeout = 10' 'max-time = 120' "$@"
  } >>at-once
}

also_post() { # CALL PATH: a JSON call, its body in CALL.request
  also_call "$1" "$url/api/batches/$batch/$2" \
    'header = "Content-Type: application/json"' "data-binary = \"@$1.request\""
}

# One curl sends them all: as many processes would start one after another, and hardly overlap.
send_at_once() {
  if [ -s at-once ]; then
    curl -q --no-progress-meter --parallel --parallel-immediate --parallel-max "$files" \
      --config at-once || true
  fi
  rm -f at-once
}

# --- the two uploads ---

make_files() { # RUN
  rm -rf files
  mkdir files
  local n
  total=0
  for n in $(seq "$files"); do
    awk -v run="$1" -v n="$n" \
      'BEGIN { for (i = 0; i < 50 * n; i++) print "run", run, "file", n, "line", i }' \
      >"files/file$n.txt"
    total=$((total + $(size "$n")))
  done
}

size() {
  wc -c <"files/file$1.txt" | tr -d ' '
}

with_curl() {
  local n r2_key sent
  rm -f ./*.answer ./*.head ./*.request
  request init "$url/api/batches/init" --header 'Content-Type: application/json' --data-binary \
    "{\"uploader\":\"test-parallel\",\"root_path\":\"/test-parallel\",\"file_count\":$files,\"total_size\":$total}"
  answered init 201 init || return 0
  batch=$(field batch_id init.answer)

  for n in $(seq "$files"); do
    printf '{"file_name":"file%s.txt","file_size":%s,"logical_path":"/file%s.txt","content_type":"text/plain","processing_config":{"ocr":true,"describe":true,"pinax":true}}' \
      "$n" "$(size "$n")" "$n" >"start.$n.request"
    also_post "start.$n" files/start
  done
  send_at_once

  for n in $(seq "$files"); do
    if answered "start.$n" 200 "files/start of file$n.txt"; then
      also_call "put.$n" "$(field presigned_url "start.$n.answer")" \
        'header = "Content-Type: text/plain"' "upload-file = \"files/file$n.txt\""
    fi
  done
  send_at_once

  for n in $(seq "$files"); do
    if [ "$(http_status "start.$n")" = 200 ] && answered "put.$n" 200 "the PUT of file$n.txt"; then
      r2_key=$(field r2_key "start.$n.answer")
      printf '{"r2_key":"%s"}' "$r2_key" >"complete.$n.request"
      also_post "complete.$n" files/complete
    fi
  done
  send_at_once

  for n in $(seq "$files"); do
    if [ -e "complete.$n.request" ] \
      && answered "complete.$n" 200 "files/complete of file$n.txt"; then
      sent=$(sha256sum <"files/file$n.txt" | cut -d ' ' -f 1)
      case $(field sha256 "complete.$n.answer") in
        "$sent") ;;
        '') [ "$ours" = no ] || problem "files/complete of file$n.txt tells no sha256" ;;
        *) problem "the server holds other bytes of file$n.txt" ;;
      esac
    fi
  done

  request finalize --request POST "$url/api/batches/$batch/finalize"
  answered finalize 200 finalize || return 0
  echo "  $(cat finalize.answer)"
  judge finalize.answer now
}

with_archive() {
  local receipt exit=0
  "$archive" upload --parallel "$files" --json --state-dir "$work/state" --uploader test-parallel \
    --root-path /test-parallel --server "$url" files >upload.out 2>upload.err || exit=$?
  if [ "$exit" -ne 0 ]; then
    problem "archive upload ended with $exit: $(tail -n 3 upload.err)"
    return 0
  fi
  receipt=$(grep '"event":"receipt"' upload.out || true)
  if [ -z "$receipt" ]; then
    problem "archive upload printed no receipt"
    return 0
  fi
  echo "  $receipt"
  echo "$receipt" >receipt
  [ "$(field files receipt)" = "$files" ] || problem "the receipt is not of $files files"
  accepted "$(field status receipt)" now || problem "the receipt's status is not enqueued"

  request status "$url/api/batches/$(field batch_id receipt)/status?summary=true"
  if [ "$ours" = no ] && [ "$(http_status status)" = 404 ] \
    && [ "$(field error status.answer)" = "Not found" ]; then
    # The first deployments have no such call: the receipt is what the client proved without it.
    print_facts "$(field files receipt)" "$(field status receipt)"
    echo "  (by the receipt: this server does not tell a batch's status)"
  elif answered status 200 status; then
    judge status.answer later
  fi
}

# --- all of it ---

read_options "$@"
work=$(mktemp -d "${TMPDIR:-/tmp}/test-parallel.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(cd "$work" && pwd)
cd "$work"
"$archive" --version >/dev/null || die 1 "archive could not be built; nothing was tested"
[ -n "$url" ] || start_server
request service "$url/"
answered service 200 "GET /" || die 1 "no ingest server answers at $url; nothing was tested"
ours=no
if [ -n "$own_server" ] || grep -q '"versions"' service.answer; then
  ours=yes
fi

passed=0
failed=0
for run in $(seq "$runs"); do
  problems=0
  make_files "$run"
  echo "run $run of $runs: $files files at once with curl"
  with_curl
  echo "run $run of $runs: $files files with archive upload --parallel $files"
  with_archive
  if [ "$problems" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done

if [ "$failed" -gt 0 ] && [ -s server.err ]; then
  echo "the server's last words:" >&2
  tail -n 20 server.err >&2
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
