#!/bin/sh
# archive: this shell head finds Java and runs the jar that is appended to it.
# A closed descriptor would be that of the next file that is opened, and what is printed would go
# into it. Standard output becomes one that fails: the results are lost, which is exit code 7.
true 3>&2 || exec 2>/dev/null
{ true 3<&0; } 2>/dev/null || exec 0</dev/null
{ true 3>&1; } 2>/dev/null || exec 1</dev/null
# shellcheck disable=SC3013 # every /bin/sh knows -ef
if ! [ . -ef "$PWD" ] && ! /bin/pwd >/dev/null 2>&1; then
  echo "archive: the working directory is gone; nothing was done; change to one that exists" >&2
  exit 2
fi
# The feature release of a Java: by the file that lies beside it, which starts no JVM, or as it says.
# Empty where it says nothing of the kind.
release_of() {
  release=
  file=$(readlink -f "$1" 2>/dev/null)
  file=${file%/bin/java}/release
  if [ -f "$file" ]; then
    while IFS='=' read -r name value; do
      [ "$name" != JAVA_VERSION ] || release=$value
    done <"$file" 2>/dev/null
  fi
  [ -n "$release" ] || release=$("$1" -version 2>&1 | sed -n 's/^[a-z]* version "/"/p')
  release=${release#\"}
  release=${release#1.}
  release=${release%%[!0-9]*}
}
# A package that brings a Java of its own names it here.
runtime=
is_new_enough() {
  [ -f "$1" ] && [ -x "$1" ] || return 1
  release_of "$1"
  [ "${release:-17}" -ge 17 ] || {
    old="${old:+$old, }Java $release in $1"
    return 1
  }
  java=$1
}
find_java() {
  [ -z "$runtime" ] || ! is_new_enough "$runtime/bin/java" || return 0
  [ -z "${JAVA_HOME:-}" ] || ! is_new_enough "$JAVA_HOME/bin/java" || return 0
  rest=${PATH:-}:
  while [ -n "$rest" ]; do
    each=${rest%%:*}
    rest=${rest#*:}
    ! is_new_enough "${each:-.}/java" || return 0
  done
  for each in /usr/lib/jvm/*/bin/java /opt/java/*/bin/java /opt/*/bin/java \
    "${HOME:-/}"/.sdkman/candidates/java/*/bin/java \
    /Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java; do
    ! is_new_enough "$each" || return 0
  done
  return 1
}
old=
find_java || {
  echo "archive: no Java 17 or later found${old:+ (only $old)}; nothing was done;" \
    "install one, or set JAVA_HOME to it" >&2
  exit 2
}
# Without a UTF-8 locale Java cannot reopen the non-ASCII file names it lists (cron has none).
case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
  *[Uu][Tt][Ff]-8* | *[Uu][Tt][Ff]8*)
    # It may be that of another machine (ssh sends it along), and not installed here.
    [ "$(locale charmap 2>/dev/null || echo UTF-8)" = UTF-8 ] || LC_ALL=C.UTF-8
    ;;
  *) LC_ALL=C.UTF-8 ;;
esac
# Java tells failures of the system by its words alone: they must be English, in any locale.
if [ -n "${LC_ALL:-}" ]; then
  LANG=$LC_ALL
  unset LC_ALL LC_CTYPE LC_NUMERIC LC_TIME LC_COLLATE LC_MONETARY LC_PAPER LC_NAME LC_ADDRESS \
    LC_TELEPHONE LC_MEASUREMENT LC_IDENTIFICATION
fi
LC_MESSAGES=C && export LANG LC_MESSAGES
tty=false
[ -t 2 ] && tty=true
out_tty=false
[ -t 1 ] && out_tty=true

case "$0" in
  /*) self=$0 ;;
  *) self=$PWD/$0 ;;
esac

# Class-data sharing: the first run with this Java and this file makes an archive of their classes
# in the background, later runs map it. Its name holds its checksum and size: a damaged one would
# crash the JVM (SIGBUS). Only files with names of ours are ever deleted here.
classes=
crash=
own=
key=
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
# The version alone takes as long without.
[ "$*" != --version ] || cache=
case "$cache" in
  /*)
    cache=$cache/archive
    # shellcheck disable=SC2174 # only this one is ours
    [ -d "$cache" ] || mkdir -p -m 700 "$cache" 2>/dev/null
    # shellcheck disable=SC3067 # every /bin/sh knows -O; what another user wrote is not to be run
    if [ -O "$cache" ] &&
      [ -z "$(find "$cache" -prune \( -perm -020 -o -perm -002 \) 2>/dev/null)" ]; then
      own=$cache
    fi
    # A class path parts at colons, and so does the name of a class archive.
    case "$self$cache" in
      *:*) ;;
      *)
        # shellcheck disable=SC2012 # any bytes will do for a name
        [ -z "$own" ] || ! [ -w "$own" ] || key=$(ls -Lin "$java" "$self" 2>/dev/null | cksum)
        ;;
    esac
    if [ -n "$key" ]; then
      key=$cache/classes-${key%% *}
      making=$key.making
      crash=$key.crash
    fi
    ;;
esac
# A file of ours: made by this user, and no link.
is_ours() {
  # shellcheck disable=SC3067
  [ -f "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]
}
make_classes() {
  set -e
  umask 077
  unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS
  cd "$cache"
  # In the cache, for the temporary directory may be full or only be read. What a killed run left goes.
  find . ! -name . -prune -type d -name 'classes-work-??????' -user "$(id -u)" -mmin +60 \
    -exec rm -rf {} +
  work=$(mktemp -d "$cache/classes-work-XXXXXX")
  trap 'rm -rf "$work" "$key.new"' EXIT
  nice -n 19 "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Darchive.tty=true \
    --enable-native-access=ALL-UNNAMED -XX:ArchiveClassesAtExit="$work/classes.jsa" \
    -Darchive.cache="$cache" -cp "$self" dev.archive.cli.Rehearsal "$work"
  # Four are kept, this one included; those of older programs and Javas go.
  kept=1
  # shellcheck disable=SC2012 # the names that count here are ours: digits
  ls -t | while read -r name; do
    case "$name" in
      classes-*[!0-9-]*.jsa) ;;
      classes-[0-9]*-[0-9]*-[0-9]*.jsa)
        is_ours "$name" && kept=$((kept + 1))
        [ "$kept" -le 4 ] || ! is_ours "$name" || rm -f "$name"
        ;;
    esac
  done
  mv -f "$work/classes.jsa" "$key.new"
  # On the disk before it has its name. An older sync knows no files, and forces all of them.
  sync "$key.new" 2>/dev/null || sync
  sum=$(cksum <"$key.new")
  mv -f "$key.new" "$key-${sum%% *}-${sum##* }.jsa"
  rm -f "$making"
}
if [ -n "$crash" ]; then
  for each in "$key"-[0-9]*-[0-9]*.jsa; do
    is_ours "$each" || continue
    sum=$(cksum <"$each" 2>/dev/null)
    # shellcheck disable=SC3013 # every /bin/sh knows -nt
    if [ "$crash" -nt "$each" ]; then
      # A JVM that mapped it has crashed: it is made again, though not at once.
      rm -f "$each" && touch "$making"
    elif [ "$each" = "$key-${sum%% *}-${sum##* }.jsa" ]; then
      classes=$each
    else
      rm -f "$each"
    fi
  done
  # The marker says that another run is making it, or could not: that is tried again, not often.
  if [ -z "$classes" ] &&
    { [ ! -e "$making" ] || [ -n "$(find "$making" -mmin +60 2>/dev/null)" ]; }; then
    touch "$making" 2>/dev/null &&
      (make_classes </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &)
  fi
  # The JVM reads a percent sign in the name of its report as more than that.
  case "$crash" in
    *%*) crash= ;;
  esac
fi

# Only work on many bytes repays the second compiler: a server gets all of it. What reads files
# and ends gets it for the digests at once, and for the rest late: of an upload of 10,000 small
# files it took half of the processor's time. What the first compiler makes then need not count for
# the second: a fifth less. Young objects need little room. The rest is short: with two threads of
# the first compiler, as is the default, it took 7 % longer.
compilers="-XX:TieredStopAtLevel=1 -XX:CICompilerCount=1"
for word in "$@"; do
  case "$word" in
    serve)
      compilers=
      break
      ;;
    upload | resume | verify | audit)
      digests=CompileThresholdScaling,sun.security.provider
      compilers="-Xmn32m -XX:-C1UpdateMethodData
        -XX:Tier4InvocationThreshold=2000000 -XX:Tier4MinInvocationThreshold=1000000
        -XX:Tier4CompileThreshold=10000000 -XX:Tier4BackEdgeThreshold=10000000
        -XX:CompileCommand=quiet -XX:CompileCommand=$digests.SHA2::*,0.001
        -XX:CompileCommand=$digests.DigestBase::*,0.0005"
      break
      ;;
  esac
done
# A class path parts at colons, that of -jar too, which also lists the whole jar first.
case "$self" in
  *:*)
    if [ ! -e /proc/self/fd/0 ]; then
      echo "archive: Java cannot run a program below a path with a colon; nothing was done;" \
        "move it, or run it by a link at a path without one: $self" >&2
      exit 2
    fi
    exec 9<"$self"
    set -- -cp /proc/self/fd/9 dev.archive.cli.Main "$@"
    ;;
  *) set -- -cp "$self" dev.archive.cli.Main "$@" ;;
esac
# A Java that no longer knows one of these options does without. What the JVM says by its log, of
# class archives that do not fit and the like, would stand in the output; of fatal errors it does not
# tell there.
# shellcheck disable=SC2086 # compilers and ARCHIVE_JAVA_OPTS are lists of words
exec "$java" -XX:+IgnoreUnrecognizedVMOptions \
  -XX:+UseSerialGC $compilers \
  -Xshare:auto ${classes:+-XX:SharedArchiveFile="$classes"} -Xlog:disable \
  ${classes:+${crash:+-XX:ErrorFile="$crash"}} \
  -Darchive.cache="$own" -Darchive.tty=$tty -Darchive.out.tty=$out_tty -Dpicocli.converters.excludes='java.time.*' \
  --enable-native-access=ALL-UNNAMED ${ARCHIVE_JAVA_OPTS:-} "$@"
