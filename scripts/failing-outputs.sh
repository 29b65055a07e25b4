#!/usr/bin/env bash
# Runs commands while a random one of their outputs or directories fails, and counts false successes.
set -euo pipefail

usage() {
  cat <<'U'
Usage: scripts/failing-outputs.sh [--runs N] [--seed N] [--jobs N] [--planted] [--only WORD]

Each run takes a command (upload, receipt, list, audit and others), one place
(standard output, --receipt, --report, state directory, root, cache, temporary
directory) and one way in which it fails: full, read-only, noexec, removed before
or during the run, a file instead of a directory, closed. It demands
  - an exit code that this failure may have,
  - exit 0 only with output that equals that of a good run (identifiers and times
    aside), a whole file for --receipt or --report, and, of an upload, a receipt
    for a finalized batch whose bag verifies with sha256sum,
  - exactly one line "archive: ..." per failure, no stack trace, no "unexpected".

  --runs N     How many runs (default: 200).
  --seed N     Of the choices (default: the time); printed, to run it again.
  --jobs N     At once, as root (default: 2).
  --planted    Only standard output, --receipt and --report, with a program that
               skips the check of its output: must be red.
  --only WORD  Only combinations of command, place and failure that contain WORD.

Full, read-only and noexec directories need root; they are skipped without.
Exit: 0 when every run was right (--planted: when one was wrong); 1 otherwise.
U
}

runs=200
seed=$(date +%s)
jobs=2
planted=false
only=
work=
phase=all
job=0
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2 && shift 2 ;;
    --seed) seed=$2 && shift 2 ;;
    --only) only=$2 && shift 2 ;;
    --planted) planted=true && shift ;;
    --jobs) jobs=$2 && shift 2 ;;
    --job) work=$2 phase=$3 job=$4 && shift 4 ;; # of this script itself
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done

here=$(cd "$(dirname "$0")" && pwd)
program=$here/../target/archive
[ -x "$program" ] || "$here/archive" --version >/dev/null # builds it once
[ -n "$work" ] || work=$(mktemp -d "${TMPDIR:-/tmp}/failing-outputs.XXXXXX")
mine=$work/job.$job
mkdir -p "$mine"
here_now=$work/jobs/now # the directories of one run, always of the same name
mkdir -p "$work/jobs"
good=$work/good
RANDOM=$(((seed + job * 7919) % 32768))
[ "$phase" != all ] || echo "seed $seed"

mounted=()
unmount() {
  local each
  for each in "${mounted[@]}"; do umount "$each" 2>/dev/null || umount -l "$each" || true; done
  mounted=()
}
cleanup() {
  unmount
  [ "$phase" != all ] || rm -rf "$work"
}
trap cleanup EXIT

mounts=false
if [ "$phase" != all ]; then
  mounts=$([ "$(id -u)" = 0 ] && echo true || echo false)
  # Each job sees its own directories under the same names.
  if $mounts; then
    mkdir -p "$mine/now"
    mount --bind "$mine/now" "$work"/jobs
  fi
elif [ "$(id -u)" = 0 ] && mkdir "$work/try" && mount -t tmpfs -o size=16k none "$work/try" 2>/dev/null; then
  umount "$work/try"
  mounts=true
else
  echo "skipped: full, read-only and noexec directories: mounting needs root" >&2
fi

# A program whose output is lost without a word in its exit code.
plant() {
  local sources=$here/../src/main
  mkdir -p "$work/planted/dev"
  sed 's/^    return exit == ExitCodes.OK && !lost.isEmpty() ? .*;/    return exit;/' \
    "$sources/java/dev/archive/cli/process/Output.java" >"$work/planted/Output.java"
  ! cmp -s "$work/planted/Output.java" "$sources/java/dev/archive/cli/process/Output.java" ||
    { echo "the check to skip is not in Output.java" >&2 && exit 1; }
  # The jar begins where the head of the program ends.
  tail -c +$(($(wc -c <"$sources/sh/archive.sh") + 1)) "$program" >"$work/planted/archive.jar"
  javac -nowarn -proc:none -cp "$work/planted/archive.jar" -d "$work/planted" "$work/planted/Output.java"
  (cd "$work/planted" && jar uf archive.jar dev)
  cat "$sources/sh/archive.sh" "$work/planted/archive.jar" >"$work/planted/archive"
  chmod 755 "$work/planted/archive"
  program=$work/planted/archive
}
if $planted; then
  if [ "$phase" = all ]; then plant; else program=$work/planted/archive; fi
