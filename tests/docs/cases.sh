#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cases.sh BUILD_DIR SOURCE_DIR: each test that tests/CASES.md names is there, in a file that is built and switched on, and no case goes
# without one.
set -eu
build=$1
source=$2
page=$source/tests/CASES.md
code=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ctest --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: //p' >"$work/ctest"
# Of a build by Ninja only what it builds.
find "$source/tests/unit" -name 'test_*.c' | while IFS= read -r file; do
    [ -f "$build/build.ninja" ] && ! grep -qF "$file" "$build/build.ninja" || cat "$file"
done | grep -v 'disabled *= *true' | grep -oE '^(ParameterizedTest\([^,]*, *|Test\()[a-z_0-9]+, *[a-z_0-9]+' |
    sed -E 's/^(Test\(|ParameterizedTest\([^,]*, *)//; s/, */./' >"$work/unit"
[ -s "$work/ctest" ] && [ -s "$work/unit" ] || { echo 'the tests there are could not be listed'; exit 1; }

grep '^|' "$page" | grep -v '^|---\|^| case \|^| complaint ' >"$work/rows"
while IFS= read -r row; do
    names=$(printf '%s' "${row%|}" | sed 's/.*|//' | grep -o '`[^`]*`' | tr -d '`') || names=''
    [ -n "$names" ] || { echo "no test: $row"; code=1; }
    for name in $names; do
        case $name in
        *.*) grep -qxF "$name" "$work/unit" ;;
        *) grep -qxF "$name" "$work/ctest" ;;
        esac || { echo "there is no test $name, named in: $row"; code=1; }
    done
done <"$work/rows"
count=$(wc -l <"$work/rows" | tr -d ' ')
[ "$count" -ge 50 ] || { echo "only $count cases were read"; code=1; }
[ $code -ne 0 ] || echo "$count cases, each with tests that are there"
exit $code
