#!/usr/bin/env bash
# Uploads batches of more and more small files and measures whether a file's cost grows with them.
set -euo pipefail
export LC_ALL=C

usage() {
  cat <<'U'
Usage: scripts/bench-scale.sh [--max N] [--heap SIZE] [--work DIR] [--out DIR]

One batch each of 1,000, 10,000, 100,000 and 1,000,000 files of 100 to 1,000
bytes, in directories of 1,000, goes by `archive upload` to an `archive serve`
with an empty root. Both processes have the same small heap.

  --max N      Stop after the batch of N files (default: 1000000).
  --heap SIZE  Of each of the two Java processes (default: 256m).
  --work DIR   Where trees, roots and state go: 10 KB for each file in all
               (default: a new directory in /var/tmp). Removed at the end.
  --out DIR    Where bench-scale.json and bench-scale.svg go (default: target).

What is measured:
  cost     From the times at which the server recorded the files (completed_at,
           in the order of their versions). Of the first 1,000: since the batch
           was opened. Of the last 1,000 and the last tenth: since the file before.
  ratio    Cost of the last 1,000 to that of the first 1,000 of the smallest batch.
  growth   Cost of the last tenth to that of the files from a fifth to a half of
           the same batch, where both processes are warm.
  whole    Wall time of the upload in all: planning, sending, comparing, finalizing.
  CPU      User and system seconds of each process, with its start.
  peak     VmHWM of each process.
  summary  status?summary=true after finalize, by curl, median of 20.

Exit: 0 when every batch ended with exit 0 and holds all its files; 1 otherwise.
What the numbers should be is for the reader: a busy machine shows in all of them.
U
}

max=1000000
heap=256m
work=
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../target
while [ $# -gt 0 ]; do
  case $1 in
    --max) max=$2 && shift 2 ;;
    --heap) heap=$2 && shift 2 ;;
    --work) work=$2 && shift 2 ;;
    --out) out=$2 && shift 2 ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

"$here/archive" --version >/dev/null # builds it once
program=$here/../target/archive
if [ -n "$work" ]; then
  mkdir -p "$work" "$out"
  work=$(mktemp -d "$work/bench-scale.XXXXXX")
else
  mkdir -p "$out"
  work=$(mktemp -d /var/tmp/bench-scale.XXXXXX)
fi
export XDG_STATE_HOME=$work/state ARCHIVE_JAVA_OPTS=-Xmx$heap

server=
client=
stop() {
  [ -z "$1" ] || { kill "$1" 2>/dev/null && wait "$1" 2>/dev/null; } || true
}
cleanup() {
  stop "$client"
  stop "$server"
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

die() {
  echo "bench-scale: $*" >&2
  exit 1
}

# Text files of 100 to 1,000 bytes: tree FILES DIR
tree() {
  awk -v n="$1" -v dir="$2" 'BEGIN { for (i = 0; i < n; i += 1000) printf "%s/box-%04d\n", dir, i / 1000 }' |
    xargs mkdir -p
  awk -v n="$1" -v dir="$2" 'BEGIN {
    srand(1)
    while (length(text) < 1000) text = text sprintf("%08d ", rand() * 100000000)
    for (i = 0; i < n; i++) {
      name = sprintf("%s/box-%04d/letter-%07d.txt", dir, i / 1000, i)
      printf "%07d %s", i, substr(text, 1, 92 + int(rand() * 901)) > name
      close(name)
    }
  }'
}

start_server() {
  : >"$work/server.out"
  "$program" serve --root "$1" --listen 127.0.0.1:0 >"$work/server.out" 2>"$work/server.err" &
  server=$!
  until grep -q '^listening on ' "$work/server.out"; do
    kill -0 "$server" 2>/dev/null || die "the server did not start: $(tail -3 "$work/server.err")"
    sleep 0.05
  done
  url=$(sed -n 's/^listening on //p' "$work/server.out")
}

# Peak resident memory in MiB, and CPU seconds, of a process; nothing once it has ended.
peak() { awk '/^VmHWM/ { printf "%d", $2 / 1024 }' "/proc/$1/status" 2>/dev/null || true; }
ticks=$(getconf CLK_TCK)
cpu() {
  awk -v ticks="$ticks" '{ sub(/.*\) /, ""); printf "%.2f", ($12 + $13) / ticks }' "/proc/$1/stat" 2>/dev/null || true
}

