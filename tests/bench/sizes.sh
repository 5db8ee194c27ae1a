#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A till with a chain's members and 10,000 promotions, as a program beside it sees it: until it is ready, how long a scan takes, its memory,
# and both while the next 10,000 are fetched, checked, compiled and made active.
#   sizes.sh BIN_DIR [CACHE_DB]      CACHE_DB: members, as bench_cache leaves them with LOYALD_KEEP; without it only the demo's are there
# A scan's time is the daemon's own, from the last byte read to the answer given.
set -eu
bin=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${2:-}
demo=$root/packaging/demo
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/loyald-bench.XXXXXX")
language=en
mkdir "$dir/log"
. "$demo/shop.sh"
trap 'shop_end || true; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

# rules VERSION: 10,000 promotions, as the other benchmarks have them, in the demo's currency and tiers
rules() {
    "$bin/../bench/peers_work" bundle 10000 1 |
        sed 's/"version":1,/"version":'"$1"',/; s/"currency":"EUR"/"currency":"RUB"/; s/"t3"/"gold"/g; s/"t2"/"silver"/g' >"$dir/rules-$1.json"
    publish "$dir/rules-$1.json"
}

make_chain "$demo/members.csv"
rules 1
start_devices
start_till
start_courier
wait_for 10 enrol
wait_for 60 has_rules 1
wait_for 60 has_members 360
stop courier
stop till
python3 "$root/tests/bench/sizes.py" prepare "$dir" "$cache"
python3 "$root/tests/bench/sizes.py" plain "$dir" "$bin"
rules 2
python3 "$root/tests/bench/sizes.py" compiling "$dir" "$bin" 2
