#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Receipts, codes and devices beside programs that others wrote:
#   receiptline   lays out the documents of documents/ as loyalctl does, character for character
#   zbarimg, zxing  read each code off the receipt that loyalctl draws, and off the slip that the simulated printer draws of
#                 what the driver sends
#   receiptio     as the host of the simulated printer finds out that it prints, has its cover open, has no paper, is away
#   bwip-js, zxing  make the frames of seventeen symbologies with their identifiers; they are read as any scanner's
#   escpos-tools  reads the text of a slip, and takes out what was sent as pictures, a logo and codes. Neither Debian nor npm has it:
#                 ESCPOS_TOOLS=FOLDER names a copy with its vendor/autoload.php (tried: commit 4311694 with escpos-php 1.5.1,
#                 PHP 8.2 with php-intl, the arguments of implode in order in src/Parser/Command/Printout.php)
#   tests/oracles/run.sh [--install] BUILD_DIR
# --install installs what Debian has; npm packages go to BUILD_DIR/oracles. What is not there is said and skipped.
# Exit: 0 all that ran agree, 1 not, 77 none ran.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ "${1:-}" = --install ]; then
    shift
    (. "$root/packaging/lib.sh" && needs oracles && { command -v npm >/dev/null || needs node; }) ||
        echo 'not everything could be installed'
elif [ "${LOYALD_ORACLES:-}" = stage ]; then
    echo 'skipped: a stage of its own'
    exit 77