fi

run() { # ARGUMENT...
  env -u ARCHIVE_SERVER -u ARCHIVE_TOKEN ARCHIVE_HOME="$here_now/root" XDG_STATE_HOME="$here_now/state" \
    XDG_CACHE_HOME="$here_now/cache" TMPDIR="${temporary:-$here_now/tmp}" \
    ARCHIVE_JAVA_OPTS="-Djava.io.tmpdir=$here_now/tmp" "$program" "$@"
}

# What differs between two good runs: identifiers, digests, times and durations, and padding.
normal() {
  sed -E -e 's/\b[0-9A-HJKMNP-TV-Z]{26}\b/ID/g' -e 's/[0-9a-f]{64}/DIGEST/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' -e 's/"(seconds|started_at|finished_at)":[0-9.]+/"\1":N/g' \
    -e 's/"version":[0-9]+/"version":N/g' -e 's/^version +[0-9]+/version N/' -e 's/ +/ /g' "$@"
}

make_good() { # one batch that stands there, and 12 files that are not archived yet
  # shellcheck disable=SC2174 # those above are there
  mkdir -p -m 700 "$here_now"/{root,state,cache,cache/archive,tmp,out,old,new/deep}
  for ((i = 0; i < 12; i++)); do
    seq $((RANDOM % 100)) $((i * 100 + 500)) >"$here_now/old/$i.txt"
    seq $((RANDOM % 100)) $((i * 90 + 700)) >"$here_now/new/deep/$i.txt"
  done
  # The class archive of this program, where this user has it; else the first run makes it, for all others.
  cp "${XDG_CACHE_HOME:-$HOME/.cache}"/archive/classes-* -t "$here_now/cache/archive" 2>/dev/null || true
  mkdir "$work/making"
  (cd "$here_now" && temporary=$work/making run upload old >out/first 2>out/first.err) || { cat "$here_now/out/first.err" >&2 && exit 1; }
  batch=$(awk '$1 == "receipt" { print $3 }' "$here_now/out/first")
  for ((i = 0; i < 300; i++)); do
    compgen -G "$here_now/cache/archive/*.jsa" >/dev/null && break
    sleep 0.2
  done
  rm -f "$here_now"/out/*
  mv "$here_now" "$good"
  echo "$batch" >"$work/batch"
}
if [ "$phase" = all ]; then make_good; else batch=$(cat "$work/batch"); fi

again() { # as it was after the first upload, under the same names
  unmount
  local tries
  # A program that is still making its class archive can bring a directory back.
  for ((tries = 0; tries < 20; tries++)); do
    if rm -rf "$here_now" && cp -aT "$good" "$here_now"; then return; fi
  done
  echo "the directories of job $job cannot be made again" >&2
  exit 1
}

commands=(upload upload-json upload-receipt upload-again dry-run receipt sums receipts list status history
  verify audit audit-report)
arguments() { # COMMAND: into $words
  case $1 in
    upload) words=(upload new) ;;
    upload-json) words=(upload --json new) ;;
    upload-receipt) words=(upload --receipt "$target" new) ;;
    upload-again) words=(upload old) ;;
    dry-run) words=(upload --dry-run --json new) ;;
    receipt) words=(receipt "$batch") ;;
    sums) words=(receipt --sha256sum "$batch") ;;
    receipts | list) words=("$1") ;;
    status) words=(status --files "$batch") ;;
    history) words=(history "$batch") ;;
    verify) words=(verify --deep "$batch") ;;
    audit) words=(audit) ;;
    audit-report) words=(audit --report "$target") ;;
  esac
}

# What each command prints when nothing fails.
target=out/target
for ((i = 0; i < ${#commands[@]}; i++)); do
  command=${commands[i]}
  { [ "$phase" = good ] && [ $((i % jobs)) = "$job" ]; } || continue
  again
  arguments "$command"
  (cd "$here_now" && run "${words[@]}" >"$mine/said" 2>"$mine/complaint") ||
    { echo "$command fails without any failure:" >&2 && cat "$mine/complaint" >&2 && exit 1; }
  normal "$mine/said" >"$work/$command.good"
  [ ! -e "$here_now/$target" ] || normal "$here_now/$target" >"$work/$command.target"
done

[ "$phase" != good ] || exit 0

# Every combination, as command/place/failure.
combinations=()
kinds=(removed-during missing file)
! $mounts || kinds+=(full read-only noexec)
for command in "${commands[@]}"; do
  for kind in dev-full closed closed-pipe read-descriptor; do combinations+=("$command/stdout/$kind"); done
  ! $mounts || combinations+=("$command/stdout/full")
  for place in state root cache tmp; do
    $planted || for kind in "${kinds[@]}"; do combinations+=("$command/$place/$kind"); done
  done
  case $command in
    *-receipt | *-report)
      # Twice, for there are few.
      for kind in "${kinds[@]}" dev-full closed "${kinds[@]}" dev-full closed; do
        combinations+=("$command/${command#*-}/$kind")
      done
      ;;
  esac
done
chosen=()
for each in "${combinations[@]}"; do [[ $each != *"$only"* ]] || chosen+=("$each"); done
[ ${#chosen[@]} -gt 0 ] || { echo "no combination has $only" >&2 && exit 2; }

if [ "$phase" = all ]; then
  start() { # PHASE: all jobs of it
    local pids=() failed=0 apart=() options=()
    ! $mounts || apart=(unshare -m)
    ! $planted || options=(--planted)
    for ((job = 0; job < jobs; job++)); do
      "${apart[@]}" "$0" --runs $(((runs + jobs - 1 - job) / jobs)) --seed "$seed" --only "$only" --jobs "$jobs" \
        --job "$work" "$1" "$job" "${options[@]}" &
      pids+=($!)
    done
    for each in "${pids[@]}"; do wait "$each" || failed=1; done
    return $failed
  }
  $mounts || jobs=1
  start good
  start runs
  wrong=$(cat "$work"/job.*/wrong | awk '{ sum += $1 } END { print sum }')
  echo "$runs runs, $wrong findings:"
  cat "$work"/job.*/counts | sort | uniq -c | awk '{ count = $1; $1 = ""; print " " $0 ": " count }'
  if $planted; then
    [ "$wrong" -gt 0 ] || { echo "the planted defect was not noticed" >&2 && exit 1; }
    echo "the planted defect was noticed"
    exit 0
  fi
  [ "$wrong" = 0 ] && exit 0 || exit 1
