# SPDX-License-Identifier: Apache-2.0
# Stage "till" of vm.sh: a till at work on a whole machine, with what can be lost to it taken away and given back.

health_has() { until_guest "$1" "loyalctl api GET /v1/health | grep -q '$2'"; } # SECONDS PATTERN
scanner_is() { health_has 60 '"kind":"scanner"[^}]*"state":"'"$1"'"'; }

# sale ID: a basket of the POS, committed, told to the shopper; its lines are those of pos.sh.
sale() { guest "setpriv --reuid pos --regid pos --init-groups sh /opt/vm/pos.sh --one $1" && echo "$1" >>"$dir/confirmed"; }
scanned_card() {
    guest 'loyalctl api PUT /v1/sales/CARD-1 "{\"lines\":[{\"line\":1,\"sku\":\"A100\",\"qty_milli\":1000,\"unit_price_minor\":9990}]}"' >/dev/null &&
        device scanner scan 2900010000015 >/dev/null &&
        until_guest 20 'loyalctl sale show CARD-1 --json | grep -q "\"member\":{\|\"card\":{"' && sale CARD-1
}
printed() { wait_for 30 sh -c "ls '$dir'/slips/slip-*.txt >/dev/null 2>&1"; }

make_pos_user() { guest 'useradd -M pos && usermod -aG _loyald-api pos'; }
caller_is_seen() { # as the POS's user, whom loyald names in a field of the journal
    guest 'setpriv --reuid pos --regid pos --init-groups loyalctl enrol AAAA-AAAA >/dev/null 2>&1
        journalctl -q -u loyald LOYALD_CODE=api-03 LOYALD_UID=$(id -u pos) | grep -q "enrolment asked for"'
}
as_nobody() { guest 'setpriv --reuid nobody --regid nogroup --clear-groups loyalctl api GET /v1/health'; }
page_answers() {
    guest 'curl -sS "$(loyalctl page)" | grep -q "<title>Loyald" &&
        curl -sS --fail -H "Authorization: Bearer $(cat /var/lib/loyald/api.token)" http://127.0.0.1:8473/v1/health >/dev/null'
}
page_wants_token() { guest '[ "$(curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:8473/v1/health)" = 401 ]'; }
has_no_network() { guest 'nsenter -n -t $(systemctl show -P MainPID loyald) ip -o link | grep -v " lo:" | wc -l | grep -qx 0'; }

unplug() { monitor device_del ftdi && until_guest 30 '! test -e /dev/loyald/scanner0'; }
plug_in() { monitor device_add "$adapter" && until_guest 60 'test -c /dev/loyald/scanner0'; }

watchdog_restarts() {
    stopped=$(pid_there loyald) && guest "kill -STOP $stopped" &&
        until_guest 120 "[ \$(systemctl show -P NRestarts loyald) -ge 1 ] && [ \$(systemctl is-active loyald) = active ]" &&
        [ "$(pid_there loyald)" != "$stopped" ] && guest 'journalctl -u loyald | grep -qi "watchdog timeout"'
}
# A fault in the program: systemd would say "dumped" had it left a core, though the machine is told to write one.
leaves_no_core() {
    crashed=$(pid_there loyald) && guest "mkdir -p /run/cores && chmod 1777 /run/cores && echo /run/cores/%p >/proc/sys/kernel/core_pattern
        kill -SEGV $crashed" && is_restarted "$crashed" &&
        guest 'journalctl -u loyald | grep -q "code=killed, status=11/SEGV" && [ -z "$(ls /run/cores)" ]'
}
is_restarted() { until_guest 60 "[ \$(systemctl is-active loyald) = active ] && [ \$(systemctl show -P MainPID loyald) != $1 ]"; }
# What the kernel has, not what the unit asks for.
is_bounded() { # UNIT TASKS MEMORY_BYTES
    guest "cd /sys/fs/cgroup/system.slice/$1 && grep -qx $2 pids.max && grep -qx $3 memory.max &&
        grep -q '^Max core file size  *0  *0 ' /proc/\$(systemctl show -P MainPID $1)/limits"
}

