#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries the packages on a whole machine: a Debian 12 that boots under its own systemd in QEMU (without KVM: it takes minutes), with
# a scanner behind an FTDI adapter, a printer on a serial port, a TPM and a network, all emulated; the central runs on this machine.
#   --rounds N   how often the machine is killed in mid-sale (5)
#   --seed N     decides when (1)
#   --keep       leave the folder with its disk and logs
# Wants root. LOYALD_DEBS names a folder with packages built before, "first" and "later"; LOYALD_CHROOT one where the bare system is
# kept, LOYALD_VM one where the machine's tree is (build/vm).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
. "$root/packaging/demo/shop.sh"
. "$root/packaging/vm/machine.sh"

rounds=5 seed=1 keep=
while [ $# -gt 0 ]; do
    case $1 in
    --rounds | --seed)
        [ "${2:-}" -ge 0 ] 2>/dev/null || give_up "$1 wants a number"
        eval "${1#--}=$2"
        shift
        ;;
    --keep) keep=1 ;;
    --help) sed -n 's/^# \{0,1\}//; 3,9p' "$0" && exit 0 ;;
    *) give_up "$1 is no option; try --help" ;;
    esac
    shift
done
base=${LOYALD_VM:-$root/build/vm}
LOYALD_CHROOT=${LOYALD_CHROOT:-$base/bare}
use_work vm
system=$base/tree
dir=$work/shop bin=$work/host/usr/bin demo=$root/packaging/demo language=en central_host=central.example
mkdir -p "$dir/log" "$work/tpm" "$base"
RANDOM=$seed
held=0

finish() {
    code=$?
    trap - EXIT INT TERM
    if [ $code -ne 0 ]; then
        tail -n 15 "$dir"/log/*.log "$work/console.$boots" 2>/dev/null || true
        what_it_says || true
    fi
    kill_now machine
    let_go
    shop_end || true
    leave_work $code
}
trap finish EXIT

# Of a machine that still answers: its own words, before it is gone.
what_it_says() {
    [ -n "${HAND_PID:-}" ] || return 0
    guest 'journalctl -b --no-pager -o short-monotonic -n 60 -u loyald -u loyald-sync -u loyald.socket -u loyald-link.socket
        journalctl -b --no-pager -k -p warning -n 20
        systemctl --no-pager --failed; systemctl list-jobs --no-pager'
}

# check WHAT COMMAND...: the first thing that does not hold ends the test
check() {
    check_what=$1 check_began=$(seconds_now)
    shift
    "$@" || give_up "$check_what: failed"
    held=$((held + 1))
    say "ok: $check_what ($(($(seconds_now) - check_began)) s)"
}
refused() { ! "$@" >/dev/null 2>&1; }

# ---- the host's side ----

build_packages() {
    sh "$root/packaging/deb.sh" "$work/first"
    build_later
}
unpack_for_host() {
    for package in loyal-central loyald-sim loyald; do dpkg-deb -x "$work"/first/"$package"_*.deb "$work/host"; done
}
serve() { start repository python3 -m http.server --bind 127.0.0.1 --directory "$work/repo" 8475; }
# The shop's functions ask the till by this.
ctl() { guest "loyalctl $*"; }

# ---- the story ----

office() {
    make_chain "$demo/members.csv" && publish "$demo/bundle-1.json" && start_devices && serve
}

# What store IT brings along, in /root; the rule of docs/install.md for a scanner behind a converter.
bring_settings() {
    guest "mkdir -p /etc/udev/rules.d
cat >/root/loyald.conf <<CONF
[daemon]
language = en
[scanner]
port = serial:/dev/loyald/scanner0
[printer]
port = serial:/dev/ttyS1
[sync]
retry_max_s = 2
poll_wait_s = 5
CONF
cat >/root/loyald-sync.conf <<CONF
[central]
url = https://central.example:$central_port
ca_file = /etc/loyald/ca.pem
CONF
cat >/root/ca.pem <<'PEM'
$(cat "$dir/central/ca.pem")
PEM
cat >/etc/udev/rules.d/61-loyald-site.rules <<'RULES'
$(grep '^SUBSYSTEM=="tty".*SCANNER-A' "$root/docs/install.md")
RULES"
}
add_repository() {
    guest "base64 -d >/usr/share/keyrings/loyald-archive-keyring.gpg <<KEY
$(base64 "$work/repo/loyald-archive-keyring.gpg")
KEY
cat >/etc/apt/sources.list.d/loyald.sources <<SOURCE
$(apt_source http://packages.example:8475)
SOURCE"
}
apt_there() { guest "export DEBIAN_FRONTEND=noninteractive; $*" >>"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log"; return 1; }; }
# as_written SECTION: the commands of docs/install.md for root, in a folder with ca.pem. Somebody scans all the time; the editor writes
# what was brought along; a warning of doctor (nothing keeps this clock right) ends nothing.
scan_all_the_time() { while :; do device scanner scan 2900010000015; sleep 3; done >/dev/null 2>&1; }
as_written() {
    written=$(sed -n "/^## $1/,/^## /{/^\`\`\`console/,/^\`\`\`/s/^# //p}" "$root/docs/install.md" | sed "s/CODE/$(code_for_till)/")
    [ -n "$written" ] || { echo "docs/install.md has no commands under $1"; return 1; }
    scan_all_the_time &
    hand_of_cashier=$!
    written_code=0
    apt_there "set -e
apt() { apt-get -y -q --no-install-recommends \"\$@\"; }
editor() { cp loyald.conf \"\$1\" && cp loyald-sync.conf \"\$2\"; }
doctor_warns() { [ \$1 -le 1 ]; }
cd /root
$(printf '%s\n' "$written" | sed 's/^loyalctl doctor.*/& || doctor_warns $?/')" || written_code=1
    kill "$hand_of_cashier"
    wait "$hand_of_cashier" 2>/dev/null || true
    return $written_code
}
central_there() {
    as_written 'The central' && is_active loyal-central.service && guest 'systemctl disable -q --now loyal-central'
}
another_key() { # the repository signed by somebody else is refused
    guest 'mkdir /run/kept && cp /usr/share/keyrings/loyald-archive-keyring.gpg /run/kept/ &&
        cp $(ls /usr/share/keyrings/debian-archive-*-stable.gpg | head -n 1) /usr/share/keyrings/loyald-archive-keyring.gpg
        apt-get update -q 2>&1 | grep -q "NO_PUBKEY\|not signed"
        code=$?
        cp /run/kept/loyald-archive-keyring.gpg /usr/share/keyrings/
        exit $code'
}

