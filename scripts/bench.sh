#!/usr/bin/env bash
# Measures archive against what people use instead, in one run on one machine.
#
# Every contender of a workload runs once unmeasured, then all of them in turn, N times. Each run
# has a fresh directory; what earlier runs wrote stays until the end, because ext4 creates files up
# to ten times slower where many were removed within the last minutes (only workloads of few large
# files remove their results, for the room). Sources are in the page cache; before each run all is
# synced. Servers live through a workload, as they do in life: where a workload has many files, the one
# of archive has taken some uploads before anything is measured, for Java gets faster (2,000 files take
# it 1.1 s of the processor at first, 0.5 s after the second upload and 0.12 s after the thirtieth). The
# first of them is shown as archive.cold.
#
# Free memory is filled with cached pages before each run. A virtual machine may give pages that were
# free for two seconds back to its host, and then pays for each anew: 4 GiB were copied in 2.4 s after
# others of that size had been deleted, and in 7 s a while later.
#
# rclone asks three times for a file (MKCOL, PUT, PROPFIND), and its WebDAV client starts one call each
# 10 ms, whatever the server does: 10,000 files take it at least 300 s. From 1.63 on that can be turned
# off (--webdav-pacer-min-sleep), and is here; older ones take part with large files only.
#
# What was tried, and what it gave, is in src/site/markdown/performance.md.
set -euo pipefail
export LC_ALL=C.UTF-8 TIMEFORMAT=

workloads='small medium large huge jdk far start'

usage() {
  cat <<U
Usage: scripts/bench.sh [--runs N] [--workload NAME]... [--parallel N] [--json FILE] [--quick]

Prints medians of seconds, CPU seconds and peak memory of both sides, the ratios
of the medians, and which targets are met.

  --runs N         Measured runs of each contender (default: 5).
  --workload NAME  One of: $workloads
                   (default: all of them; may be given more than once).
  --parallel N     Files in flight, for everything that can be told (default: 5).
  --json FILE      Also write every run, the ratios and the targets to FILE.
  --quick          Few and small files, 2 runs: whether it works, not how fast.
  --before FILE    Compare with another build of archive, and with nothing else: the
                   CPU of both sides together must be at most 1.05 times as much.
  --directory DIR  Where to work (default: TMPDIR or /var/tmp); 30 GiB for all.

  small   10,000 files of 4 KiB          medium  1,000 files of 100 KiB
  large   100 files of 10 MiB            huge    one file of 4 GiB
  jdk     the home of the JDK            start   archive --version and archive status
  far     2,000 files of 4 KiB, 50 ms for each round trip

archive  archive upload to archive serve, new state and a new batch each time
         (archive.cold: the first upload to a server that has just started)
plain    the same server by start, PUT and complete for each file, and nothing else
rsync    rsync -a --fsync to an rsync daemon
restic   restic backup to a new local repository
rclone   rclone copy to rclone serve webdav
floor    cp -r, sync, then openssl dgst -sha256 of all

Needs Linux, a JDK and, for each comparison, the tool: what is missing is said and left out.
U
}

die() {
  echo "bench: $1" >&2
  exit 2
}

runs=5 parallel=5 json='' quick=false chosen='' before='' base=${TMPDIR:-/var/tmp}
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=${2:-} && shift 2 ;;
    --workload) chosen+=" ${2:-}" && shift 2 ;;
    --parallel) parallel=${2:-} && shift 2 ;;
    --json) json=${2:-} && shift 2 ;;
    --directory) base=${2:-} && shift 2 ;;
    --before) before=$(readlink -f "${2:-}") && shift 2 ;;
    --quick) quick=true && shift ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done
! $quick || runs=2
[[ $runs =~ ^[1-9][0-9]*$ && $parallel =~ ^[1-9][0-9]*$ ]] || die "--runs and --parallel are numbers from 1 on"
for name in $chosen; do
  [[ " $workloads " == *" $name "* ]] || die "there is no workload '$name' (see --help)"
