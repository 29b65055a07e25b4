#!/usr/bin/env bash
# Kills server and uploader at every write, fsync and rename, cuts the power, and counts what was lost.
set -euo pipefail

usage() {
  cat <<'U'
Usage: scripts/powercut.sh [--runs N] [--seed N] [--json] [deposit|serve|upload|controls|peers]...

A small ext4 in a file is mounted so that nothing gets to its disk by luck
(commit=300,noauto_da_alloc). A process that works on it is killed with -9 at the
N-th write, fsync or rename of a thread, for every N; then the file system is shut
down without a last flush, which is what a power cut leaves, and mounted again.
All that was acknowledged before must be there, and the same command must finish.

  deposit   server and client in one process, for eight disks at once, all of
            which lose their power when it is killed
  serve     archive serve on that disk; archive upload goes on through the cut
  upload    archive upload, its journal and receipts on that disk
  controls  the same with a defect: no fsync, no directory fsync, a ledger with
            synchronous=NORMAL, libeatmydata. Each must lose something
  peers     200 files, exit 0, power cut at once: how many are intact, beside cp,
            rsync, rclone, restic and borg

Without any named, all of them.

  --runs N  How many cuts of deposit, serve and upload together (default: 300).
  --seed N  Of the moments (default: the time); printed, to run it again.
  --json    Print the figures as one JSON object too, last.

Needs root, loop devices, strace, perl and a JDK. Exit: 0 when nothing was lost and
every control lost something; 1 otherwise; 77 where it cannot run, with the reason.
U
}

runs=300
seed=$(date +%s)
json=false
parts=()
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2 && shift 2 ;;
    --seed) seed=$2 && shift 2 ;;
    --json) json=true && shift ;;
    --help) usage && exit 0 ;;
    deposit | serve | upload | controls | peers) parts+=("$1") && shift ;;
    *) usage >&2 && exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(deposit serve upload controls peers)
wanted() { [[ " ${parts[*]} " == *" $1 "* ]]; }

skip() { echo "skipped: $1" >&2 && exit 77; }
[ "$(id -u)" = 0 ] || skip "mounting needs root"
for tool in strace mkfs.ext4 losetup perl javac jar curl; do
  command -v "$tool" >/dev/null || skip "$tool is missing"
done

here=$(cd "$(dirname "$0")" && pwd)
"$here/archive" --version >/dev/null # builds it once
program=$here/../target/archive
work=$(mktemp -d "${TMPDIR:-/tmp}/powercut.XXXXXX")
disks=()
for ((i = 0; i < 8; i++)); do disks+=("$work/disk-$i"); done
mkdir "${disks[@]}"
disk=${disks[0]}
RANDOM=$((seed % 32768))
echo "seed $seed"

