#!/usr/bin/env bash
# Makes a Debian package of archive that brings its own Java runtime.
set -euo pipefail

usage() {
  cat <<'U'
Usage: scripts/deb.sh [--check] [DIRECTORY]

Writes archive_VERSION_ARCHITECTURE.deb into DIRECTORY (default: target): the
program, a Java runtime of its own with no more than it needs, manual pages,
completions, documents and the systemd units as examples.

  --check  Unpack the package into a temporary directory and use it there with no
           Java on PATH: upload, verify, fetch, a server with TLS.

Needs target/archive (scripts/archive --version builds it), jlink with jmods (a JDK),
dpkg-deb and ldd. Exit: 0 when the package was made, and works; 1 or 2 otherwise.
U
}

check=false
target=
for each in "$@"; do
  case $each in
    --check) check=true ;;
    --help) usage && exit 0 ;;
    -*) usage >&2 && exit 2 ;;
    *) target=$each ;;
  esac
done
home=$(cd "$(dirname "$0")/.." && pwd)
target=${target:-$home/target}
program=$home/target/archive
fail() {
  echo "deb.sh: $1; no package was made" >&2
  exit 2
}
[ -x "$program" ] || fail "target/archive is not built: run scripts/archive --version first"
for tool in jlink dpkg-deb dpkg ldd; do
  command -v "$tool" >/dev/null || fail "$tool is not installed"
done

version=$("$program" --version | sed -n 's/^archive \([0-9][^ ]*\).*/\1/p')
architecture=$(dpkg --print-architecture)
name=archive_${version}_$architecture.deb
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
lib=$tree/usr/lib/archive
doc=$tree/usr/share/doc/archive
umask 022
mkdir -p "$lib" "$tree/usr/bin" "$doc/examples" "$tree/DEBIAN" "$tree/usr/share/man/man1" \
  "$tree/usr/share/bash-completion/completions" "$tree/usr/share/zsh/vendor-completions" \
  "$tree/usr/share/fish/vendor_completions.d"

# What the jar asks for by jdeps, without java.desktop, which Jackson can do without;
# elliptic curves for TLS, and what JNA needs.
jlink --add-modules java.base,java.logging,java.management,java.naming,java.net.http,java.sql,jdk.crypto.ec,jdk.unsupported \
  --strip-debug --no-header-files --no-man-pages --compress=2 --output "$lib/runtime" 2>/dev/null
"$lib/runtime/bin/java" -XX:+UseSerialGC -Xshare:dump >/dev/null

# The head of the program looks for Java there first.
head=$home/src/main/sh/archive.sh
{
  sed 's:^runtime=$:runtime=/usr/lib/archive/runtime:' "$head"
  tail -c +$(($(wc -c <"$head") + 1)) "$program"
} >"$tree/usr/bin/archive"
grep -aqm1 '^runtime=/usr/lib/archive/runtime$' "$tree/usr/bin/archive" || fail "the head of the program has no line for a runtime"
chmod 755 "$tree/usr/bin/archive"

"$program" help --man "$tree/usr/share/man/man1" >/dev/null
gzip -9n "$tree"/usr/share/man/man1/*.1
cp "$home/completions/archive.bash" "$tree/usr/share/bash-completion/completions/archive"
cp "$home/completions/_archive" "$tree/usr/share/zsh/vendor-completions/_archive"
cp "$home/completions/archive.fish" "$tree/usr/share/fish/vendor_completions.d/archive.fish"
cp "$home"/src/site/markdown/*.md "$home/README.md" "$doc"
for each in "$home"/scripts/systemd/*; do
  sed -e 's:/usr/local/bin/archive:/usr/bin/archive:' -e 's:/usr/local/share/doc:/usr/share/doc:' "$each" \
    >"$doc/examples/$(basename "$each")"
done
{
  cat "$home/LICENSE"
  printf '\nThe Java runtime in /usr/lib/archive/runtime has its licences in its directory legal.\n'
} >"$doc/copyright"
find "$tree/usr" -type f ! -perm -111 -exec chmod 644 {} +

# The packages of the libraries that the runtime's programs and libraries are linked with.
libraries=$(find "$lib/runtime" -type f \( -name '*.so' -o -path '*/bin/*' \) -exec ldd {} + 2>/dev/null |
  sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p' | grep -v "^$lib" | sort -u)
depends=$(for each in $libraries; do dpkg -S "$(readlink -f "$each")" 2>/dev/null || dpkg -S "*/$(basename "$each")"; done |
  sed 's/:.*//' | sort -u | paste -sd, | sed 's/,/, /g')
cat >"$tree/DEBIAN/control" <<C
Package: archive
Version: $version
Architecture: $architecture
Maintainer: archive <archive@localhost>
Installed-Size: $(du -sk "$tree/usr" | cut -f1)
Depends: ${depends:-libc6}
Section: utils
Priority: optional
Description: uploads collections to an archive and proves that all of it is there
 Uploads files in parallel into batches that are BagIt bags, proves count and
 content against the server's versioned state, resumes anywhere, and brings
 everything back as it was. Contains its own Java runtime.
C
mkdir -p "$target"
dpkg-deb --root-owner-group --build "$tree" "$work/$name" >/dev/null
mv "$work/$name" "$target/$name"
echo "$target/$name"
$check || exit 0

# As after dpkg -i, below a directory: with no other Java to be found.
root=$work/root
dpkg-deb -x "$target/$name" "$root"
sed "1,/^runtime=/s:^runtime=/usr:runtime=$root/usr:" "$root/usr/bin/archive" >"$root/program"
chmod 755 "$root/program"
mkdir -p "$work/bin" "$work/home" "$work/source/sub"
for each in sh sed readlink find ls cksum mktemp nice mv rm touch mkdir locale id sync dirname cat env; do
  ln -s "$(command -v "$each")" "$work/bin/$each"
done
seq 100000 >"$work/source/numbers"
echo text >"$work/source/sub/ä b"
run() { env -i PATH="$work/bin" HOME="$work/home" ARCHIVE_HOME="$work/archive" "$root/program" "$@"; }
run --version
run upload "$work/source" >"$work/receipt"
batch=$(awk '$1 == "receipt" { print $3 }' "$work/receipt")
run verify "$batch" "$work/source"
run fetch "$batch" --to "$work/back"
diff -r "$work/source" "$work/back"
echo "the package works without another Java"