fi
build=$(cd "$1" && pwd)
work=$build/oracles
scratch=$(mktemp -d "${TMPDIR:-/tmp}/loyald-oracles.XXXXXX")
packages='receiptline@4.0.4 receiptio@2.1.2 zxing-wasm@3.1.4 bwip-js@4.11.4'
printer=
ran=0 bad=0
mkdir -p "$work"
finish() {
    [ -z "$printer" ] || kill "$printer" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

agree() { ran=$((ran + 1)) && echo "ok: $*"; }
differ() {
    ran=$((ran + 1)) bad=$((bad + 1))
    echo "DIFFERS: $*"
}
# same WHAT WANTED GOT: two files
same() { if diff -au "$2" "$3"; then agree "$1"; else differ "$1"; fi; }

sale=$(cat "$root/schema/rules/valid/sale/least.json")
preview() { printf '%s' "$sale" | "$build/bin/loyalctl" receipt preview "$@"; }

has_packages() {
    command -v npm >/dev/null || return 1
    for package in $packages; do
        [ -d "$work/node_modules/${package%@*}" ] && continue
        # shellcheck disable=SC2086 # words are meant to be parted
        (cd "$work" && npm install --silent --no-fund --no-audit $packages >/dev/null 2>&1)
        return
    done
}

lay_out() {
    for document in "$here"/documents/*.receipt; do
        for columns in 32 42 48; do
            preview --template "$document" --columns $columns >"$scratch/ours"
            (cd "$work" && node -e '
                const lay = require("receiptline");
                const text = require("fs").readFileSync(process.argv[1], "utf8").replace(/\n$/, "");
                process.stdout.write(lay.transform(text, { cpl: Number(process.argv[2]), encoding: "utf8",
                    command: "text", spacing: false }));' "$document" $columns) >"$scratch/theirs"
            # Blanks at the end of a line print nothing; a rule and a cut are drawn by each in its own way.
            for side in ours theirs; do
                sed -e 's/─/-/g' -e 's/\r//g' -e 's/[ ]*$//' -e '/^- - /d' "$scratch/$side" >"$scratch/$side.plain"
            done
            same "receiptline lays out $(basename "$document") at $columns columns" "$scratch/theirs.plain" "$scratch/ours.plain"
        done
    done
}

# The receipt of every code, drawn by loyalctl; a Russian slip, drawn by the printer that got the driver's bytes.
draw() {
    preview --template "$here/codes.receipt" --format svg >"$scratch/codes.svg"
    "$build/tests/draw_slip" ru >"$scratch/slip.svg"
    for picture in codes slip; do
        rsvg-convert -z 2 --background-color white "$scratch/$picture.svg" -o "$scratch/$picture.png"
    done
}

# read_pictures WHO COMMAND...: the command is given a picture
read_pictures() {
    who=$1
    shift
    for picture in codes slip; do
        "$@" "$scratch/$picture.png" 2>/dev/null | sort >"$scratch/read"
        same "$who reads each code of $picture" "$here/$picture.expected" "$scratch/read"
    done
}

host() { # PATIENCE: what receiptio makes of the printer
    timeout 30 node "$here/receiptio.cjs" "$work" "$scratch/line" "$here/documents/signs.receipt" "$1"
}
tell() { "$build/bin/loyal-sim" tell --control "$scratch/control" "$1" >/dev/null; }
host_says() { # WORD PATIENCE
    said=$(host "$2")
    if [ "$said" = "$1" ]; then agree "receiptio finds $1"; else differ "receiptio finds \"$said\", not $1"; fi
}
be_hosted() {
    "$build/bin/loyal-sim" printer --link "$scratch/line" --out "$scratch/slips" --control "$scratch/control" \
        --profile epson-tm-t88v 2>"$scratch/log" &
    printer=$!
    until [ -S "$scratch/control" ]; do kill -0 "$printer" && sleep 0.1; done
    host_says success 20
    grep -q '"cut":"partial"' "$scratch/slips/slip-0001.json" && agree 'and its slip is cut' || differ 'its slip is not cut'
    tell 'cover open'
    host_says coveropen 20
    tell 'cover closed'
    tell 'paper out'
    host_says paperempty 20
    tell 'paper ok'
    tell stall
    host_says offline 3
    tell resume
    host_says success 20
    kill "$printer"
    wait "$printer" || true
    printer=
}

scan_frames() {
    mkdir -p "$scratch/captures"
    if node "$here/frames.mjs" "$work" >"$scratch/captures/frames.cap" &&
        [ "$(grep -c '^= scan \][A-Za-z][0-9]' "$scratch/captures/frames.cap")" = 17 ] &&
        LOYALD_CAPTURES=$scratch/captures "$build/tests/test_scanner_captures" --jobs 1 >"$scratch/said" 2>&1; then
        agree 'frames of 17 symbologies, made by bwip-js and zxing, are read'
    else
        cat "$scratch/said" "$scratch/captures/frames.cap"
        differ 'frames made by bwip-js and zxing'
    fi
}

# What is not text on paper is drawn by each in its own way: codes and the cut.
take_for_text() {
    "$build/tests/draw_slip" ru epson-tm-t88v >"$scratch/slip.bin"
    php "$here/read_slip.php" "$ESCPOS_TOOLS" "$scratch/slip.bin" 17=CP866 46=CP1251 2>/dev/null |
        tr -d '\000' >"$scratch/theirs" # the operand of GS f, a command that it does not know
    cp "$root/tests/unit/agent/receipt/golden/ru_42.txt" "$scratch/ours"
    for side in ours theirs; do # the printer has no minus sign of its own
        sed -e 's/−/-/g' -e 's/^ *//' -e 's/ *$//' -e '/^\[/d' -e '/^- - /d' -e '/^$/d' "$scratch/$side" >"$scratch/$side.plain"
    done
    same "escpos-tools reads the $(wc -l <"$scratch/ours.plain") lines of a slip" "$scratch/ours.plain" "$scratch/theirs.plain"
}

# A printer without codes of its own is sent pictures, in bands: escpos-tools takes them out, zbarimg reads them.
take_for_pictures() {
    python3 -c 'import sys
rows = [bytes(255 if (x * y) // 7 % 3 else 0 for x in range(25)) for y in range(160)]
sys.stdout.buffer.write(b"P4\n200 160\n" + b"".join(rows))' >"$scratch/logo.pbm"
    "$build/tests/draw_slip" ru zijiang-zj-5870 "$scratch/logo.pbm" >"$scratch/drawn.bin"
    mkdir -p "$scratch/bands"
    php "$ESCPOS_TOOLS/escimages.php" --file "$scratch/drawn.bin" --pbm --output-dir "$scratch/bands" >/dev/null 2>&1
    python3 "$here/join_bands.py" "$scratch"/bands/drawn-*.pbm "$scratch/joined"
    python3 "$here/join_bands.py" "$scratch/logo.pbm" "$scratch/wanted"
    same 'escpos-tools takes a picture out of a slip dot by dot' "$scratch/wanted-0.pbm" "$scratch/joined-0.pbm"
    zbarimg -q "$scratch"/joined-*.pbm 2>/dev/null | sort >"$scratch/read"
    same "escpos-tools takes the codes out of a slip as pictures, and zbarimg reads them" "$here/slip.expected" "$scratch/read"
}

pictures=no
if command -v rsvg-convert >/dev/null; then
    draw
    pictures=yes
fi
if [ $pictures = no ] || ! command -v zbarimg >/dev/null; then
    echo 'skipped: zbarimg (zbar-tools) or rsvg-convert (librsvg2-bin) is not installed'
else
    read_pictures zbarimg zbarimg -q
fi
if ! has_packages; then
    echo 'skipped: receiptline, receiptio, zxing, bwip-js: no npm, or it cannot install them'
else
    lay_out
    [ $pictures = no ] || read_pictures zxing node "$here/read_codes.mjs" "$work"
    be_hosted
    scan_frames
fi
if [ -n "${ESCPOS_TOOLS:-}" ] && command -v php >/dev/null; then
    take_for_text
    ! command -v zbarimg >/dev/null || take_for_pictures
else
    echo 'skipped: escpos-tools: ESCPOS_TOOLS names no copy of it, or there is no php'
fi
echo "$ran comparisons, $bad differ"
[ $bad -eq 0 ] || exit 1
[ $ran -gt 0 ] || exit 77