fi

# The codes that a failure may have. Where several are right, the moment or the place decides.
allowed() { # COMMAND PLACE KIND
  local changes=false
  case $1 in upload | upload-json | upload-receipt | upload-again) changes=true ;; esac
  case $2/$3 in
    stdout/closed-pipe) if $changes; then echo 7; else echo 0; fi ;;
    stdout/full) echo "0 7" ;;
    stdout/*) echo 7 ;;
    receipt/noexec | report/noexec) echo 0 ;;
    receipt/dev-full | report/dev-full) echo 7 ;;
    receipt/full | report/full) echo "2 7" ;;
    receipt/removed-during | report/removed-during) echo "0 2 7" ;;
    receipt/* | report/*) echo 2 ;;
    cache/* | tmp/* | */noexec) echo 0 ;;
    state/full | root/full) echo "0 2 5" ;;
    state/read-only | root/read-only) echo "0 2" ;;
    *) echo "0 2 3 4 5 6" ;;
  esac
}

fill() { # DIRECTORY: no byte fits any more
  dd if=/dev/zero of="$1/filling" bs=4096 status=none 2>/dev/null || true
  while : 2>/dev/null >"$1/filling.$filled"; do [ $((++filled)) -lt 2000 ] || break; done
}

fail_directory() { # DIRECTORY KIND
  local kib
  case $2 in
    full)
      mv "$1" "$1.was"
      mkdir "$1"
      kib=$(($(du -sk --apparent-size "$1.was" | cut -f1) + $(find "$1.was" | wc -l) * 4 + 16))
      mount -t tmpfs -o "size=${kib}k,mode=700" none "$1"
      mounted+=("$1")
      cp -a "$1.was/." "$1/"
      # Some runs find a little room, and lose it on their way.
      if [ $((RANDOM % 3)) -gt 0 ]; then
        dd if=/dev/zero of="$1/filling" bs=1024 status=none 2>/dev/null || true
      fi
      ;;
    read-only | noexec)
      mount --bind "$1" "$1"
      mounted+=("$1")
      if [ "$2" = noexec ]; then
        mount -o remount,bind,noexec "$1"
      else
        mount -o remount,bind,ro "$1"
      fi
      ;;
    missing) rm -rf "$1" ;;
    file) rm -rf "$1" && echo x >"$1" ;;
  esac
}

