#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/performance.md: every command on it can be run, every picture is there and well-formed, every made part has its
# place; and what plot draws is well-formed, the same each time, and nothing at all from figures that are none.
#   page_check.sh BUILD_DIR
set -eu

build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
page=$root/docs/performance.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0

wrong() {
    echo "FAILED: $*"
    code=1
}

well_formed() {
    if command -v python3 >/dev/null; then
        python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$1" 2>"$work/words" ||
            wrong "$1 is no XML: $(tail -n 1 "$work/words")"
    fi
    [ "$(head -c 4 "$1")" = '<svg' ] && [ "$(tail -n 1 "$1")" = '</svg>' ] || wrong "$1 is no whole picture"
}

# Commands: a script of the tree, or a program that this build makes.
awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" >"$work/commands"
[ -s "$work/commands" ] || wrong "no command on the page"
while read -r first second _; do
    case $first in
    sh) [ -f "$root/$second" ] || wrong "the page says \"sh $second\", which is not there" ;;
    build/release/*) [ -x "$build/${first#build/release/}" ] || wrong "the page says \"$first\", which no build makes" ;;
    cmake | LOYALD_SHARED=* | LOYALD_KEEP=* | PAGE_OPTIONS=*) ;;
    *) wrong "the page says \"$first $second\": a script or a program of the build is wanted" ;;
    esac
done <"$work/commands"

for name in machine curve engine peers cents bundles replay commit devices till; do
    grep -q "^<!-- made: $name -->$" "$page" || wrong "no place for $name on the page"
done
[ "$(grep -c '^<!-- made: ' "$page")" -eq "$(grep -c '^<!-- end -->$' "$page")" ] || wrong "a made part of the page has no end"
for name in drain drain_first roundtrip growth backlog members; do
    grep -q "^<!-- made: $name -->$" "$page" || wrong "no place for $name on the page"
done

sed -n 's/.*](\(images\/[^)]*\)).*/\1/p' "$page" >"$work/pictures"
[ -s "$work/pictures" ] || wrong "no picture on the page"
while read -r picture; do
    if [ -f "$root/docs/$picture" ]; then well_formed "$root/docs/$picture"; else wrong "docs/$picture is not there"; fi
done <"$work/pictures"

printf '%s\n' promotions,lines,p50_ns,p99_ns,floor_ns 100,5,900,1300,50 10000,5,13000,27000,7000 100,20,4300,6000,150 \
    10000,20,74000,107000,26000 >"$work/curve.csv"
for axis in promotions lines; do
    "$build/bench/plot" $axis <"$work/curve.csv" >"$work/$axis.svg" || wrong "plot $axis refused a curve"
    well_formed "$work/$axis.svg"
    "$build/bench/plot" $axis <"$work/curve.csv" | cmp -s - "$work/$axis.svg" || wrong "plot $axis drew another picture"
done
[ "$(grep -c '<polyline' "$work/promotions.svg")" -eq 2 ] || wrong "plot promotions: two curves were wanted"
printf '%s\n' curve,number,ns 'taken in,1,150000' 'taken in,500,5000' 'booked,1,37000' 'booked,500,35000' >"$work/growth.csv"
"$build/bench/plot" growth <"$work/growth.csv" >"$work/growth.svg" || wrong "plot growth refused its figures"
well_formed "$work/growth.svg"
[ "$(grep -c '<polyline' "$work/growth.svg")" -eq 2 ] && grep -q '>taken in<' "$work/growth.svg" || wrong "plot growth: two curves with their names were wanted"
if echo 'taken in,0,5' | "$build/bench/plot" growth >"$work/none" 2>/dev/null || [ -s "$work/none" ]; then wrong "plot growth drew nothing's cost"; fi
for bad in '100,5,900,800,50' '100,5' 'x' '100,5,900,1300,50'; do # a p99 below the p50, half a row, no row, one point
    if echo "$bad" | "$build/bench/plot" lines >"$work/none" 2>/dev/null || [ -s "$work/none" ]; then
        wrong "plot drew \"$bad\""
    fi
done
[ $code -ne 0 ] || echo "the page is as it should be"
exit $code