background=()
cleanup() {
  [ ${#background[@]} -eq 0 ] || kill -9 "${background[@]}" 2>/dev/null || true
  for disk in "${disks[@]}"; do
    if mountpoint -q "$disk"; then umount "$disk" 2>/dev/null || umount -l "$disk"; fi
  done
  rm -rf "$work"
}
trap cleanup EXIT

mount_disk() { mount -o loop,commit=300,noauto_da_alloc "$1.image" "$1"; } # DISK
new_disk() { # DISK SIZE
  if mountpoint -q "$1"; then umount "$1"; fi
  if [ ! -f "$work/blank-$2" ]; then
    truncate -s "$2" "$work/blank-$2"
    mkfs.ext4 -q -F "$work/blank-$2"
  fi
  cp --sparse=always "$work/blank-$2" "$1.image"
  mount_disk "$1"
}
# FS_IOC_SHUTDOWN with NOLOGFLUSH: what was not forced to the disk is gone.
cut_power() { # DISK…
  perl -e 'for (@ARGV) { my $how = pack("I", 2); open(my $d, "<", $_) or die "$!\n"; ioctl($d, 0x8004587D, $how) or die "$!\n" }' "$@"
  local each
  for each in "$@"; do
    umount "$each"
    mount_disk "$each"
  done
}
new_disk "$disk" 64M 2>"$work/err" || skip "no loop mount: $(tail -1 "$work/err")"

# The witness of the test sources, started fast.
javac -d "$work/classes" -cp "$program" "$here/../src/test/java/dev/archive/testing/Witness.java"
jar cf "$work/witness.jar" -C "$work/classes" .
# SQLite's library is taken out of the jar here, or its writing would be most of the writes there are.
native=$(jar tf "$program" | grep "^org/sqlite/native/Linux/$(uname -m)/.*\.so$") || skip "no SQLite for this machine"
(cd "$work" && jar xf "$program" "$native")
sqlite=(-Dorg.sqlite.lib.path="$work/${native%/*}" -Dorg.sqlite.lib.name="${native##*/}")
export ARCHIVE_JAVA_OPTS="-XX:+UseSerialGC -XX:-UsePerfData -XX:TieredStopAtLevel=1 ${sqlite[*]}"
java=(java "${sqlite[@]}" -Xmx256m -XX:+UseSerialGC -XX:-UsePerfData -XX:TieredStopAtLevel=1 -Xlog:cds=off -Xlog:cds+dynamic=off)
"${java[@]}" -XX:ArchiveClassesAtExit="$work/shared.jsa" -cp "$work/witness.jar:$program" \
  dev.archive.testing.Witness "$seed" 3 "$disk" >/dev/null 2>&1
java+=(-XX:SharedArchiveFile="$work/shared.jsa")
classes=$work/witness.jar:$program
witness() { # CLASSES ARGUMENTS…; behind what is in the array before
  local path=$1
  shift
  ${before[@]+"${before[@]}"} "${java[@]}" -cp "$path" dev.archive.testing.Witness "$@"
}
before=()

trace=(strace -f -qq)
calls=write,pwrite64,fsync,fdatasync,rename,renameat,mkdir,unlink,ftruncate
# Every call with every number that it reached in one thread, in an order of the seed's.
points() { # LOG
  awk '$2 ~ /^[a-z0-9]+\(/ { sub(/\(.*/, "", $2); n = ++count[$1, $2]; if (n > most[$2]) most[$2] = n }
    END { for (call in most) for (n = 1; n <= most[call]; n++) print call, n }' "$1" |
    sort | shuf --random-source=<(yes "$seed")
}

cuts=0 kills=0 acknowledged=0 lost=0 torn=0 unfinished=0
count() { grep -c "$1" "$2" || true; }
wrong() { echo "$1" && unfinished=$((unfinished + 1)); }

# --- server and client in one process -------------------------------------------------------------

new_disks() {
  local each
  for each in "${disks[@]}"; do
    new_disk "$each" 64M
    rm -f "$each.acks"
  done
}
# Kills one that deposits, cuts the power of all its disks and looks what is there.
killed_deposit() { # CLASSES THREADS STRACE…
  local path=$1 threads=$2 code=0
  shift 2
  before=("${trace[@]}" -o /dev/null "$@")
  witness "$path" "$seed" "$threads" "${disks[@]}" >"$work/out" 2>"$work/err" || code=$?
  before=()
  killed=false
  [ $code -eq 0 ] || killed=true
  if ${again:-false}; then
    # Killed, started again, finished, and then the cut: nothing may count on what only seemed durable.
    witness "$path" "$seed" "$threads" "${disks[@]}" >"$work/out" 2>"$work/err" || true
  fi
  found_acknowledged=$(cat "${disks[@]/%/.acks}" 2>/dev/null | grep -c '^init\|^start\|^put\|^complete\|^finalize' || true)
  cut_power "${disks[@]}"
  timeout 120 "${java[@]}" -cp "$path" dev.archive.testing.Witness "$seed" "$threads" "${disks[@]}" >"$work/found" 2>"$work/err" || true
  found_lost=$(count ' lost ' "$work/found")
  found_torn=$(count ' torn ' "$work/found")
  found_done=$(count ' done$' "$work/found")
}

deposits() { # RUNS
  new_disks
  before=("${trace[@]}" -o "$work/log" -e trace="$calls")
  witness "$classes" "$seed" 2 "${disks[@]}" >/dev/null
  before=()
  points "$work/log" >"$work/points"
  echo "deposit: $(wc -l <"$work/points") points to be killed at"
  local end=$((cuts + $1)) call n threads
  while [ $cuts -lt $end ]; do
    while read -r call n && [ $cuts -lt $end ]; do
      threads=$((RANDOM % 4 + 1))
      again=false
      [ $((RANDOM % 4)) -gt 0 ] || again=true
      new_disks
      killed_deposit "$classes" $threads -e "trace=$call" -e "inject=$call:signal=KILL:when=$n"
      again=false
      cuts=$((cuts + ${#disks[@]}))
      if $killed; then kills=$((kills + ${#disks[@]})); fi
      acknowledged=$((acknowledged + found_acknowledged))
      lost=$((lost + found_lost))
      torn=$((torn + found_torn))
      if [ $((found_lost + found_torn)) -gt 0 ]; then
        echo "deposit killed at $call $n, $threads threads: $(grep -m1 ' lost \| torn ' "$work/found")"
      fi
      [ "$found_done" -eq ${#disks[@]} ] ||
        wrong "deposit killed at $call $n: only $found_done finished afterwards: $(grep -m1 failed "$work/found" || tail -1 "$work/err")"
    done <"$work/points"
  done
}

# --- the real server, with a client that outlives the cut ---------------------------------------------

make_tree() { # FILES SEED
  mkdir -p "$work/tree-$1"
  RANDOM=$2
  for ((i = 0; i < $1; i++)); do
    mkdir -p "$work/tree-$1/box $((i % 5))"
    head -c $((RANDOM % 20000)) /dev/urandom >"$work/tree-$1/box $((i % 5))/file $i"
  done
}
wait_for_server() { # PID FILE
  until grep -q '^listening on ' "$2"; do
    kill -0 "$1" 2>/dev/null || return 1
    sleep 0.05
  done
  port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$2")
}
serve() { # ROOT COMMAND…: in the background, as $server
  local root=$1
  shift
  : >"$work/server.out"
  "$@" "$program" serve --root "$root" --listen "127.0.0.1:${port:-0}" >"$work/server.out" 2>"$work/server.err" &
  server=$!
  disown
  background=("$server")
}
gone() { # PID
  while kill -0 "$1" 2>/dev/null; do sleep 0.02; done
}
stop_server() { # also one that strace runs
  kill "$(pgrep -P "$server" java || echo "$server")" 2>/dev/null || true
  gone "$server"
}
upload() { # STATE ARGUMENTS…
  "$program" upload --json --parallel 3 --server "http://127.0.0.1:$port" --state-dir "$@" "$work/tree-40"
}
proved() { sed -n 's/.*"proved":{"path":"\/\([^"]*\)".*/\1/p' "$1"/runs/*/journal 2>/dev/null || true; }
whole_bag() { # BAG
  (cd "$1" && sha256sum -c --quiet manifest-sha256.txt && sha256sum -c --quiet tagmanifest-sha256.txt) >/dev/null 2>&1 &&
    diff -r "$work/tree-40" "$1/data" >/dev/null
}

serves() { # RUNS
  new_disk "$disk" 64M
  port=
  serve "$disk/root" "${trace[@]}" -o "$work/log" -e trace=$calls
  wait_for_server "$server" "$work/server.out"
  upload "$work/state-0" >/dev/null
  stop_server
  points "$work/log" >"$work/points"
  echo "serve: $(wc -l <"$work/points") points to be killed at"
  local run=0 client code
  while [ $run -lt "$1" ]; do
    while read -r call n && [ $run -lt "$1" ]; do
      run=$((run + 1))
      new_disk "$disk" 64M
      serve "$disk/root" "${trace[@]}" -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n"
      client=
      if wait_for_server "$server" "$work/server.out"; then
        upload "$work/state-$run" >"$work/out" 2>"$work/err" &
        client=$!
        while kill -0 "$server" 2>/dev/null && kill -0 "$client" 2>/dev/null; do sleep 0.02; done
      fi
      if kill -0 "$server" 2>/dev/null; then stop_server; else kills=$((kills + 1)); fi
      proved "$work/state-$run" >"$work/acks"
      cut_power "$disk"
      cuts=$((cuts + 1))
      while read -r path; do
        acknowledged=$((acknowledged + 1))
        cmp -s "$work/tree-40/$path" "$disk"/root/batches/*/data/"$path" || {
          lost=$((lost + 1)) && echo "serve killed at $call $n: lost $path"
        }
      done <"$work/acks"
      serve "$disk/root"
      if ! wait_for_server "$server" "$work/server.out"; then
        wrong "serve killed at $call $n: does not start again: $(tail -1 "$work/server.err")"
        [ -z "$client" ] || kill "$client"
        continue
      fi
      code=0
      if [ -n "$client" ]; then wait "$client" || code=$?; else upload "$work/state-$run" >"$work/out" 2>"$work/err" || code=$?; fi
      [ $code -eq 0 ] || wrong "serve killed at $call $n: the upload ended with $code: $(tail -1 "$work/err")"
      whole_bag "$disk"/root/batches/* || { torn=$((torn + 1)) && echo "serve killed at $call $n: the bag is not whole"; }
      stop_server
    done <"$work/points"
  done
}

# --- the uploader's journal and receipt ------------------------------------------------------------------

batches_of_run() { curl -sS "http://127.0.0.1:$port/api/batches?limit=1000" | grep -o "\"root_path\":\"/run-$1\"" | wc -l; }
receipted() { # BATCH
  "$program" receipt --state-dir "$disk/state" "$1" --sha256sum 2>>"$work/err" | cut -c1-64 | sort | cmp -s - "$work/sums"
}

uploads() { # RUNS
  new_disk "$disk" 64M
  port=
  serve "$work/root"
  wait_for_server "$server" "$work/server.out"
  find "$work/tree-40" -type f -exec sha256sum {} + | cut -c1-64 | sort >"$work/sums"
  "${trace[@]}" -o "$work/log" -e trace=$calls "$program" upload --json --parallel 3 --server "http://127.0.0.1:$port" \
    --state-dir "$disk/state" --root-path /run-0 "$work/tree-40" >/dev/null
  points "$work/log" >"$work/points"
  echo "upload: $(wc -l <"$work/points") points to be killed at"
  local run=0 code batch made
  while [ $run -lt "$1" ]; do
    while read -r call n && [ $run -lt "$1" ]; do
      run=$((run + 1))
      new_disk "$disk" 64M
      code=0
      { # the shell says Killed of each, which is no news
        "${trace[@]}" -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" "$program" upload --json --parallel 3 \
          --server "http://127.0.0.1:$port" --state-dir "$disk/state" --root-path "/run-$run" "$work/tree-40" \
          >"$work/out" 2>"$work/err" || code=$?
      } 2>/dev/null
      [ $code -eq 0 ] || kills=$((kills + 1))
      batch=$(sed -n 's/.*"event":"receipt","batch_id":"\([^"]*\)".*/\1/p' "$work/out")
      cut_power "$disk"
      cuts=$((cuts + 1))
      if [ -n "$batch" ]; then
        acknowledged=$((acknowledged + 1))
        receipted "$batch" || { lost=$((lost + 1)) && echo "upload killed at $call $n: lost the receipt of $batch"; }
      fi
      code=0
      upload "$disk/state" --root-path "/run-$run" >"$work/out" 2>"$work/err" || code=$?
      [ $code -eq 0 ] || wrong "upload killed at $call $n: run again, it ended with $code: $(tail -1 "$work/err")"
      # The plan and its key were durable before the first call: there is one batch, not two.
      made=$(batches_of_run "$run")
      acknowledged=$((acknowledged + 1))
      [ "$made" -eq 1 ] || { lost=$((lost + 1)) && echo "upload killed at $call $n: $made batches"; }
    done <"$work/points"
  done
  stop_server
}

# --- controls -------------------------------------------------------------------------------------------------

# ext4 makes renames durable with the next fsync of any file, so that many kills show nothing.
most_tries=40
greens=0 control_rows=()
sabotage() { # NAME: sets how the witness is run, with a moment of its own each time
  local kill=(-e "inject=write:signal=KILL:when=$((RANDOM % 60 + 15))")
  with=$classes
  case $1 in
    "no fsync") inject=(-e 'trace=write,fsync,fdatasync' -e 'inject=fsync,fdatasync:retval=0' "${kill[@]}") ;;
    "no directory fsync") without_directory_fsync ;;
    "ledger with synchronous=NORMAL") inject=(-e trace=write "${kill[@]}") with=$work/normal.jar:$classes ;;
    "libeatmydata") inject=(-e trace=write "${kill[@]}" -E LD_PRELOAD=libeatmydata.so) ;;
  esac
}
# strace takes exact paths, so the batches are opened first; the kill is where the witness writes something down.
without_directory_fsync() {
  local each batch directory
  witness "$classes" init "$seed" 1 "${disks[@]}"
  inject=(-e 'trace=write,fsync' -e inject=fsync:retval=0 -e "inject=write:signal=KILL:when=$((RANDOM % 16 + 13))")
  for each in "${disks[@]}"; do
    batch=$(awk '{ print $2 }' "$each.acks")
    inject+=(-P "$each.acks")
    for directory in "" /batches /staging "/staging/$batch" "/batches/$batch" "/batches/$batch/data" \
      "/batches/$batch/data/box-0" "/batches/$batch/data/box-1"; do
      inject+=(-P "$each/root$directory")
    done
  done
}
# The ledger as it would be with synchronous=NORMAL: its source, changed in these two places.
compile_normal() {
  mkdir -p "$work/normal"
  sed 's/PRAGMA synchronous = FULL/PRAGMA synchronous = NORMAL/; s/"PRAGMA synchronous", "2"/"PRAGMA synchronous", "1"/' \
    "$here/../src/main/java/dev/archive/ledger/LedgerDatabase.java" >"$work/normal/LedgerDatabase.java"
  [ "$(grep -c 'synchronous = NORMAL\|synchronous", "1"' "$work/normal/LedgerDatabase.java")" -eq 2 ]
  javac -d "$work/normal" -cp "$program" "$work/normal/LedgerDatabase.java"
  jar cf "$work/normal.jar" -C "$work/normal" dev
}
control() { # NAME
  local tries=0 gone=0 verdict
  while [ $tries -lt $most_tries ] && [ $gone -eq 0 ]; do
    tries=$((tries + 1))
    new_disks
    sabotage "$1"
    killed_deposit "$with" 1 "${inject[@]}"
    gone=$((found_lost + found_torn))
    # A root that does not open, or a batch that is not there, is as red as can be.
    [ $gone -gt 0 ] || gone=$((${#disks[@]} - found_done))
  done
  verdict="red: $gone of $found_acknowledged acknowledged lost, at kill $tries"
  [ $gone -gt 0 ] || { verdict="GREEN after $tries kills" && greens=$((greens + 1)); }
  control_rows+=("$1|$verdict")
  printf '  %-32s %s\n' "$1" "$verdict"
}
controls() {
  compile_normal
  echo "controls, each of which must lose something:"
  control "no fsync"
  control "no directory fsync"
  control "ledger with synchronous=NORMAL"
  if [ -e "$(ldconfig -p | awk '/libeatmydata.so / { print $NF; exit }')" ]; then
    control libeatmydata
  else
    control_rows+=("libeatmydata|skipped: it is not installed")
    echo "  libeatmydata: skipped, it is not installed"
  fi
}

# --- others -----------------------------------------------------------------------------------------------------

peer_rows=()
intact() { # DIRECTORY: how many of the 200 it holds
  local file n=0
  while read -r -d '' file; do
    if cmp -s "$work/tree-200/$file" "$1/$file"; then n=$((n + 1)); fi
  done < <(cd "$work/tree-200" && find . -type f -print0)
  echo "$n"
}
peer() { # TOOL NAME STORE RESTORE: two commands; the second prints where the files are
  local verdict code=0
  if ! command -v "$1" >/dev/null; then
    verdict="skipped: $1 is not installed"
  else
    new_disk "$disk" 256M
    "$3" >"$work/out" 2>"$work/err" || code=$?
    cut_power "$disk"
    if [ $code -ne 0 ]; then
      verdict="it ended with $code: $(tail -1 "$work/err")"
    else
      verdict="$(intact "$("$4" 2>"$work/err" || echo /nowhere)") of 200"
    fi
  fi
  peer_rows+=("$2|$verdict")
  printf '  %-16s %s\n' "$2" "$verdict"
}
store_archive() { ARCHIVE_HOME=$disk/home "$program" upload --state-dir "$disk/state" "$work/tree-200"; }
find_archive() { echo "$disk"/home/batches/*/data; }
export RESTIC_PASSWORD=x RESTIC_REPOSITORY=$disk/repository BORG_REPO=$disk/repository BORG_BASE_DIR=$work/borg
store_restic() { restic init && cd "$work/tree-200" && restic --no-cache backup .; }
find_restic() { rm -rf "$work/restored" && restic --no-cache restore latest --target "$work/restored" >/dev/null && echo "$work/restored"; }
store_borg() { borg init -e none && cd "$work/tree-200" && borg create ::it .; }
find_borg() { rm -rf "$work/restored" && mkdir "$work/restored" && cd "$work/restored" && borg extract ::it && pwd; }
store_rsync() { rsync -a "$work/tree-200/" "$disk/copy"; }
store_rsync_fsync() { rsync -a --fsync "$work/tree-200/" "$disk/copy"; }
store_rclone() { rclone --config "" copy "$work/tree-200" "$disk/copy"; }
store_cp() { cp -r "$work/tree-200" "$disk/copy"; }
find_copy() { echo "$disk/copy"; }
peers() {
  echo "200 files, exit 0, power cut at once; intact afterwards:"
  peer "$program" archive store_archive find_archive
  peer restic restic store_restic find_restic
  peer borg borg store_borg find_borg
  peer rsync "rsync --fsync" store_rsync_fsync find_copy
  peer rsync rsync store_rsync find_copy
  peer rclone rclone store_rclone find_copy
  peer cp cp store_cp find_copy
}

# --- all of it --------------------------------------------------------------------------------------------------

kinds=()
for kind in deposit serve upload; do
  if wanted $kind; then kinds+=("$kind"); fi
done
make_tree 40 "$seed"
[[ " ${kinds[*]} " != *" serve "* ]] || serves $((runs / 20 + 1))
[[ " ${kinds[*]} " != *" upload "* ]] || uploads $((runs / 10 + 1))
[[ " ${kinds[*]} " != *" deposit "* ]] || deposits $((runs > cuts ? runs - cuts : 0))
if [ $cuts -gt 0 ]; then
  echo "$cuts power cuts, $kills of them behind a kill; $acknowledged things acknowledged: lost $lost, torn $torn, not finished when run again $unfinished"
fi
if wanted controls; then controls; fi
if wanted peers; then make_tree 200 "$seed" && peers; fi

rows() { # ROW…: as a JSON object
  local row first=true
  printf '{'
  for row in "$@"; do
    $first || printf ','
    first=false
    printf '"%s":"%s"' "${row%%|*}" "$(printf %s "${row#*|}" | tr -d "\"\\\\")"
  done
  printf '}'
}
if $json; then
  printf '{"seed":%s,"cuts":%s,"kills":%s,"acknowledged":%s,"lost":%s,"torn":%s,"unfinished":%s,"controls":%s,"peers":%s}\n' \
    "$seed" $cuts $kills $acknowledged $lost $torn $unfinished \
    "$(rows ${control_rows[@]+"${control_rows[@]}"})" "$(rows ${peer_rows[@]+"${peer_rows[@]}"})"
fi
[ $((lost + torn + unfinished + greens)) -eq 0 ]
