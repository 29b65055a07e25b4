#!/bin/sh
# archive: this shell head finds Java and runs the jar that is appended to it.
if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then
  java=$JAVA_HOME/bin/java
else
  java=$(command -v java) || {
    echo "archive: no Java found: install a JRE from 17 on, or set JAVA_HOME to one" >&2
    exit 2
  }
fi
# Without a UTF-8 locale Java cannot reopen the non-ASCII file names it lists (cron has none).
case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
  *[Uu][Tt][Ff]-8* | *[Uu][Tt][Ff]8*) ;;
  *) LC_ALL=C.UTF-8 && export LC_ALL ;;
esac
tty=false
[ -t 2 ] && tty=true
# shellcheck disable=SC2086 # ARCHIVE_JAVA_OPTS is a list of words
exec "$java" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -Xshare:auto -Darchive.tty=$tty \
  ${ARCHIVE_JAVA_OPTS:-} -jar "$0" "$@"
