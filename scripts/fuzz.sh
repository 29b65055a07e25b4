#!/usr/bin/env bash
# Looks for inputs that the readers of what strangers write do not withstand, guided by the code they reach (Jazzer). The
# seeds are in src/test/resources/fuzz; what is found goes there, and each build reads it again (SeedsTest).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0" 2>/dev/null || echo "$0")")/.."

jazzer=0.30.0
minutes=10
targets=()

usage() {
  echo "Usage: scripts/fuzz.sh [--minutes N] [TARGET]..."
  echo "(10 minutes for each of the targets in src/test/java/dev/archive/fuzz/Target.java unless you say otherwise)"
}

while [ $# -gt 0 ]; do
  case $1 in
    --minutes)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { usage >&2; exit 2; }
      minutes=$2
      shift 2
      ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
if [ ${#targets[@]} -eq 0 ]; then
  for each in src/test/resources/fuzz/*/; do
    each=$(basename "$each")
    targets+=("${each^^}")
  done
fi

mvn -B -q -ntp test-compile dependency:build-classpath -Dmdep.outputFile=target/fuzz-classpath
mvn -B -q -ntp dependency:copy -Dartifact=com.code-intelligence:jazzer:$jazzer -DoutputDirectory=target/fuzz
mvn -B -q -ntp dependency:copy -Dartifact=com.code-intelligence:jazzer-api:$jazzer -DoutputDirectory=target/fuzz
classes=target/test-classes:target/classes:$(cat target/fuzz-classpath)

failed=0
for target in "${targets[@]}"; do
  corpus=target/fuzz/corpus/$target
  mkdir -p "$corpus" "target/fuzz/found/$target"
  echo "== $target"
  java -Xmx1g "-Darchive.fuzz=$target" -cp "target/fuzz/jazzer-$jazzer.jar:target/fuzz/jazzer-api-$jazzer.jar:$classes" \
    com.code_intelligence.jazzer.Jazzer --target_class=dev.archive.fuzz.Fuzzer \
    --instrumentation_includes='dev.archive.**' --keep_going=5 --reproducer_path="target/fuzz/found/$target" \
    "-max_total_time=$((minutes * 60))" -max_len=16384 -timeout=10 -rss_limit_mb=2500 -print_final_stats=1 \
    "-artifact_prefix=target/fuzz/found/$target/" \
    "$corpus" "src/test/resources/fuzz/${target,,}" >"target/fuzz/$target.log" 2>&1 || failed=1
  grep -h -e '^== Java Exception' -e 'stat::number_of_executed_units' -e 'ERROR: libFuzzer' "target/fuzz/$target.log" || true
done
exit $failed
