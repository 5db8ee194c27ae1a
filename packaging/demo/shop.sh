# SPDX-License-Identifier: Apache-2.0
# A chain of one store and one till, all real: its programs started, stopped and killed by their pids, never by name.
# Sourced by the demo and by the integration tests. POSIX sh. The caller sets
#   bin   folder of the programs      dir   an empty folder for everything that is written      demo  packaging/demo
#   printer_profile                   the model of the simulated printer, when it is not the first
#   central_host, central_listen      the central's name for tills, and its address, when they are not localhost
#   patience                          how many times as long as usual is waited before something is said to hang
#   till_run, central_run, courier_run  words before these programs, such as: ip netns exec NAME
# and calls shop_end in a trap.

# ---- processes: start NAME COMMAND..., stop NAME, kill_now NAME; the log is $dir/log/NAME.log ----

shop_names=''

start() {
    start_name=$1
    shift
    mkdir -p "$dir/log"
    # A shell's own notices ("Killed") are no output of the program.
    "$@" </dev/null >>"$dir/log/$start_name.log" 2>&1 &
    eval "pid_$start_name=$!"
    case " $shop_names " in *" $start_name "*) ;; *) shop_names="$start_name $shop_names" ;; esac
}

pid_of() { eval "printf '%s' \"\${pid_$1:-}\""; }

# A process that ended stays a zombie until it is waited for.
is_running() {
    is_running_pid=$(pid_of "$1")
    [ -n "$is_running_pid" ] || return 1
    is_running_state=$(sed 's/.*) //' "/proc/$is_running_pid/stat" 2>/dev/null) || return 1
    case $is_running_state in '' | Z* | X*) return 1 ;; esac
}
is_ended() { ! is_running "$1"; }

reap() {
    wait "$(pid_of "$1")" 2>/dev/null
    reap_code=$?
    eval "pid_$1="
    return $reap_code
}

ask_to_end() {
    if is_running "$1"; then kill -TERM "$(pid_of "$1")" 2>/dev/null; fi
}

# Waits for the end; ten seconds are too long. Answers the program's own exit status.
await_end() {
    [ -n "$(pid_of "$1")" ] || return 0
    wait_for 10 is_ended "$1" || {
        echo "$1 did not end within 10 s of SIGTERM" >&2
        kill_now "$1"
        return 1
    }
    reap "$1"
}

stop() {
    ask_to_end "$1"
    await_end "$1"
}

kill_now() {
    is_running "$1" && kill -KILL "$(pid_of "$1")" 2>/dev/null
    [ -z "$(pid_of "$1")" ] || reap "$1" 2>/dev/null || true
}

# Ends all of them; a program that does not end cleanly is a fault. Each is asked once: a second SIGTERM means at once.
shop_end() {
    shop_end_code=0
    for shop_end_name in $shop_names; do
        ask_to_end "$shop_end_name"
    done
    for shop_end_name in $shop_names; do
        await_end "$shop_end_name" || {
            echo "$shop_end_name ended with status $?" >&2
            shop_end_code=1
        }
    done
    return $shop_end_code
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    wait_for_until=$(($(date +%s) + $1 * ${patience:-1}))
    shift
    while ! "$@"; do
        [ "$(date +%s)" -lt "$wait_for_until" ] || return 1
        sleep 0.05
    done
}

# ---- the figures of JSON: number NAME, text NAME: the first of that name, from standard input ----

number() { grep -o "\"$1\":-\{0,1\}[0-9][0-9]*" | head -n 1 | sed 's/.*://'; }
text() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | sed 's/^"[^"]*":"//; s/"$//'; }

# ---- the central ----

central() { "$bin/loyal-central" --state-dir "$dir/central" "$@"; }

central_port_of_log() {
    grep -q 'central: ready .*port=' "$dir/log/central.log" 2>/dev/null &&
        sed -n 's/.*central: ready .*port=\([0-9]*\).*/\1/p' "$dir/log/central.log" | tail -n 1
}
central_answers() { central notice list >/dev/null 2>&1; }