# Every line that this machine's journal has of ours: its code is one of docs/log.md, and its level is what stands there.
as_in_the_list() {
    guest 'journalctl -o json --output-fields=LOYALD_CODE,PRIORITY | grep LOYALD_CODE |
        sed "s/.*\"PRIORITY\":\"\([0-9]\)\".*\"LOYALD_CODE\":\"\([^\"]*\)\".*/\2 \1/; s/.*\"LOYALD_CODE\":\"\([^\"]*\)\".*\"PRIORITY\":\"\([0-9]\)\".*/\1 \2/" | sort -u' >"$work/codes"
    sed -n 's/^| \([a-z]*-[0-9]*\) | \([a-z]*\) |.*/\1 \2/p' "$root/docs/log.md" |
        sed 's/ error$/ 3/; s/ warn$/ 4/; s/ info$/ 6/; s/ debug$/ 7/' | sort >"$work/codes.known"
    [ "$(wc -l <"$work/codes")" -ge 5 ] && [ -z "$(comm -23 "$work/codes" "$work/codes.known")" ] || { cat "$work/codes"; return 1; }
}
# One line with the fields that docs/log.md promises; whoever asks for its message id gets that code alone.
has_its_fields() {
    entry=$(guest 'journalctl -o json -n 1 -u loyald LOYALD_CODE=daemon-02') || return 1
    for field in '"PRIORITY":"6"' '"LOYALD_AREA":"daemon"' '"SYSLOG_IDENTIFIER":"loyald"' '"LOYALD_STATE_DIR":"/var/lib/loyald"' '"_UID":"'; do
        case $entry in *"$field"*) ;; *) echo "no $field in $entry" && return 1 ;; esac
    done
    guest "journalctl -o json MESSAGE_ID=$(printf '%s' "$entry" | text MESSAGE_ID) | grep -v '\"LOYALD_CODE\":\"daemon-02\"' | wc -l | grep -qx 0"
}

# As docs/security-model.md says it.
seal_key() {
    guest "$(sed -n '/^## A key for this machine/,/^## Not/{/^```sh/,/^```/p}' "$root/docs/security-model.md" | grep -v '^```')" >>"$work/apt.log" &&
        until_guest 60 'grep -q "^loyald sealed" /var/lib/loyald-sync/key.pem' && guest '! grep -q PRIVATE /var/lib/loyald-sync/*'
}
opens_nowhere_else() { # without what the TPM opens for the service
    guest 'systemctl stop loyald-sync
        setpriv --reuid _loyald-sync --regid _loyald-sync --init-groups loyald-sync 2>&1 | grep -q "storage-key that opens it was not given"
        code=$?
        systemctl start loyald-sync
        exit $code'
}

lose_link() { guest 'tc qdisc add dev eth0 root netem loss 100%' && health_has 180 '"link":{"up":false'; }
poor_link() { guest 'tc qdisc change dev eth0 root netem delay 150ms 50ms loss 10%'; }
good_link() { guest 'tc qdisc del dev eth0 root'; }
# Plugged in while it runs; a store's own way would see the card by itself.
network_comes() { monitor device_add "$card" && until_guest 30 'test -e /sys/class/net/eth0' && guest 'sh /opt/vm/network.sh'; }
is_synced_there() { until_guest "$1" '[ "$(loyalctl outbox --count)" = 0 ]'; }

stage_till() {
    check 'the scanner is ready, through libserialport' scanner_is ready
    check 'a POS has a user' make_pos_user
    check 'a card is scanned in a sale' scanned_card
    check 'its slip is printed' printed
    check 'loyald sees who calls' caller_is_seen
    check 'a stranger may not' refused as_nobody
    check 'the page is reached on loopback' page_answers
    check 'and wants its token' page_wants_token
    check 'loyald has no network' has_no_network
    check 'its tasks and memory are bounded' is_bounded loyald.service 32 536870912
    check 'those of the courier too' is_bounded loyald-sync.service 32 268435456
    check 'the scanner is pulled out' unplug
    check 'that is told' scanner_is 'lost\|opening'
    check 'selling goes on' sale UNPLUGGED-1
    check 'the scanner is back' plug_in
    check 'and ready' scanner_is ready
    check 'a stopped daemon is restarted' watchdog_restarts
    check 'and sells' sale WATCHDOG-1
    check 'one that crashes leaves no core, and is restarted' leaves_no_core
    check 'and sells' sale CRASHED-1
    check 'the journal has the fields of a line' has_its_fields
    check 'and each code at its level, as listed' as_in_the_list
    check 'the till has a TPM' guest 'test -c /dev/tpmrm0'
    check 'its TLS key is sealed by it' seal_key
    check 'and opens nowhere else' opens_nowhere_else
    check 'with it the link is up' health_has 60 '"link":{"up":true'
    check 'the link is lost' lose_link
    check 'selling goes on' sale OFFLINE-1
    check 'a poor link' poor_link
    check 'is enough' is_synced_there 240
    check 'a good one' good_link
    check 'the machine goes down' shut_down
    check 'and comes up with nothing plugged in' boot --bare
    check 'with its till' is_active loyald.service
    check 'and its courier' is_active loyald-sync.service
    check 'without scanner and network' guest '! test -e /dev/loyald/scanner0 && ! test -e /sys/class/net/eth0'
    check 'it sells' sale BARE-1
    check 'the scanner is plugged in' plug_in
    check 'and ready' scanner_is ready
    check 'the network comes' network_comes
    check 'and what was sold goes up' is_synced_there 240
}