# The event's field in what the client printed: field EVENT NAME
field() { sed -n "s/.*\"event\":\"$1\".*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$work/client.out" | tail -1; }

# For each 1,000 files in the order in which they were recorded: how many so far, seconds since the
# batch was opened.
times() {
  curl -sS "$url/api/batches/$1/status?since=0" | tr '{' '\n' | awk '
    function seconds(iso,   p, y, m) {
      split(iso, p, /[-T:Z]/)
      y = p[1] - (p[2] < 3); m = p[2] + (p[2] < 3 ? 12 : 0)
      return (365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + p[3]) * 86400 \
        + p[4] * 3600 + p[5] * 60 + p[6]
    }
    !opened && match($0, /"created_at":"[^"]*/) {
      opened = 1; zero = seconds(substr($0, RSTART + 14, RLENGTH - 14))
    }
    match($0, /"completed_at":"[^"]*/) {
      done++
      if (done % 1000 == 0)
        printf "%d %.3f\n", done, seconds(substr($0, RSTART + 16, RLENGTH - 16)) - zero
    }'
}

# Milliseconds a file between two counts of files: cost TIMES FROM TO
cost() {
  awk -v from="$2" -v to="$3" '$1 == from { a = $2 } $1 == to { b = $2 }
    END { printf "%.4f", (b - a) * 1000 / (to - from) }' "$1"
}

summary_millis() {
  for _ in $(seq 20); do
    curl -sS -o /dev/null -w '%{time_total}\n' "$url/api/batches/$1/status?summary=true"
  done | sort -n | awk 'NR == 10 { a = $1 } NR == 11 { printf "%.1f", (a + $1) * 500 }'
}

batch() {
  local n=$1 from client_cpu=0 client_peak=0 now status=0
  tree "$n" "$work/tree-$n"
  start_server "$work/root-$n"
  from=$EPOCHREALTIME
  "$program" upload --json --server "$url" "$work/tree-$n" >"$work/client.out" 2>"$work/client.err" &
  client=$!
  while kill -0 "$client" 2>/dev/null; do
    now=$(peak "$client") && client_peak=${now:-$client_peak}
    now=$(cpu "$client") && client_cpu=${now:-$client_cpu}
    sleep 0.1
  done
  wait "$client" || status=$?
  client=
  now=$EPOCHREALTIME
  [ "$status" = 0 ] || die "the upload of $n files ended with exit $status: $(tail -3 "$work/client.err")"
  [ "$(field receipt files)" = "$n" ] || die "the receipt of $n files is another: $(tail -1 "$work/client.out")"
  local id
  id=$(field receipt batch_id)
  [ "$(wc -l <"$work/root-$n/batches/$id/manifest-sha256.txt")" = "$n" ] || die "the bag of $n files is not whole"
  local server_cpu summary
  server_cpu=$(cpu "$server")
  summary=$(summary_millis "$id")
  times "$id" >"$work/times-$n"
  local first last tenth middle
  first=$(cost "$work/times-$n" 0 1000)
  last=$(cost "$work/times-$n" $((n - 1000)) "$n")
  [ "$n" -gt 1000 ] || last=$first
  if [ "$n" -gt 1000 ]; then
    tenth=$(cost "$work/times-$n" $((n - n / 10)) "$n")
    middle=$(cost "$work/times-$n" $((n / 5)) $((n / 2)))
  else # everything is its first thousand
    tenth=$first
    middle=$first
  fi
  [ -n "${base:-}" ] || base=$first
  awk -v n="$n" -v from="$from" -v to="$now" -v first="$first" -v last="$last" -v tenth="$tenth" -v middle="$middle" \
    -v base="$base" -v ccpu="$client_cpu" -v scpu="$server_cpu" -v cpeak="$client_peak" \
    -v speak="$(peak "$server")" -v summary="$summary" 'BEGIN {
      printf "%d %.2f %.3f %.3f %.3f %.2f %.2f %.2f %.2f %d %d %.1f\n", n, to - from, first, last, tenth,
        last / base, tenth / (middle > 0 ? middle : 1), ccpu, scpu, cpeak, speak, summary }' >>"$work/results"
  stop "$server"
  server=
  row "$(tail -1 "$work/results")"
}

