#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The README's blocks run as they are written: its first two commands on this tree, with the programs that are built; its whole sale in a
# folder of its own that looks like the tree. usage: readme.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source=$2
page=$source/README.md
. "$source/tests/docs/blocks.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAILED: $*"
    cat "$work"/*.out 2>/dev/null
    exit 1
}
blocks_all_run "$page" sh || exit 1
blocks_of "$page" sh '! A whole sale, by hand' '' >"$work/first.sh"
blocks_of "$page" sh 'A whole sale, by hand' '' >"$work/sale.sh"
[ "$(grep -c '^echo "--- block' "$work/first.sh")" = 1 ] && [ "$(grep -c '^echo "--- block' "$work/sale.sh")" = 1 ] ||
    fail 'the README has other blocks than its first two commands and the sale: run them here'

# The tests that the second command runs are what runs here: it is followed until it has built everything and calls ctest.
if [ "$bin" -ef "$source/build/dev/bin" ]; then
    mkdir "$work/path"
    printf '#!/bin/sh\nexec %s --show-only "$@"\n' "$(command -v ctest)" >"$work/path/ctest"
    chmod 0755 "$work/path/ctest"
    (cd "$source" && PATH=$work/path:$PATH LOYALD_BIN=$bin sh -e "$work/first.sh") >"$work/first.out" 2>&1 || fail 'the first two commands'
    grep -q '^Total Tests: [1-9][0-9][0-9]' "$work/first.out" || fail 'the second command runs no tests'
    echo "the README's first two commands work as written"
else
    echo 'left out: the first two commands, which are for the preset dev'
fi

# Only the port is not of the README: several tills may run on this machine now.
mkdir -p "$work/build/dev"
ln -s "$bin" "$work/build/dev/bin"
printf '[api]\nport = 0\n' >"$work/loyald.conf"
sed -i "s#--state-dir build/try &#--state-dir build/try --config loyald.conf \\&#" "$work/sale.sh"
cd "$work" || exit 1
sh -e sale.sh >sale.out 2>&1 || fail 'the sale'
grep -q '"state":"committed"' sale.out && grep -q '31016' sale.out || fail 'the sale was not committed at 310.16'
cat sale.out
echo "the README's sale works as written"
