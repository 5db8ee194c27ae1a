#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's whole sale runs as it is written, in a folder of its own that looks like the tree. usage: readme.sh BIN_DIR SOURCE_DIR
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/build/dev"
ln -s "$1" "$work/build/dev/bin"
# The block of shell that begins with the daemon.
awk '/^```sh$/ { block = ""; inside = 1; next }
     /^```$/ { if (inside && block ~ /^build\/dev\/bin\/loyald /) printf "%s", block; inside = 0; next }
     inside { block = block $0 "\n" }' "$2/README.md" >"$work/sale.sh"
[ -s "$work/sale.sh" ] || { echo "FAILED: the README has no such block"; exit 1; }
# Only the port is not of the README: several tills may run on this machine now.
printf '[api]\nport = 0\n' >"$work/loyald.conf"
sed -i "s#--state-dir build/try &#--state-dir build/try --config loyald.conf \\&#" "$work/sale.sh"
cd "$work" || exit 1
sh -e sale.sh >out 2>err
code=$?
cat out err
[ $code -eq 0 ] || { echo "FAILED: exit status $code"; exit 1; }
grep -q '"state":"committed"' out && grep -q '31016' out || { echo "FAILED: the sale was not committed at 310.16"; exit 1; }
echo "the README's sale works as written"
