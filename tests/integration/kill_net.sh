#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 of loyald, loyald-sync and loyal-central between any two of their steps (before and after a commit is on disk,
# before and after something is said), over real TLS between two network namespaces that lose packets. In the end every
# sale that was confirmed is there, once, and till and central agree.
#   kill_net.sh BIN_DIR SOURCE_DIR SHIM [ROUNDS]       a round is one death; 1,000 take about half an hour
# LOYALD_SEED=N plays another course, LOYALD_LOSS=N loses N of 100 packets. Needs root, ip and nft: else 77.
shim=$3
rounds=${4:-${LOYALD_ROUNDS:-24}}
seed=${LOYALD_SEED:-1}
loss=${LOYALD_LOSS:-5}
office=loyald-office-$$ store=loyald-store-$$

without() {
    echo "$1: kills over a network that loses packets were left out"
    exit 77
}
[ "$(id -u)" -eq 0 ] || without 'network namespaces are root'"'"'s to make'
command -v ip >/dev/null || without 'ip is not installed (Debian: iproute2)'
command -v nft >/dev/null || without 'nft is not installed (Debian: nftables)'
ip netns add "$office" 2>/dev/null || without 'no network namespace can be made here'
ip netns del "$office"

central_host=10.214.7.1 central_listen=10.214.7.1
in_office="ip netns exec $office" in_store="ip netns exec $store"
central_run=$in_office courier_run=$in_store
. "$(dirname "$0")/common.sh"

drop_networks() {
    ip netns del "$office" 2>/dev/null
    ip netns del "$store" 2>/dev/null
}
trap 'drop_networks; finish' EXIT

# lossy NAMESPACE
lossy() {
    ip netns exec "$1" nft -f - <<RULES
table inet loss {
    chain input {
        type filter hook input priority 0;
        iifname "wire" numgen random mod 100 < $loss counter drop
    }
}
RULES
}
lost() { ip netns exec "$1" nft list chain inet loss input | sed -n 's/.*packets \([0-9]*\) .*/\1/p'; }

lay_wire() {
    ip netns add "$office" && ip netns add "$store" &&
        ip link add wire netns "$office" type veth peer name wire netns "$store" &&
        ip -n "$office" addr add 10.214.7.1/24 dev wire && ip -n "$store" addr add 10.214.7.2/24 dev wire &&
        for space in "$office" "$store"; do
            ip -n "$space" link set lo up && ip -n "$space" link set wire up || return 1
        done && lossy "$office" && lossy "$store"
}

state=$seed
random() { # BELOW: sets drawn
    state=$(((state * 1103515245 + 12345) & 2147483647))
    drawn=$(((state >> 12) % $1))
}

# die NAME WHAT N: the program of that name starts again, to die at that call; it is helped after a while.
die() {
    kill_now "$1"
    with="env LD_PRELOAD=$shim LOYALD_KILL=$2:$3"
    till_run=$with central_run="$in_office $with" courier_run="$in_store $with"
    "launch_$1"
    till_run='' central_run=$in_office courier_run=$in_store
    if wait_for 4 is_ended "$1"; then
        reap "$1"
        [ $? -eq 137 ] || bad "$1, to die at $2:$3, ended otherwise"
        by_itself=$((by_itself + 1))
    else
        kill_now "$1" # it had not that much to do
    fi
    must "$1 starts again" "start_$1"
}

shop_number=0
shop_on() {
    is_running shop && return 0
    if [ $shop_number -gt 0 ]; then
        reap shop || bad 'the shoppers were not all served'
        check_quietly is sales 20
    fi
    shop_number=$((shop_number + 1))
    start shop "$bin/loyal-sim" shop --api "$dir/till/run/api.sock" --scanner "$dir/scanner.sock" \
        --members "$demo/members.csv" --confirmed "$dir/confirmed" --json "$dir/shop.json" \
        --seed $((seed * 1000 + shop_number)) --baskets 20 --rate 6 --retry-ms 60000 --print-wait-ms 500
}
check_quietly() { "$@" || bad "$*"; }

must 'the wire is laid' lay_wire
echo "seed $seed, $rounds rounds, $loss of 100 packets lost"
begin
by_itself=0 tills=0 couriers=0 centrals=0 round=0
while [ $round -lt "$rounds" ]; do
    round=$((round + 1))
    shop_on
    random 4
    case $drawn in
    0) what=before_sync ;;
    1) what=after_sync ;;
    2) what=before_send ;;
    3) what=after_send ;;
    esac
    random 60
    nth=$((drawn + 1))
    random 5
    case $drawn in
    0 | 1) die till $what $nth; tills=$((tills + 1)) ;;
    2) die courier $(echo $what | sed 's/sync/send/') $nth; couriers=$((couriers + 1)) ;; # it commits nothing
    *) die central $what $nth; centrals=$((centrals + 1)) ;;
    esac
    [ $((round % 100)) -ne 0 ] || echo "$round rounds"
done
check 'the shoppers were all served' reap shop
echo "killed: loyald $tills, loyald-sync $couriers, loyal-central $centrals; $by_itself between two of their steps," \
    "the others while they waited; packets lost: $(($(lost "$office") + $(lost "$store")))"
check 'packets were lost' test "$(lost "$office")" -gt 0 -a "$(lost "$store")" -gt 0
check 'most died between two steps' test $((2 * by_itself)) -ge "$rounds"
settle
