# SPDX-License-Identifier: Apache-2.0
# More tills beside the first one: real loyald and loyald-sync, without devices. Sourced after common.sh. A till is a name, "b":
# its files are in $dir/b and $dir/b_courier, its processes b and b_courier.

till_ctl() { # NAME COMMAND...
    till_ctl_name=$1
    shift
    "$bin/loyalctl" --state-dir "$dir/$till_ctl_name" "$@"
}
till_health() { till_ctl "$1" api GET /v1/health 2>/dev/null; }
till_is_there() { till_health "$1" >/dev/null; }
till_has_courier() { till_health "$1" | grep -q '"courier":"[0-9]'; }
till_has_rules() { [ "$(till_health "$1" | number version)" = "$2" ]; }
till_is_synced() { [ "$(till_health "$1" | number unsynced)" = 0 ]; }
till_has_members() { [ "$(till_health "$1" | number members)" -ge "$2" ]; }

start_more_till() {
    printf '[daemon]\nlanguage = en\n[api]\nport = 0\n[sync]\nretry_max_s = 1\n' >"$dir/$1.conf"
    start "$1" "$bin/loyald" --config "$dir/$1.conf" --state-dir "$dir/$1"
    wait_for 15 till_is_there "$1"
}
start_more_courier() {
    sed "s|$dir/till/run|$dir/$1/run|" "$dir/loyald-sync.conf" >"$dir/$1-sync.conf"
    start "$1_courier" "$bin/loyald-sync" --config "$dir/$1-sync.conf" --state-dir "$dir/$1_courier"
    wait_for 15 till_has_courier "$1"
}
# more_till NAME STORE NUMBER: started, enrolled, with rules and members.
more_till() {
    start_more_till "$1" && start_more_courier "$1" &&
        till_ctl "$1" enrol "$(central till code demo "$2" "$3")" >>"$dir/log/setup.log" &&
        wait_for 30 till_has_rules "$1" 1 && wait_for 30 till_has_members "$1" 360
}

line='{"line":1,"sku":"A1","name":"Coffee","qty_milli":1000,"unit_price_minor":50000,"category":"drinks/coffee"}'
# buy TILL SALE [MORE]: a sale of the member whose card is $card; MORE is further members of the basket
buy() {
    till_ctl "$1" api PUT "/v1/sales/$2" "{\"cashier\":\"7\",\"card\":\"$card\",\"lines\":[$line]${3:-}}" >"$dir/put" &&
        buy_total=$(number total_minor <"$dir/put") &&
        till_ctl "$1" api POST "/v1/sales/$2/commit" "{\"expected_total_minor\":$buy_total,\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":$buy_total}]}" >"$dir/committed"
}