done
[ -r /proc/self/status ] || die "it reads /proc: it needs Linux"
[ -z "$before" ] || "$before" --version >/dev/null || die "cannot run $before"
[ -z "$json" ] || : >"$json" || die "cannot write $json"

here=$(cd "$(dirname "$0")" && pwd)
"$here/archive" --version >/dev/null # builds it once
program=$here/../target/archive
command -v javac >/dev/null || die "it needs a JDK"
JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
export JAVA_HOME
java=$JAVA_HOME/bin/java
work=$(mktemp -d "$base/bench.XXXXXX")
needed=$($quick && echo 2 || echo 30)
[ "$(df -Pk "$work" | awk 'NR == 2 { print int($4 / 1048576) }')" -ge "$needed" ] \
  || echo "less than $needed GiB are free in $base: it may not do (see --directory)" >&2
results=$work/results
touch "$results"
export XDG_CACHE_HOME=$work/cache XDG_STATE_HOME=$work/state RESTIC_PASSWORD=bench
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

# Each process that lives on, with its pid.
declare -A pid=()
clean_up() {
  local each
  for each in "${pid[@]}"; do
    kill "$each" 2>/dev/null || true
  done
  wait
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

missing=
for tool in rsync restic rclone openssl time; do
  command -v "$tool" >/dev/null || missing+=" $tool"
done
if [[ $missing != *rsync* ]] && ! rsync --help | grep -e --fsync >/dev/null; then
  echo "not compared with rsync: this one has no --fsync (3.2.4 or later has)"
  missing+=' rsync'
elif [ -n "$missing" ]; then
  echo "not compared, because not installed:$missing"
fi
has() { # CONTENDER or tool; with --before none of the contenders that are no build of archive
  case $1 in
    before) [ -n "$before" ] ;;
    rsync | restic | rclone | floor | plain) [ -z "$before" ] && [[ $missing != *$1* ]] ;;
    *) [[ $missing != *$1* ]] ;;
  esac
}
[ -z "$before" ] || has time || die "--before needs time (Debian's package time)"
rclone_pace=() slow_rclone=false
if has rclone; then
  if rclone help flags 2>/dev/null | grep -e --webdav-pacer-min-sleep >/dev/null; then
    rclone_pace=(--webdav-pacer-min-sleep 10us)
  else
    echo "rclone: this one starts a WebDAV call each 10 ms: compared for large files only (1.63 or later for all)"
    slow_rclone=true
  fi
fi

# --- measuring ---

