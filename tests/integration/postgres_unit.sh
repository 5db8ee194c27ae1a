#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs programs of the central's unit tests against a PostgreSQL of their own. usage: postgres_unit.sh PROGRAM...
# Exit status: 0 all passed, 1 not, 77 PostgreSQL is not installed.
set -u
. "$(dirname "$0")/postgres_cluster.sh"
cluster_find || {
    echo 'skipped: PostgreSQL is not installed (Debian: postgresql-15)'
    exit 77
}
# Some hundred times all tables are made and dropped: in memory where there is some, with fsync nevertheless.
place=${TMPDIR:-/tmp}
[ ! -w /dev/shm ] || place=/dev/shm
work=$(mktemp -d "$place/loyald-test.XXXXXX")
trap 'cluster_stop 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cluster_make "$work" || exit 1
LOYALD_TEST_DATABASE=$cluster_url
LOYALD_ROUNDS=${LOYALD_ROUNDS:-3} # of random tests: the same seeds run on SQLite, more of them
export LOYALD_TEST_DATABASE LOYALD_ROUNDS
failed=0
for program in "$@"; do
    echo "== ${program##*/} on PostgreSQL"
    "$program" --jobs 1 || failed=1
done
grep -E 'PANIC|FATAL|server process .* was terminated' "$cluster_dir/log" | tail -n 5
exit $failed