# The bag of a batch, found by the name on a receipt, and whether it holds what was sent.
is_archived() { # SOURCE FILE-WITH-RECEIPT
  local id bag
  id=$(grep -oE '\b[0-9A-HJKMNP-TV-Z]{26}\b' "$2" | tail -1)
  for bag in "$here_now"/root*/batches/"$id"; do
    if [ -n "$id" ] && [ -f "$bag/manifest-sha256.txt" ] &&
      (cd "$bag" && sha256sum --quiet -c manifest-sha256.txt >/dev/null 2>&1) &&
      (cd "$here_now/$1" && find . -type f -exec sha256sum {} + | awk '{ print $1 }' | sort) |
      cmp -s - <(awk '{ print $1 }' "$bag/manifest-sha256.txt" | sort); then
      return 0
    fi
  done
  return 1
}

wrong=0
report() { # REASON
  wrong=$((wrong + 1))
  echo "WRONG: run $n, $each, exit $code: $1"
  sed 's/^/    stdout: /' "$mine/said" | tail -3
  sed 's/^/    stderr: /' "$mine/complaint" | tail -5
}

for ((n = 1; n <= runs; n++)); do
  each=${chosen[$(((RANDOM * 32768 + RANDOM) % ${#chosen[@]}))]}
  IFS=/ read -r command place kind <<<"$each"
  again
  filled=0
  target=out/target
  said=$mine/said
  : >"$mine/said"
  remover=
  case $place in
    state | root | cache | tmp) directory=$here_now/$place ;;
    *) directory=$here_now/out ;;
  esac
  case $place/$kind in
    stdout/full)
      mount -t tmpfs -o size=16k none "$here_now/out"
      mounted+=("$here_now/out")
      # Standard output alone fails: a receipt that finds no room is refused before any work.
      mkdir "$here_now/out.named"
      target=out.named/target
      # Zero to three pages of four are free.
      for ((i = RANDOM % 4; i < 4; i++)); do head -c 4096 /dev/zero >"$here_now/out/filling.$i"; done
      said=$here_now/out/said
      ;;
    stdout/*) ;;
    */dev-full) target=/dev/full ;;
    */closed) target=/dev/fd/9 ;;
    receipt/full | report/full)
      mount -t tmpfs -o size=16k none "$here_now/out"
      mounted+=("$here_now/out")
      for ((i = RANDOM % 2; i < 4; i++)); do head -c 4096 /dev/zero >"$here_now/out/filling.$i"; done
      ;;
    */removed-during)
      after=$((RANDOM % 1200))
      (sleep "$((after / 1000)).$(printf %03d $((after % 1000)))" && mv "$directory" "$directory.gone") &
      remover=$!
      ;;
    *) fail_directory "$directory" "$kind" ;;
  esac
  arguments "$command"
  code=0
  cd "$here_now"
  case $place/$kind in
    stdout/dev-full) run "${words[@]}" >/dev/full 2>"$mine/complaint" || code=$? ;;
    stdout/closed) run "${words[@]}" >&- 2>"$mine/complaint" || code=$? ;;
    stdout/read-descriptor) run "${words[@]}" 1</dev/null 2>"$mine/complaint" || code=$? ;;
    stdout/closed-pipe)
      # The writer's end of a pipe whose reader is gone before the first byte.
      rm -f "$mine/pipe" && mkfifo "$mine/pipe"
      # shellcheck disable=SC2094 # a fifo
      exec 7<>"$mine/pipe" 8>"$mine/pipe" 7>&-
      run "${words[@]}" >&8 2>"$mine/complaint" 8>&- || code=$?
      exec 8>&-
      ;;
    *) run "${words[@]}" >"$said" 2>"$mine/complaint" 9>&- || code=$? ;;
  esac
  cd "$work"
  [ -z "$remover" ] || wait "$remover" || true
  [ "$said" = "$mine/said" ] || cp "$said" "$mine/said"
  key="$place $kind: exit $code"
  echo "$key" >>"$mine/counts"

  # The oracle.
  [[ " $(allowed "$command" "$place" "$kind") " == *" $code "* ]] ||
    report "allowed is $(allowed "$command" "$place" "$kind")"
  if grep -qE '^[[:space:]]+at |Exception|unexpected|OpenJDK|SIGSEGV' "$mine/complaint"; then
    report "a trace on stderr"
  fi
  # Notes about a run that goes well stand beside the line of a failure.
  complaints=$(grep -vE '^archive: (no server is named|reading [0-9,]+ of [0-9,]+ files? again)' "$mine/complaint" |
    grep -c '^archive: ' || true)
  if [ "$code" != 0 ] && [ "$complaints" -lt 1 ]; then report "no word on stderr"; fi
  if [ "$code" = 7 ] && [ "$complaints" != 1 ]; then report "$complaints lines on stderr in place of 1"; fi
  if [ "$code" = 0 ]; then
    # Without a state directory there are no receipts to list, or their header alone.
    if [[ $each =~ ^receipts/state/(missing|removed-during)$ ]] && ! grep -qv '^BATCH ' "$mine/said"; then
      :
    elif [ "$place/$kind" != stdout/closed-pipe ] && ! normal "$mine/said" | cmp -s - "$work/$command.good"; then
      report "success with other output than that of a good run"
      normal "$mine/said" | diff "$work/$command.good" - | head -4 || true
    fi
    if [ -e "$work/$command.target" ] && [[ $target != /dev/* ]] &&
      ! normal "$here_now"/out*/target 2>/dev/null | cmp -s - "$work/$command.target"; then
      report "success without the whole file of --${command#*-}"
    fi
    case $command in
      upload-again) is_archived old "$mine/said" || report "success without a bag that verifies" ;;
      upload*)
        is_archived new "$mine/said" || report "success without a bag that verifies"
        ;;
    esac
  elif [ "$code" = 2 ] && [[ $place =~ ^re(ceipt|port)$ ]] && [ "$kind" != removed-during ] &&
    [ "$(find "$here_now/root/batches" -mindepth 1 -maxdepth 1 | wc -l)" != 1 ]; then
    report "exit 2 says that nothing was done, but a batch was made"
  fi
done

echo "$wrong" >"$mine/wrong"
