#!/usr/bin/env bash
# Shows that two builds of one commit are the same, byte for byte: builds HEAD in two new clones of different names, in different
# time zones and with different umasks, and compares the program, the jar and the bill of materials.
#   scripts/reproducible.sh
# Exit 0: the same; 1: they differ (what differs in the jar is named). Needs a network, for the bill of materials.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# NAME TIME-ZONE UMASK
build() {
  (
    umask "$3"
    git clone -q --no-hardlinks "$top" "$work/$1"
    cd "$work/$1"
    TZ=$2 mvn -q -B -ntp -Psbom -DskipTests package
  )
}

build one UTC 022
build another-directory Asia/Kathmandu 077
one=$work/one/target
two=$work/another-directory/target
status=0
for file in archive "$(basename "$one"/archive-*.jar)" bom.json; do
  if cmp -s "$one/$file" "$two/$file"; then
    echo "same: $file $(sha256sum <"$one/$file" | cut -d' ' -f1)"
  else
    echo "differs: $file" >&2
    status=1
  fi
done
if [ "$status" != 0 ]; then
  for each in "$one" "$two"; do
    (mkdir "$each/unpacked" && cd "$each/unpacked" && jar --extract --file "$(echo ../archive-*.jar)")
  done
  diff -rq "$one/unpacked" "$two/unpacked" >&2 || true
fi
exit $status