# launch_*: started and not waited for.
launch_central() {
    printf '[central]\nlisten_host = %s\nlisten_port = %s\ndatabase = %s\n' "${central_listen:-127.0.0.1}" "${central_port:-0}" \
        "${central_database:-}" >"$dir/loyal-central.conf"
    start central ${central_run:-} "$bin/loyal-central" --config "$dir/loyal-central.conf" --state-dir "$dir/central" serve
}
# The system gives the port the first time; it is kept, since tills know it.
start_central() {
    launch_central
    wait_for 15 central_answers || return 1
    [ -n "${central_port:-}" ] || central_port=$(central_port_of_log)
}

# make_chain: authority, chain, store, key; the members of the file given.
make_chain() {
    central init --host "${central_host:-localhost}" ${central_database:+--database "$central_database"} >>"$dir/log/setup.log" &&
        start_central &&
        central chain create demo --currency RUB --language "${language:-ru}" --name 'Demo' >>"$dir/log/setup.log" &&
        "$bin/loyal-central" key create --out "$dir/office.pem" >>"$dir/log/setup.log" &&
        central chain key add demo "$dir/office.pub.pem" >>"$dir/log/setup.log" &&
        central store create demo S12 --name 'Station' --attr format=express --attr cafe=true >>"$dir/log/setup.log" &&
        central member import demo "$1" >>"$dir/log/setup.log"
}

