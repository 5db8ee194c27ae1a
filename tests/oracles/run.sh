#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Receipts beside programs that others wrote:
#   receiptline   lays out the documents of documents/ as loyalctl does, character for character
#   zbarimg       reads each code off the receipt that loyalctl draws
#   tests/oracles/run.sh BUILD_DIR
# What is not there is said and skipped; npm packages go to BUILD_DIR/oracles. Exit: 0 all that ran agree, 1 not, 77 none ran.
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$build/oracles
ran=0 bad=0
mkdir -p "$work"
sale=$(cat "$here/../../schema/rules/valid/sale/least.json")
preview() { printf '%s' "$sale" | "$build/bin/loyalctl" receipt preview "$@"; }

if command -v npm >/dev/null && { [ -d "$work/node_modules/receiptline" ] ||
    (cd "$work" && npm install --silent --no-fund --no-audit receiptline@4.0.4 >/dev/null 2>&1); }; then
    for document in "$here"/documents/*.receipt; do
        for columns in 32 42 48; do
            preview --template "$document" --columns $columns >"$work/ours"
            (cd "$work" && node -e '
                const lay = require("receiptline");
                const text = require("fs").readFileSync(process.argv[1], "utf8").replace(/\n$/, "");
                process.stdout.write(lay.transform(text, { cpl: Number(process.argv[2]), encoding: "utf8",
                    command: "text", spacing: false }));' "$document" $columns) >"$work/theirs"
            # Blanks at the end of a line print nothing; a rule and a cut are drawn by each in its own way.
            for side in ours theirs; do
                sed -e 's/─/-/g' -e 's/\r//g' -e 's/[ ]*$//' -e '/^- - /d' "$work/$side" >"$work/$side.plain"
            done
            ran=$((ran + 1))
            if ! diff -u "$work/theirs.plain" "$work/ours.plain"; then
                echo "DIFFERS: $(basename "$document") at $columns columns"
                bad=$((bad + 1))
            fi
        done
    done
else
    echo 'skipped: receiptline cannot be installed by npm'
fi

if command -v zbarimg >/dev/null && command -v rsvg-convert >/dev/null; then
    preview --template "$here/codes.receipt" --format svg >"$work/codes.svg"
    rsvg-convert -z 2 --background-color white "$work/codes.svg" -o "$work/codes.png"
    zbarimg -q "$work/codes.png" 2>/dev/null | sort >"$work/read"
    ran=$((ran + 1))
    diff -u "$here/codes.expected" "$work/read" || { echo 'DIFFERS: codes'; bad=$((bad + 1)); }
else
    echo 'skipped: zbarimg (zbar-tools) or rsvg-convert (librsvg2-bin) is not installed'
fi
echo "$ran comparisons, $bad differ"
[ $bad -eq 0 ] || exit 1
[ $ran -gt 0 ] || exit 77