heading() {
  printf '%9s %8s | %s | %6s %6s | %s | %s | %s\n' files 'whole s' 'ms/file: first 1000  last 1000  last tenth' ratio growth \
    'CPU s: client  server' 'peak MiB: client  server' 'summary ms'
}
row() {
  # shellcheck disable=SC2086 # a row is a list of words
  printf '%9d %8.1f | %19.3f %10.3f %11.3f | %6.2f %6.2f | %13.1f %7.1f | %16d %7d | %10.1f\n' $1
}

json() {
  awk -v heap="$heap" -v cpus="$(nproc)" 'BEGIN { printf "{\"heap\":\"%s\",\"cpus\":%d,\"batches\":[", heap, cpus }
    { printf "%s\n{\"files\":%d,\"seconds\":%s,\"first_1000_ms\":%s,\"last_1000_ms\":%s,\"last_tenth_ms\":%s,\"ratio\":%s,\"growth\":%s,\"client_cpu_seconds\":%s,\"server_cpu_seconds\":%s,\"client_peak_mib\":%d,\"server_peak_mib\":%d,\"summary_ms\":%s}",
        (NR > 1 ? "," : ""), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 }
    END { print "\n]}" }' "$work/results"
}

# Cost of a file, over how many there were already; both axes logarithmic. Windows of 1,000 files,
# beyond 100,000 files of 10,000.
svg() {
  for n in $sizes; do
    awk -v n="$n" -v step=$((n > 100000 ? 10000 : 1000)) '
      $1 % step == 0 { printf "%d %d %.5f\n", n, $1, ($2 - t) * 1000 / step; t = $2 }' "$work/times-$n"
  done | awk '
    function log10(x) { return log(x) / log(10) }
    { batch[NR] = $1; x[NR] = log10($2); y[NR] = log10($3 > 0.001 ? $3 : 0.001)
      if (NR == 1 || y[NR] < low) low = y[NR]
      if (NR == 1 || y[NR] > high) high = y[NR]
      if (x[NR] > far) far = x[NR] }
    function down(v) { return int(v) - (v < int(v)) }
    function px(v) { return 70 + (v - 3) / (far > 3 ? far - 3 : 1) * 690 }
    function py(v) { return 410 - (v - low) / (high - low) * 370 }
    END {
      low = down(low); high = down(high) + 1
      print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"470\" font-family=\"sans-serif\" font-size=\"13\">"
      print "<rect width=\"800\" height=\"470\" fill=\"white\"/>"
      print "<text x=\"70\" y=\"22\">Milliseconds a file, over the number of files that the batch holds already</text>"
      for (v = low; v <= high; v++) {
        printf "<line x1=\"70\" x2=\"760\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ccc\"/>", py(v), py(v)
        printf "<text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", py(v) + 4, 10 ^ v
      }
      for (v = 3; v <= far + 0.01; v++) {
        printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"40\" y2=\"410\" stroke=\"#eee\"/>", px(v), px(v)
        printf "<text x=\"%.1f\" y=\"430\" text-anchor=\"middle\">%d</text>\n", px(v), 10 ^ v
      }
      split("#1b6ca8 #c05a00 #2c8c3c #8a2be2", colour, " ")
      for (i = 1; i <= NR; i++) {
        if (batch[i] != batch[i - 1]) {
          k++
          printf "%s<text x=\"%d\" y=\"455\" fill=\"%s\">batch of %d</text>\n", (k > 1 ? "\"/>\n" : ""), 70 + (k - 1) * 180, colour[k], batch[i]
          printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", px(x[i]), py(y[i]), colour[k]
          printf "<polyline fill=\"none\" stroke=\"%s\" points=\"", colour[k]
        }
        printf "%.1f,%.1f ", px(x[i]), py(y[i])
      }
      print "\"/>\n</svg>"
    }'
}

: >"$work/results"
sizes=
echo "heap $heap, $(nproc) CPUs, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
heading
for n in 1000 10000 100000 1000000; do
  [ "$n" -le "$max" ] || break
  batch "$n"
  sizes="$sizes $n"
done
[ -n "$sizes" ] || die "--max is less than the smallest batch, 1000"
json >"$out/bench-scale.json"
svg >"$out/bench-scale.svg"
echo "written: $out/bench-scale.json, $out/bench-scale.svg"
