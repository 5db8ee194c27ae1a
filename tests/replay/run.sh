#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real receipts through the real engine: converts a set, replays it with loyalctl, works it out again from the
# rows, and compares what came out with SET.expected.
#   tests/replay/run.sh BIN_DIR OUT_DIR journey|retail [--write] [WEEKS|STEP]
#   --write   writes SET.expected instead of comparing
#   WEEKS     of journey, as 8-12; default 1-40, all that have sales.  STEP of retail: every STEP-th invoice; default 1, all
# With WEEKS or STEP there is nothing to compare with: the summary is printed. LOYALD_SHARED names the folder that
# holds data/completejourney and data/onlineretail. Exit status: 0 as expected, 77 skipped, 1 otherwise, 2 usage.
set -eu
export PYTHONDONTWRITEBYTECODE=1 # nothing is written beside the scripts

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] && [ -x "$1/loyalctl" ] || {
    echo "usage: tests/replay/run.sh BIN_DIR OUT_DIR journey|retail [--write] [WEEKS|STEP]" >&2
    exit 2
}
bin=$1 out=$2 set_name=$3
shift 3
write=no
[ "${1:-}" = --write ] && write=yes && shift
part=${1:-}

skip() {
    echo "SKIPPED: $*"
    exit 77
}
[ -n "${LOYALD_SHARED:-}" ] || skip "LOYALD_SHARED names no folder with real receipts"
command -v python3 >/dev/null || skip "python3 is not installed"
data=$LOYALD_SHARED/data
# What a run with other weeks left is none of this one's.
mkdir -p "$out"
rm -f "$out"/bundle-* "$out"/sales-* "$out"/results-* "$out"/stats-* "$out"/returns-* "$out"/refunds-*

replay() { # NAME: bundle-NAME.json, sales-NAME.jsonl to results-NAME.jsonl, stats-NAME
    "$bin/loyalctl" evaluate --stats --bundle "$out/bundle-$1.json" <"$out/sales-$1.jsonl" >"$out/results-$1.jsonl" 2>"$out/stats-$1" || {
        cat "$out/stats-$1"
        grep -m 3 '"error"' "$out/results-$1.jsonl" || true
        echo "FAILED: loyalctl evaluate, $1"
        exit 1
    }
}

case $set_name in
journey)
    weeks=${part:-1-40}
    python3 "$here/journey.py" "$data" "$out" "$weeks"
    results=
    for week in $(seq "${weeks%-*}" "${weeks#*-}"); do
        replay "$week"
        results="$results $out/results-$week.jsonl"
    done
    python3 "$here/journey_check.py" "$data" "$out" "$weeks"
    ;;
retail)
    python3 "$here/retail.py" convert "$data" "$out" "${part:-1}"
    replay retail
    "$bin/loyalctl" refund <"$out/returns-retail.jsonl" >"$out/refunds-retail.jsonl"
    for part_of in half rest; do
        python3 "$here/retail.py" $part_of "$out"
        "$bin/loyalctl" refund --bundle "$out/bundle-retail.json" <"$out/returns-$part_of.jsonl" >"$out/refunds-$part_of.jsonl"
    done
    results=$out/results-retail.jsonl
    python3 "$here/retail.py" check "$data" "$out" "${part:-1}"
    ;;
*)
    echo "run.sh: what is \"$set_name\"?" >&2
    exit 2
    ;;
esac

# The header of an expected file names the source; the figures under it are ours.
sed -n '/^#/p' "$here/$set_name.expected" >"$out/summary"
# shellcheck disable=SC2086 # words are meant to be parted
python3 "$here/summary.py" "lines left out: $(cat "$out"/left-out*.json)" $results >>"$out/summary"
echo "times of the machine, not compared:"
sed -n 's/.*"sales":\([0-9]*\),"p50_ns":\([0-9]*\),"p99_ns":\([0-9]*\),.*/\1 \2 \3/p' "$out"/stats-* | awk '
    $1 > 0 { if (!n++ || $2 < p50) p50 = $2; if ($3 > p99) p99 = $3 }
    END { printf "%d bundles: least p50 %.1f us, most p99 %.1f us\n", n, p50 / 1000, p99 / 1000 }'
if [ -n "$part" ]; then
    cat "$out/summary"
elif [ $write = yes ]; then
    cp "$out/summary" "$here/$set_name.expected"
    echo "written: tests/replay/$set_name.expected"
elif ! diff -u "$here/$set_name.expected" "$out/summary"; then
    echo "FAILED: other figures than expected; when the engine is right and the page says so: run.sh ... --write"
    exit 1
fi
