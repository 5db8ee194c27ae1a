#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of docs/scaling.md is what its script computes, and the script refuses what it does not know. usage: scaling.sh SOURCE_DIR
set -u
script=$1/tests/bench/scaling.sh
sh "$script" | while IFS= read -r line; do
    grep -qxF -- "$line" "$1/docs/scaling.md" || {
        echo "docs/scaling.md lacks: $line"
        exit 1
    }
done || exit 1
for wrong in 12x tills=3 sales= 'sales=1;2'; do
    if sh "$script" "$wrong" >/dev/null 2>&1; then
        echo "\"$wrong\" was not refused"
        exit 1
    fi
done
echo 'docs/scaling.md is current'