ticks=$(getconf CLK_TCK)
server_ticks() { # PID: CPU ticks of it and of its ended children
  local stat
  read -r stat <"/proc/$1/stat"
  # shellcheck disable=SC2086 # the fields behind the name
  set -- ${stat##*) }
  echo $((${12} + ${13} + ${14} + ${15}))
}

filled=0
truncate -s 4T "$work/filler" 2>/dev/null || truncate -s 1T "$work/filler"
fill_memory() { # with pages of a file that takes no room; each is read once
  local free
  free=$(awk '/^MemFree/ { print int($2 / 1024) - 512 }' /proc/meminfo)
  [ "$free" -gt 0 ] || return 0
  dd if="$work/filler" of=/dev/null bs=1M skip="$filled" count="$free" status=none
  filled=$((filled + free))
}

measure() { # CONTENDER SERVER-PID command...: one run; its figures go to the results
  local contender=$1 server=$2 ticks_before=0 server_cpu=- server_peak=- start end user=- system=- peak=- seconds
  shift 2
  local timed=("$@")
  ! has time || timed=("$(command -v time)" -q -o "$work/time" -f '%U %S %M' "$@")
  sync
  fill_memory
  if [ -n "$server" ]; then
    echo 5 >"/proc/$server/clear_refs" 2>/dev/null || true # its peak starts anew
    ticks_before=$(server_ticks "$server")
  fi
  start=${EPOCHREALTIME/./}
  "${timed[@]}" >"$work/out" 2>&1 </dev/null || {
    tail -n 20 "$work/out" >&2
    die "$workload: $contender failed, see above"
  }
  end=${EPOCHREALTIME/./}
  ! has time || read -r user system peak <"$work/time"
  if [ -n "$server" ]; then
    server_cpu=$(awk "BEGIN { print ($(server_ticks "$server") - $ticks_before) / $ticks }")
    server_peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$server/status")
  fi
  seconds=$(awk "BEGIN { print ($end - $start) / 1e6 }")
  [ "$run" -gt 0 ] || return 0
  echo "$workload $contender $run $seconds $user $system $peak $server_cpu $server_peak" >>"$results"
  echo "  $run $contender: $seconds s" >&2
}

# --- servers ---

wait_for() { # FILE PATTERN PID: until a line of the file matches
  local tries=0
  until grep -q "$2" "$1" 2>/dev/null; do
    if ! kill -0 "$3" 2>/dev/null || [ "$tries" -ge 600 ]; then
      tail -n 20 "$1" >&2
      die "a server did not start, see above"
    fi
    sleep 0.1
    tries=$((tries + 1))
  done
}

free_port() {
  local port
  for port in $(shuf -i 20000-32000 -n 20); do
    if ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

start_archive() { # NAME PROGRAM: sets listening to its URL
  "$2" serve --root "$here_work/$1" --listen 127.0.0.1:0 >"$here_work/$1.log" 2>&1 &
  pid[$1]=$!
  wait_for "$here_work/$1.log" '^listening on ' "${pid[$1]}"
  listening=$(sed -n 's/^listening on //p' "$here_work/$1.log")
}

start_servers() {
  mkdir -p "$here_work"
  start_archive archive "$program"
  url=$listening
  if has before; then
    start_archive before "$before"
    url_before=$listening
  fi
  if has rsync; then
    mkdir "$here_work/rsync"
    rsync_port=$(free_port)
    printf '%s\n' 'use chroot = no' "[bench]" "path = $here_work/rsync" 'read only = no' \
      "uid = $(id -u)" "gid = $(id -g)" >"$here_work/rsyncd.conf"
    rsync --daemon --no-detach --address=127.0.0.1 --port="$rsync_port" \
      --config="$here_work/rsyncd.conf" --log-file="$here_work/rsyncd.log" &
    pid[rsync]=$!
    wait_for "$here_work/rsyncd.log" 'starting' "${pid[rsync]}"
  fi
  if has rclone; then
    mkdir "$here_work/rclone"
    rclone_port=$(free_port)
    rclone serve webdav "$here_work/rclone" --addr "127.0.0.1:$rclone_port" \
      --config "$work/rclone.conf" >"$here_work/rclone.log" 2>&1 &
    pid[rclone]=$!
    wait_for "$here_work/rclone.log" 'tarted on' "${pid[rclone]}"
  fi
}

stop_servers() {
  local each
  for each in "${!pid[@]}"; do
    kill "${pid[$each]}" 2>/dev/null || true
    wait "${pid[$each]}" 2>/dev/null || true
    unset "pid[$each]"
  done
}

delayed() { # PORT: starts a proxy to it, and sets proxy_port to its own
  local log
  log=$work/proxy.$1
  "$java" -XX:+UseSerialGC -cp "$work/tools" dev.archive.testing.DelayProxy "$1" 50 >"$log" 2>&1 &
  pid[proxy.$1]=$!
  wait_for "$log" '^[0-9]' "$!"
  proxy_port=$(cat "$log")
}

# --- contenders; each gets the directory of its run ---

run_archive() {
  measure "${2:-archive}" "${pid[archive]}" "$program" upload -q --again --state-dir "$1/state" \
    --server "$url" --parallel "$parallel" "$tree"
}
run_before() {
  measure "${2:-before}" "${pid[before]}" "$before" upload -q --again --state-dir "$1/state" \
    --server "$url_before" --parallel "$parallel" "$tree"
}
run_plain() {
  measure plain "${pid[archive]}" "$java" -XX:+UseSerialGC -cp "$work/tools" \
    dev.archive.testing.PlainUpload "$url" "$tree" "$parallel"
}
run_rsync() {
  measure rsync "${pid[rsync]}" rsync -a --fsync "$tree/" "rsync://127.0.0.1:$rsync_port/bench/$run/"
}
run_restic() {
  restic init --quiet --repo "$1/repository"
  measure restic '' restic backup --quiet --repo "$1/repository" "$tree"
}
run_rclone() {
  measure rclone "${pid[rclone]}" rclone copy --config "$work/rclone.conf" --transfers "$parallel" \
    "${rclone_pace[@]}" --webdav-url "http://127.0.0.1:$rclone_port" "$tree" ":webdav:$run"
}
run_floor() {
  has openssl || return 0
  measure floor.copy '' sh -c "cp -r '$tree' '$1/copy' && sync"
  measure floor.digest '' sh -c "find '$tree' -type f -print0 | xargs -0 openssl dgst -sha256"
  [ "$run" -eq 0 ] || {
    tail -n 2 "$results" >"$work/both"
    awk '{ sum += $4 } END { print $1, "floor", $3, sum, "- - - - -" }' "$work/both" >>"$results"
  }
}

# --- workloads ---

make_tree() { # DIRECTORIES FILES-IN-EACH SIZE
  local i
  tree=$here_work/source
  for ((i = 0; i < $1; i++)); do
    mkdir -p "$tree/$i"
    head -c $(($2 * $3)) /dev/urandom | split -a 4 -d -b "$3" - "$tree/$i/file-"
  done
}

# What files of a run take is given back at once only where they are few and large.
tidy() { # CONTENDER
  case $1 in
    archive | plain) rm -rf "$here_work"/archive/batches/*/data ;;
    before) rm -rf "$here_work"/before/batches/*/data ;;
    rsync | rclone) rm -rf "${here_work:?}/$1/$run" ;;
    *) rm -rf "$there" ;;
  esac
}

