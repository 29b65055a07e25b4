#!/bin/sh
# Installs archive, its manual pages and its shell completions below a prefix, or removes them:
#   scripts/install.sh [PREFIX]               (default: /usr/local)
#   scripts/install.sh --uninstall [PREFIX]
# Files are replaced in one step each, so that a run that uses the old program goes on with it.
set -eu
home=$(cd "$(dirname "$0")/.." && pwd)
uninstall=false
if [ "${1:-}" = --uninstall ]; then
  uninstall=true
  shift
fi
case "${1:-}" in
  -*)
    echo "install.sh: unknown option: $1 (see the head of this file)" >&2
    exit 2
    ;;
esac
if [ $# -gt 1 ]; then
  echo "install.sh: one PREFIX at most; nothing was done" >&2
  exit 2
fi
prefix=${1:-/usr/local}
case "$prefix" in
  /*) ;;
  *) prefix=$PWD/$prefix ;;
esac

# SOURCE MODE TARGET
put() {
  mkdir -p "$(dirname "$3")"
  cp "$1" "$3.new"
  chmod "$2" "$3.new"
  mv -f "$3.new" "$3"
}

program=$prefix/bin/archive
bash=$prefix/share/bash-completion/completions/archive
zsh=$prefix/share/zsh/site-functions/_archive
fish=$prefix/share/fish/vendor_completions.d/archive.fish
man=$prefix/share/man/man1
if $uninstall; then
  rm -f "$program" "$bash" "$zsh" "$fish"
  for page in "$man"/archive.1 "$man"/archive-*.1; do
    # Other programs may have names that begin with ours.
    if [ -f "$page" ] && head -n 1 "$page" | grep -qF 'A manual page of archive, made by archive help --man'; then
      rm -f "$page"
    fi
  done
  echo "removed archive from $prefix; archives, receipts and settings stay where they are"
  exit 0
fi
if [ ! -x "$home/target/archive" ]; then
  echo "install.sh: target/archive is not built; nothing was done; run scripts/archive --version first" >&2
  exit 2
fi
put "$home/target/archive" 755 "$program"
put "$home/completions/archive.bash" 644 "$bash"
put "$home/completions/_archive" 644 "$zsh"
put "$home/completions/archive.fish" 644 "$fish"
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$home/target/archive" help --man "$pages" >/dev/null
for page in "$pages"/*.1; do
  put "$page" 644 "$man/$(basename "$page")"
done
echo "installed $program, manual pages, and completions for bash, zsh and fish"
