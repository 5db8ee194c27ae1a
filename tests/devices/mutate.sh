#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes a mutant. usage: mutate.sh TABLE NAME ORIGINAL MUTATED
set -e
awk -v name="$2" '$1 == name { sub(/^[^ ]+ [^ ]+ /, ""); print }' "$1" >"$4.sed"
sed -f "$4.sed" "$3" >"$4"
if cmp -s "$3" "$4"; then
    echo "mutant $2: its line is no longer in $3" >&2
    rm -f "$4"
    exit 1
fi
