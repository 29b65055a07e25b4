#!/usr/bin/env bash
# Kills servers and uploaders with -9 at random moments, under load, behind proxies that make faults, and counts what
# was lost, doubled, sent again or falsely called done: --help tells the rest.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
"$home/scripts/archive" --version >/dev/null # builds it once
classes=$home/target/test-classes
if [ -z "$(find "$classes" -name Soak.class -newer "$home/target/archive" -print -quit 2>/dev/null)" ] ||
  [ -n "$(find "$home/src/test/java" -newer "$classes/dev/archive/testing/Soak.class" -print -quit)" ]; then
  (cd "$home" && mvn -B -q -ntp test-compile)
  touch "$classes/dev/archive/testing/Soak.class"
fi
exec java -cp "$home/target/archive:$classes" dev.archive.testing.Soak --program "$home/target/archive" "$@"