# publish BUNDLE [KEY]: signs and publishes; what is refused is said on standard error.
publish() {
    publish_signed=$dir/${1##*/}.signed
    rm -f "$publish_signed"
    "$bin/loyal-central" bundle sign --key "${2:-$dir/office.pem}" --chain demo --out "$publish_signed" "$1" \
        >>"$dir/log/setup.log" && central bundle publish "$1" "$publish_signed" >>"$dir/log/setup.log"
}

# ---- the till ----

ctl() { "$bin/loyalctl" --state-dir "$dir/till" "$@"; }
till_answers() { ctl api GET /v1/health >/dev/null 2>&1; }
scanner_is_ready() { ctl api GET /v1/health 2>/dev/null | grep -q '"kind":"scanner"[^}]*"state":"ready"'; }

start_devices() {
    start scanner "$bin/loyal-sim" scanner --link "$dir/ttySCANNER" --control "$dir/scanner.sock"
    start printer "$bin/loyal-sim" printer --link "$dir/ttyPRINTER" --out "$dir/slips" --control "$dir/printer.sock" \
        --profile "${printer_profile:-epson-tm-t20iii}"
    wait_for 10 test -S "$dir/scanner.sock" && wait_for 10 test -S "$dir/printer.sock" &&
        wait_for 10 test -e "$dir/ttySCANNER" && wait_for 10 test -e "$dir/ttyPRINTER"
}

launch_till() {
    cat >"$dir/loyald.conf" <<CONF
[daemon]
language = ${language:-ru}
[api]
port = 0
[sync]
retry_max_s = 1
[scanner]
port = tty:$dir/ttySCANNER
[printer]
port = tty:$dir/ttyPRINTER
profile = ${printer_profile:-epson-tm-t20iii}
CONF
    start till ${till_run:-} "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
}
start_till() {
    launch_till
    wait_for 15 till_answers
}

launch_courier() {
    cat >"$dir/loyald-sync.conf" <<CONF
[central]
url = https://${central_host:-localhost}:$central_port
ca_file = $dir/central/ca.pem
[daemon]
socket = $dir/till/run/sync.sock
CONF
    start courier ${courier_run:-} "$bin/loyald-sync" --config "$dir/loyald-sync.conf" --state-dir "$dir/courier"
}
start_courier() {
    launch_courier
    wait_for 15 courier_is_here
}

# loyald names the version of the loyald-sync that is connected.
courier_is_here() { ctl api GET /v1/health 2>/dev/null | grep -q '"courier":"[0-9]'; }
enrol() { ctl enrol "$(central till code demo S12 3)" >>"$dir/log/setup.log"; }

rules_version() { ctl api GET /v1/health 2>/dev/null | number version; }
has_rules() { [ "$(rules_version)" = "$1" ]; }
unsynced() { ctl api GET /v1/health 2>/dev/null | number unsynced; }
is_synced() { [ "$(unsynced)" = 0 ]; }
has_members() { [ "$(ctl api GET /v1/health 2>/dev/null | number members)" -ge "$1" ]; }

# shoppers OPTION...: see loyal-sim shop --help
shoppers() {
    "$bin/loyal-sim" shop --api "$dir/till/run/api.sock" --scanner "$dir/scanner.sock" \
        --confirmed "$dir/confirmed" "$@"
}

# device NAME COMMAND...: one command to a simulator, its answer on standard output.
device() {
    device_socket=$dir/$1.sock
    shift
    "$bin/loyal-sim" tell --control "$device_socket" "$@"
}

# sell_one ID: a basket of one line by the caller's "api METHOD PATH BODY", committed at the total it has, sell_total.
sell_one() {
    sell_total=$(api PUT "/v1/sales/$1" '{"lines":[{"line":1,"sku":"A100","qty_milli":2000,"unit_price_minor":9990}]}' | number total_minor)
    [ -n "$sell_total" ] && api POST "/v1/sales/$1/commit" "{\"expected_total_minor\":$sell_total}" | grep -q '"state":"committed"'
}

# ---- what must be the same at both ends ----

# balance: compares till, central and what the shoppers were told. Sets the figures it compares; says what differs.
balance() {
    balance_ok=yes
    till_json=$(ctl totals --json) || return 1
    central_json=$(central totals --json) || return 1
    told_sales=$(wc -l <"$dir/confirmed" | tr -d ' ')
    told_unique=$(cut -d ' ' -f 1 "$dir/confirmed" | sort -u | wc -l | tr -d ' ')
    balance_names='sales gross_minor discount_minor redeemed_minor net_minor returns refund_minor voids earned redeemed taken_back given_back'
    for balance_name in $balance_names; do
        balance_till=$(printf '%s' "$till_json" | number $balance_name)
        balance_central=$(printf '%s' "$central_json" | number $balance_name)
        eval "till_$balance_name=${balance_till:-0} central_$balance_name=${balance_central:-0}"
    done
    # What the till calls redeemed is what was paid with and what rewards cost; the central keeps the two apart.
    central_redeemed=$(printf '%s' "$central_json" | sed 's/.*"points":\[/[/; s/\].*//' |
        awk '{ n = 0; while (match($0, /"(redeemed|cost)":[0-9]+/)) { s = substr($0, RSTART, RLENGTH);
               sub(/.*:/, "", s); n += s; $0 = substr($0, RSTART + RLENGTH) } print n }')
    for balance_name in $balance_names; do
        eval "balance_till=\$till_$balance_name balance_central=\$central_$balance_name"
        [ "$balance_till" = "$balance_central" ] || balance_wrong "$balance_name: till $balance_till, central $balance_central"
    done
    # Cards that give no price yet: what they earned was worked out by the central, no receipt said it.
    central_earned_later=$(printf '%s' "$central_json" | number earned_later)
    central_redeemed_minor=$(printf '%s' "$central_json" | number redeemed_minor)
    for balance_name in differences dead_letters quarantined; do
        balance_central=$(printf '%s' "$central_json" | number $balance_name)
        eval "central_$balance_name=${balance_central:-0}"
        [ "${balance_central:-0}" = 0 ] || balance_wrong "the central counts $balance_central $balance_name"
    done
    compared_same=$(printf '%s' "$central_json" | number compared_same)
    [ "$compared_same" = "$till_sales" ] || balance_wrong "the central found $compared_same digests the same of $till_sales"
    printf '%s' "$central_json" | grep -q '"ledger":{[^}]*"ok":true' || balance_wrong 'the ledger does not balance'
    till_head=$(printf '%s' "$till_json" | text head_hash)
    central_head=$(central till list --json | text head_hash)
    [ "$till_head" = "$central_head" ] || balance_wrong "head of the chain: till $till_head, central $central_head"
    # Nothing told to a shopper is lost, nothing is there twice.
    lost=$((told_unique - till_sales))
    [ $lost -ge 0 ] || lost=0
    twice=$((told_sales - told_unique))
    [ "$told_unique" = "$till_sales" ] || balance_wrong "sales confirmed to the POS: $told_unique, in the till's journal: $till_sales"
    [ $twice = 0 ] || balance_wrong "$twice sales were confirmed twice"
    [ $balance_ok = yes ]
}

balance_wrong() {
    balance_ok=no
    echo "DIFFERS: $*" >&2
}