compare() { # KEEP|TIDY UPLOADS CONTENDER...: all in turn, each first once in so many runs, after so many uploads
  local keep=$1 uploads=$2 each order
  shift 2
  local contenders=()
  for each in "$@"; do
    ! has "$each" || [ "$each/$keep/$slow_rclone" = rclone/keep/true ] || contenders+=("$each")
  done
  find "$tree" -type f -exec cat {} + >/dev/null
  for ((run = 1; uploads > 0; uploads--, run = 0)); do
    mkdir "$here_work/settle-$uploads"
    run_archive "$here_work/settle-$uploads" archive.cold
    ! has before || {
      mkdir "$here_work/settle-before-$uploads"
      run_before "$here_work/settle-before-$uploads" before.cold
    }
  done
  for ((run = 0; run <= runs; run++)); do
    order=("${contenders[@]:run % ${#contenders[@]}}" "${contenders[@]:0:run % ${#contenders[@]}}")
    for each in "${order[@]}"; do
      there=$here_work/$each-$run
      mkdir "$there"
      "run_$each" "$there"
      [ "$keep" = keep ] || tidy "$each"
    done
  done
}

by_quick() { # USUAL QUICK
  if $quick; then echo "$2"; else echo "$1"; fi
}

workload_small() {
  make_tree "$(by_quick 100 5)" 100 4096
  compare keep "$(by_quick 10 1)" archive before rsync restic rclone floor plain
}
workload_medium() {
  make_tree 10 "$(by_quick 100 10)" 102400
  compare keep "$(by_quick 10 1)" archive before rsync restic rclone floor plain
}
workload_large() {
  make_tree 10 "$(by_quick 10 1)" 10485760
  compare tidy 0 archive before rsync restic rclone floor plain
}
workload_huge() {
  make_tree 1 1 $((1048576 * $(by_quick 4096 64)))
  compare tidy 0 archive before rsync restic floor
}
workload_jdk() {
  tree=$JAVA_HOME
  compare keep "$(by_quick 10 1)" archive before rsync restic rclone floor plain
}
workload_far() {
  make_tree 20 "$(by_quick 100 5)" 4096
  delayed "${url##*:}"
  url=http://127.0.0.1:$proxy_port
  if has before; then
    delayed "${url_before##*:}"
    url_before=http://127.0.0.1:$proxy_port
  fi
  if has rsync; then
    delayed "$rsync_port"
    rsync_port=$proxy_port
  fi
  compare keep "$(by_quick 40 1)" archive before rsync plain
}
workload_start() {
  make_tree 1 1 10
  "$program" upload -q --json --server "$url" "$tree" >"$work/receipt"
  local batch
  batch=$(sed -n 's/.*"event":"receipt","batch_id":"\([^"]*\)".*/\1/p' "$work/receipt")
  local status=("$program" status --server "$url" "$batch")
  for ((run = 0; run <= 4 * runs; run++)); do
    measure jvm '' "$java" -cp "$work/tools" Line
    measure version '' "$program" --version
    measure status '' "${status[@]}"
    # Without the archive of our classes; then also without the one of the JVM's own.
    measure status.plain '' env -u XDG_CACHE_HOME HOME= "${status[@]}"
    measure status.unshared '' env -u XDG_CACHE_HOME HOME= ARCHIVE_JAVA_OPTS=-Xshare:off "${status[@]}"
  done
}