is_active() { until_guest 60 "[ \$(systemctl is-active $1) = active ]"; }
code_for_till() { central till code demo S12 3 | grep -o '[A-Z0-9]\{4\}-[A-Z0-9]\{4\}' | head -n 1; }
health_has() { until_guest "$1" "loyalctl api GET /v1/health | grep -q '$2'"; } # SECONDS PATTERN
scanner_is() { health_has 60 '"kind":"scanner"[^}]*"state":"'"$1"'"'; }
pid_there() { guest "systemctl show -P MainPID $1"; }

# sale ID: a basket of the POS, committed, told to the shopper; its lines are those of pos.sh.
sale() { guest "setpriv --reuid pos --regid pos --init-groups sh /opt/vm/pos.sh --one $1" && echo "$1" >>"$dir/confirmed"; }
scanned_card() {
    guest 'loyalctl api PUT /v1/sales/CARD-1 "{\"lines\":[{\"line\":1,\"sku\":\"A100\",\"qty_milli\":1000,\"unit_price_minor\":9990}]}"' >/dev/null &&
        device scanner scan 2900010000015 >/dev/null &&
        until_guest 20 'loyalctl sale show CARD-1 --json | grep -q "\"member\":{\|\"card\":{"' && sale CARD-1
}
printed() { wait_for 30 sh -c "ls '$dir'/slips/slip-*.txt >/dev/null 2>&1"; }

make_pos_user() { guest 'useradd -M pos && usermod -aG _loyald-api pos'; }
caller_is_seen() { # as the POS's user, whom loyald names in its log
    guest 'setpriv --reuid pos --regid pos --init-groups loyalctl enrol AAAA-AAAA >/dev/null 2>&1
        journalctl -u loyald | grep -q "enrolment asked for uid=$(id -u pos) "'
}
as_nobody() { guest 'setpriv --reuid nobody --regid nogroup --clear-groups loyalctl api GET /v1/health'; }
page_answers() {
    guest 'curl -sS "$(loyalctl page)" | grep -q "<title>Loyald" &&
        curl -sS --fail -H "Authorization: Bearer $(cat /var/lib/loyald/api.token)" http://127.0.0.1:8473/v1/health >/dev/null'
}
page_wants_token() { guest '[ "$(curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:8473/v1/health)" = 401 ]'; }
has_no_network() { guest 'nsenter -n -t $(systemctl show -P MainPID loyald) ip -o link | grep -v " lo:" | wc -l | grep -qx 0'; }

