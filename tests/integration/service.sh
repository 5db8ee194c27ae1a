# SPDX-License-Identifier: Apache-2.0
# A folder for the test of loyald under a service manager. usage: service.sh TEST LOYALD
set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/loyald-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
"$1" "$2" "$work" 2>"$work/log"
code=$?
grep -A 30 'Sanitizer:\|runtime error:' "$work/log" && code=1
[ $code -eq 0 ] || tail -n 20 "$work/log"
exit $code
