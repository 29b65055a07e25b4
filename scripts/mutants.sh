#!/usr/bin/env bash
# Breaks promises in the code, one at a time (scripts/mutants.txt), and demands that the test named there notices each and says why.
#   scripts/mutants.sh [PATTERN]     those whose name or test matches; without it all of them, for about ten minutes
# Exits with 1 where a change is not noticed, or its old text is no longer in the code. The tree itself is not touched.
# CLASSES=MAIN:TEST and CLASSPATH_FILE=FILE spare the build where classes and the class path of the tests are at hand.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in -*) sed -n '2,/^set/s/^# \{0,1\}//p' scripts/mutants.sh && exit 0 ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
junit=$(sed -n 's:.*<junit.version>\(.*\)</junit.version>.*:\1:p' pom.xml)
console=${MAVEN_REPO:-$HOME/.m2/repository}/org/junit/platform/junit-platform-console-standalone/$junit/junit-platform-console-standalone-$junit.jar
[ -f "$console" ] || mvn -B -q dependency:get -Dartifact=org.junit.platform:junit-platform-console-standalone:"$junit"
if [ -z "${CLASSES:-}" ]; then
  mvn -B -q test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$work/classpath"
  CLASSES=target/classes:target/test-classes CLASSPATH_FILE=$work/classpath
fi
java -cp "$CLASSES:$(cat "$CLASSPATH_FILE")" dev.archive.testing.Mutants scripts/mutants.txt "$work" "$console" "${1:-.}"