watchdog_restarts() {
    stopped=$(pid_there loyald) && guest "kill -STOP $stopped" &&
        until_guest 120 "[ \$(systemctl show -P NRestarts loyald) -ge 1 ] && [ \$(systemctl is-active loyald) = active ]" &&
        [ "$(pid_there loyald)" != "$stopped" ] && guest 'journalctl -u loyald | grep -qi "watchdog timeout"'
}
unplug() { monitor device_del ftdi && until_guest 30 '! test -e /dev/loyald/scanner0'; }
plug_in() { monitor device_add "$adapter" && until_guest 60 'test -c /dev/loyald/scanner0'; }

lose_link() { guest 'tc qdisc add dev eth0 root netem loss 100%' && health_has 180 '"link":{"up":false'; }
poor_link() { guest 'tc qdisc change dev eth0 root netem delay 150ms 50ms loss 10%'; }
good_link() { guest 'tc qdisc del dev eth0 root'; }
is_synced_there() { until_guest "$1" '[ "$(loyalctl outbox --count)" = 0 ]'; }

# As docs/security-model.md says it.
seal_key() {
    guest "$(sed -n '/^## A key for this machine/,/^## Not/{/^```sh/,/^```/p}' "$root/docs/security-model.md" | grep -v '^```')" &&
        until_guest 60 'grep -q "^loyald sealed" /var/lib/loyald-sync/key.pem' && guest '! grep -q PRIVATE /var/lib/loyald-sync/*'
}
opens_nowhere_else() { # without what the TPM opens for the service
    guest 'systemctl stop loyald-sync
        setpriv --reuid _loyald-sync --regid _loyald-sync --init-groups loyald-sync 2>&1 | grep -q "storage-key that opens it was not given"
        code=$?
        systemctl start loyald-sync
        exit $code'
}

# An upgrade in the middle of a basket: the daemon that holds it stays until the basket is paid.
upgrade_waits() {
    before=$(pid_there loyald)
    guest 'loyalctl api PUT /v1/sales/OPEN-1 "{\"lines\":[{\"line\":1,\"sku\":\"A100\",\"qty_milli\":2000,\"unit_price_minor\":9990}]}" >/dev/null
        apt-get update -q && systemd-run -q -E DEBIAN_FRONTEND=noninteractive --unit=upgrade sh -c "apt-get install -y -q loyald; echo \$? >/run/upgrade.code"' >>"$work/apt.log" 2>&1 &&
        until_guest 600 "cat /proc/[0-9]*/cmdline | tr '\0' ' ' | grep -q 'loyalctl [i]dle' || $upgrade_is_over" && [ "$(pid_there loyald)" = "$before" ] &&
        sale OPEN-1 && until_guest 600 "$upgrade_is_over" && is_active loyald.service &&
        [ "$(pid_there loyald)" != "$before" ] && guest 'grep -qx 0 /run/upgrade.code && dpkg-query -W loyald | grep -q later1 && test -s /var/lib/loyald/journal.db.v*.bak'
}
# Not systemctl is-active: systemd, which is told to read its units anew meanwhile, may say anything.
upgrade_is_over='test -s /run/upgrade.code'
# goes_back TEXT COMMAND...: an upgrade that fails and says so; the program of before sells on.
goes_back() {
    wanted=$1
    shift
    refused apt_there "apt-get update -q; $*" && tail -n 40 "$work/apt.log" | grep -q "$wanted" && is_active loyald.service &&
        guest 'systemctl cat loyald | grep -q "^ExecStart=/usr/lib/loyald/previous/loyald" && [ "$(loyalctl api GET /v1/health | grep -o "\"version\":\"[^\"]*" | head -n 1)" != "" ]'
}
# A ring has one version of a package at a time: another is fetched as a file. install_file first|later
install_file() {
    cp "$work/$1"/loyald_*.deb "$work/repo/$1.deb"
    echo "cd /root && curl -sS --fail -O http://packages.example:8475/$1.deb && apt-get install -y -q --allow-downgrades ./$1.deb"
}
no_way_back() { # to a version that does not know the journal as it is now
    goes_back 'does not start' "$(install_file first)" &&
        guest 'journalctl -u loyald | grep -q "was written by a newer version"'
}
broken_goes_back() {
    fill_repository "$work/broken" && goes_back 'journal.db is as it was before' 'apt-get install -y -q loyald'
}
mends() { # the version that works, once more
    apt_there "$(install_file later)" && is_active loyald.service &&
        guest '! systemctl cat loyald | grep -q previous'
}

