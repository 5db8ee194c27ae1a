#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests that come with the Debian packages (packaging/deb/tests), run by Debian's own autopkgtest in a bare Debian 12 of its own (a
# chroot), each with no more installed than it names. usage: packaging/autopkgtest.sh [DEB_FOLDER]     (build/deb: packaging/deb.sh makes it)
#
# Wants root, for the chroot. LOYALD_CHROOT names a folder in which the bare system is kept for the next run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
debs=$(cd "${1:-$root/build/deb}" && pwd)
use_work autopkgtest

make_testbed() {
    fresh_system
    in_system apt-get update -q
    debian_sources "$work/tree"
}
# 2 is "some were left out", as where a machine of its own is wanted; ours want none.
run_tests() {
    autopkgtest --no-built-binaries --output-dir "$work/out" "$debs"/*.deb "$work/tree" -- chroot "$system"
}
say_summary() {
    grep -q . "$work/out/summary" && cat "$work/out/summary"
    [ "$(grep -c 'PASS' "$work/out/summary")" -eq "$(grep -c '^Test' "$root/packaging/deb/tests/control")" ]
}

needs deb autopkgtest
find "$debs" -name '*.deb' | grep -q . || give_up "$debs has no packages: packaging/deb.sh makes them"
step 'A bare Debian 12' make_bare
step 'A system to test in' make_testbed
step 'The tests of the packages' run_tests
say_summary