# --- what came out ---

report() {
  awk -v json="$json" -v machine="$(nproc) processors, $(uname -sr)" -v quick="$quick" -v runs="$runs" '
    function median(key, field,    n, i, j, t, v) {
      n = count[key]
      if (!n) return ""
      for (i = 1; i <= n; i++) {
        v[i] = value[key, field, i]
        if (v[i] == "-") return ""
        for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
      }
      return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
    }
    function largest(key, field,    i, most) {
      most = ""
      for (i = 1; i <= count[key]; i++)
        if (value[key, field, i] != "-" && value[key, field, i] + 0 > most + 0) most = value[key, field, i]
      return most
    }
    function cpu(key) { return median(key, 7) + median(key, 5) }
    function shown(number, format) { return number == "" ? "-" : sprintf(format, number) }
    function mib(kib) { return kib == "" ? "" : kib / 1024 }
    function or_null(number) { return number == "" || number == "-" ? "null" : number }
    function target(what, got, sign, bound,    met) {
      if (got == "") return
      met = sign == "<=" ? got <= bound : got >= bound
      printf "%-58s %8.2f  %s %-5s %s\n", what, got, sign, bound, met ? "met" : "NOT MET"
      targets = targets (targets ? ",\n" : "") sprintf("  {\"what\":\"%s\",\"got\":%.4f,\"sign\":\"%s\",\"bound\":%s,\"met\":%s}", what, got, sign, bound, met ? "true" : "false")
    }
    function ratio(workload, one, other,    a, b) {
      a = median(workload " " one, 1)
      b = median(workload " " other, 1)
      return a == "" || b == "" || b == 0 ? "" : a / b
    }
    {
      key = $1 " " $2
      if (!count[key]++) order[++keys] = key
      for (i = 4; i <= 9; i++) value[key, i - 3, count[key]] = $i
      value[key, 7, count[key]] = $5 == "-" ? "-" : $5 + $6
      rows = rows (rows ? ",\n" : "") sprintf("  {\"workload\":\"%s\",\"contender\":\"%s\",\"run\":%d,\"seconds\":%s,\"cpu\":%s,\"peak_kib\":%s,\"server_cpu\":%s,\"server_peak_kib\":%s}", $1, $2, $3, $4, $5 == "-" ? "null" : $5 + $6, or_null($7), or_null($8), or_null($9))
    }
    END {
      printf "\n%s%s; medians of %d runs\n", machine, quick == "true" ? "; --quick: the figures mean nothing" : "", runs
      printf "%-8s %-15s %9s %9s %9s %9s %9s %9s %9s\n", "workload", "contender", "seconds", "least", "archive/", "CPU s", "peak MiB", "srv CPU s", "srv MiB"
      for (k = 1; k <= keys; k++) {
        key = order[k]
        split(key, part, " ")
        least = ""
        for (i = 1; i <= count[key]; i++)
          if (least == "" || value[key, 1, i] < least) least = value[key, 1, i]
        printf "%-8s %-15s %9.3f %9.3f %9s %9s %9s %9s %9s\n", part[1], part[2], median(key, 1), least, part[2] == "archive" ? "" : shown(ratio(part[1], "archive", part[2]), "%.2f"), shown(median(key, 7), "%.2f"), shown(mib(largest(key, 4)), "%.0f"), shown(median(key, 5), "%.2f"), shown(mib(largest(key, 6)), "%.0f")
        if (part[2] == "archive") {
          client = largest(key, 4) + 0 > client + 0 ? largest(key, 4) : client
          server = largest(key, 6) + 0 > server + 0 ? largest(key, 6) : server
        }
      }
      printf "\n%-58s %8s  %-8s\n", "ratio of medians", "", "target"
      for (k = 1; k <= keys; k++) {
        split(order[k], part, " ")
        if (part[2] == "before")
          target(part[1] ": CPU of both sides, archive / the build before", cpu(part[1] " archive") / cpu(order[k]), "<=", 1.05)
      }
      target("small: archive / rsync --fsync", ratio("small", "archive", "rsync"), "<=", 0.5)
      target("small: archive / restic", ratio("small", "archive", "restic"), "<=", 1)
      target("small: archive / floor", ratio("small", "archive", "floor"), "<=", 1.5)
      target("small: plain / archive", ratio("small", "plain", "archive"), ">=", 5)
      target("large: archive / rsync --fsync", ratio("large", "archive", "rsync"), "<=", 0.8)
      target("huge: archive / rsync --fsync", ratio("huge", "archive", "rsync"), "<=", 0.8)
      copy = ratio("huge", "archive", "floor.copy")
      digest = ratio("huge", "archive", "floor.digest")
      target("huge: archive / the slower of cp + sync and openssl dgst", copy == "" || digest == "" ? "" : copy < digest ? copy : digest, "<=", 1.3)
      target("far: plain / archive", ratio("far", "plain", "archive"), ">=", 20)
      target("far: archive / rsync --fsync", ratio("far", "archive", "rsync"), "<=", 1)
      target("start: archive --version / a bare JVM", ratio("start", "version", "jvm"), "<=", 1.6)
      target("start: archive status / without our shared classes", ratio("start", "status", "status.plain"), "<=", 0.55)
      target("start: archive status / without any shared classes", ratio("start", "status", "status.unshared"), "<=", 0.55)
      target("all: peak MiB of the client", mib(client), "<=", 200)
      target("all: peak MiB of the server", mib(server), "<=", 300)
      if (json) printf "{\"machine\":\"%s\",\"quick\":%s,\n \"runs\":[\n%s],\n \"targets\":[\n%s]}\n", machine, quick, rows, targets >json
    }' "$results"
}

# --- all of it ---

mkdir "$work/tools"
javac -d "$work/tools" "$here"/../src/test/java/dev/archive/testing/{DelayProxy,PlainUpload}.java
echo 'class Line { public static void main(String[] args) { System.out.println("line"); } }' >"$work/Line.java"
javac -d "$work/tools" "$work/Line.java"
: >"$work/rclone.conf"
# The classes that the first run shares are made in the background: not while something is measured.
"$program" receipts >/dev/null
[ -z "$before" ] || "$before" receipts >/dev/null
tries=0
until [ "$(find "$XDG_CACHE_HOME/archive" -name '*.jsa' -size +0 | wc -l)" -gt "$([ -n "$before" ] && echo 1 || echo 0)" ] || [ "$tries" -eq 600 ]; do
  sleep 0.2
  tries=$((tries + 1))
done
for workload in ${chosen:-$workloads}; do
  echo "$workload: preparing" >&2
  here_work=$work/$workload
  run=0
  start_servers
  "workload_$workload"
  stop_servers
done
report