# Whatever was confirmed to the POS is known here at that moment: it came over a port of the machine.
confirmed() { wc -l <"$dir/confirmed"; }
has_confirmed() { [ "$(confirmed)" -ge "$1" ]; }
start_pos() {
    guest "chmod 666 /dev/virtio-ports/confirmed; systemd-run -q --unit=pos -p User=pos sh /opt/vm/pos.sh $(($(grep -c ^VM- "$dir/confirmed") + 1))"
}
kill_in_mid_sale() {
    start_pos && wait_for 240 has_confirmed $(($(confirmed) + 1 + RANDOM % 4)) || return 1
    sleep "$(printf '0.%03d' $((RANDOM % 1000)))" # the cut falls anywhere in the next sale
    power_cut
    boot && is_active loyald.service
}
asks_again() { # the sale that the last cut fell into
    start_pos && wait_for 240 has_confirmed $(($(confirmed) + 1)) && guest 'systemctl stop pos'
}
nothing_lost() { is_synced_there 180 && balance; }

say "seed $seed, $rounds kills"
needs build deb packages test vm
if [ -n "${LOYALD_DEBS:-}" ]; then
    cp -R "$LOYALD_DEBS/first" "$LOYALD_DEBS/later" "$work/"
else
    step 'Building the packages and a later version' build_packages
fi
step 'A bare Debian 12' make_bare
step 'A tree with a kernel' make_tree "$work/first"
step 'A disk of it' furnish
step 'A key for the repository' make_key
step 'The repository' fill_repository "$work/first"
step 'The programs of the central' unpack_for_host
step 'The office, its repository and the devices' office
step 'The machine boots' boot
check 'systemd is up' until_guest 120 'systemctl is-system-running | grep -q "running\|degraded"'
check 'settings are brought' bring_settings
check 'the repository is known' add_repository
check 'signed by another it is refused' another_key
check 'apt knows it' apt_there 'apt-get update -q'
check 'a central is installed as written, and its unit is active' central_there
check 'a till is installed as written' as_written 'The first till'
for unit in loyald.socket loyald-link.socket loyald.service loyald-sync.service; do
    check "$unit is active" is_active "$unit"
done
check 'the scanner has its name' until_guest 20 'test -c /dev/loyald/scanner0'
check 'the till is enrolled' health_has 10 '"enrolled":true'
check 'the rules arrive' health_has 60 '"version":1,"id"'
check 'the scanner is ready, through libserialport' scanner_is ready
check 'a POS has a user' make_pos_user
check 'a card is scanned in a sale' scanned_card
check 'its slip is printed' printed
check 'loyald sees who calls' caller_is_seen
check 'a stranger may not' refused as_nobody
check 'the page is reached on loopback' page_answers
check 'and wants its token' page_wants_token
check 'loyald has no network' has_no_network
check 'the scanner is pulled out' unplug
check 'that is told' scanner_is 'lost\|opening'
check 'selling goes on' sale UNPLUGGED-1
check 'the scanner is back' plug_in
check 'and ready' scanner_is ready
check 'a stopped daemon is restarted' watchdog_restarts
check 'and sells' sale WATCHDOG-1
check 'the till has a TPM' guest 'test -c /dev/tpmrm0'
check 'its TLS key is sealed by it' seal_key
check 'and opens nowhere else' opens_nowhere_else
check 'with it the link is up' health_has 60 '"link":{"up":true'
check 'the link is lost' lose_link
check 'selling goes on' sale OFFLINE-1
check 'a poor link' poor_link
check 'is enough' is_synced_there 240
check 'a good one' good_link
step 'A later version in the repository' fill_repository "$work/later"
check 'an upgrade waits for the basket, and migrates' upgrade_waits
check 'the version before it is refused, and leaves a till that sells' no_way_back
check 'it sells' sale DOWNGRADE-1
check 'the version that works ends that' mends
step 'A version that does not work' make_broken
check 'it leaves a till that sells' broken_goes_back
check 'it sells' sale BROKEN-1
check 'the machine goes down' shut_down
check 'and comes up' boot
check 'with its till' is_active loyald.service
check 'still the version that works' sale BROKEN-2
check 'until it is installed again' mends
for round in $(seq "$rounds"); do
    check "kill $round of $rounds in mid-sale, and boot" kill_in_mid_sale
done
check 'a POS asks again' asks_again
check 'nothing is lost, nothing is there twice' nothing_lost
say "sales: $till_sales at the till and at the central, each confirmed once; $rounds kills"
say "$held things held."
