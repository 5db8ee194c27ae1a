#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 of loyald, loyald-sync and loyal-central at random while shoppers shop: in the end every sale that was
# confirmed is there, once, and till and central agree. LOYALD_SEED=N plays another course.
. "$(dirname "$0")/common.sh"
seed=${LOYALD_SEED:-1}
baskets=${LOYALD_BASKETS:-60}
echo "seed $seed, $baskets baskets"

state=$seed
# random BELOW: sets drawn (numbers of a linear congruence, the lower bits dropped)
random() {
    state=$(((state * 1103515245 + 12345) & 2147483647))
    drawn=$(((state >> 12) % $1))
}
pause() { # at most so many hundredths of a second
    random "$1"
    sleep "$(printf '0.%02d' "$drawn")"
}

begin
# Slow enough for the kills to fall everywhere in a sale; the programs' own pace decides where.
start shop "$bin/loyal-sim" shop --api "$dir/till/run/api.sock" --scanner "$dir/scanner.sock" \
    --members "$demo/members.csv" --confirmed "$dir/confirmed" --json "$dir/shop.json" --seed "$seed" \
    --baskets "$baskets" --rate 6 --retry-ms 40000 --print-wait-ms 500

tills=0 couriers=0 centrals=0
while is_running shop; do
    pause 60
    random 4
    case $drawn in
    0 | 1) # twice as often: it holds the sale
        kill_now till
        pause 20
        must 'loyald starts again' start_till
        tills=$((tills + 1))
        ;;
    2)
        kill_now courier
        pause 50
        must 'loyald-sync starts again' start_courier
        couriers=$((couriers + 1))
        ;;
    3)
        kill_now central
        pause 80
        must 'loyal-central starts again' start_central
        centrals=$((centrals + 1))
        ;;
    esac
done
check 'the shoppers were all served' reap shop
echo "killed: loyald $tills, loyald-sync $couriers, loyal-central $centrals; retries $(figure retries)"
check 'each was killed' test $tills -ge 1 -a $couriers -ge 1 -a $centrals -ge 1
check 'no basket was given up' is sales "$baskets"
settle
