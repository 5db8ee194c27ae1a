#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 of loyald, loyald-sync and loyal-central between any two of their steps (before and after a commit is on disk,
# before and after something is said), over real TLS between two network namespaces that lose packets. In the end every
# sale that was confirmed is there, once, and till and central agree.
#   kill_net.sh BIN_DIR SOURCE_DIR SHIM [ROUNDS]       so many deaths between two steps; 1,000 take about an hour
# Nothing here depends on the machine's speed: what is waited for are deaths and sales, and what must be reached is
# counted. A limit of time is for what hangs.
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
patience=10

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

# What can be killed where: each kind once in ten rounds, in an order of the seed's.
kind() { # NUMBER: sets who and what
    case $1 in
    0) who=till what=before_sync ;;
    1) who=till what=after_sync ;;
    2) who=till what=before_send ;;
    3) who=till what=after_send ;;
    4) who=courier what=before_send ;; # it commits nothing
    5) who=courier what=after_send ;;
    6) who=central what=before_sync ;;
    7) who=central what=after_sync ;;
    8) who=central what=before_send ;;
    9) who=central what=after_send ;;
    esac
}
draw_kind() {
    if [ $((round % 10)) -eq 1 ]; then
        random 10
        kind_at=$drawn
        random 4
        case $drawn in 0) kind_step=1 ;; 1) kind_step=3 ;; 2) kind_step=7 ;; 3) kind_step=9 ;; esac
    fi
    kind_at=$(((kind_at + kind_step) % 10))
    kind $kind_at
}

told() { wc -l <"$dir/confirmed"; }
# It died, or so much was sold meanwhile that it had its chance. The shoppers go on in any case.
is_decided() {
    is_ended "$1" && return 0
    shop_on
    [ "$(told)" -ge "$told_limit" ]
}

# die NAME WHAT N: the program of that name starts again, to die at that call. How long that takes is the machine's
# business: what is waited for is its death or 60 more sales, not a time.
die() {
    kill_now "$1"
    with="env LD_PRELOAD=$shim LOYALD_KILL=$2:$3"
    told_limit=$(($(told) + 60))
    till_run=$with central_run="$in_office $with" courier_run="$in_store $with"
    "launch_$1"
    till_run='' central_run=$in_office courier_run=$in_store
    must "$1, to die at $2:$3, dies or the shop sells" wait_for 60 is_decided "$1"
    if is_ended "$1"; then
        reap "$1"
        [ $? -eq 137 ] || bad "$1, to die at $2:$3, ended otherwise"
        echo "$1 $2 $3" >>"$dir/points"
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
        --seed $((seed * 1000 + shop_number)) --baskets 20 --rate 6 --retry-ms 600000 --print-wait-ms 500
}
check_quietly() { "$@" || bad "$*"; }

must 'the wire is laid' lay_wire
echo "seed $seed, $rounds rounds, $loss of 100 packets lost"
: >"$dir/confirmed"
begin
: >"$dir/points"
reached() { wc -l <"$dir/points"; }
distinct() { sort -u "$dir/points" | wc -l; }
# Of the ten kinds the one that was reached least.
rarest() {
    for rarest_kind in 0 1 2 3 4 5 6 7 8 9; do
        kind $rarest_kind
        grep -c "^$who $what " "$dir/points"
    done | sort -n | head -n 1
}
deaths_of() { grep -c "^$1 " "$dir/points"; }

# A round that did not get to its call is made again, up to as many as were asked for.
round=0
while [ "$(reached)" -lt "$rounds" ] && [ $round -lt $((2 * rounds)) ]; do
    round=$((round + 1))
    shop_on
    draw_kind
    random 60
    die $who $what $((drawn + 1))
    [ $((round % 100)) -ne 0 ] || echo "$round rounds, $(distinct) points"
done
check 'the shoppers were all served' reap shop
echo "killed between two steps: loyald $(deaths_of till), loyald-sync $(deaths_of courier)," \
    "loyal-central $(deaths_of central), at $(distinct) different points, each kind at least $(rarest) times;" \
    "$((round - $(reached))) rounds had not that much to do; packets lost: $(($(lost "$office") + $(lost "$store")))"
check 'packets were lost' test "$(lost "$office")" -gt 0 -a "$(lost "$store")" -gt 0
check 'so many died between two steps' test "$(reached)" -ge "$rounds"
check 'at each kind of step' test "$(rarest)" -ge $((rounds / 20))
settle
