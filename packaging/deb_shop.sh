# SPDX-License-Identifier: Apache-2.0
# What packaging/deb_test.sh does in the installed system, which has no service manager: each daemon as the user and in
# the folders that its package made. usage: deb_shop.sh sell | upgraded | removed | purged
set -u
cd /root/try || exit 1
failed=0
dir=/root/try
bin=/usr/bin
demo=/root/try
. ./shop.sh

ok() { echo "ok: $*"; }
check() { # WHAT COMMAND...
    check_what=$1
    shift
    if "$@"; then ok "$check_what"; else
        echo "FAILED: $check_what"
        failed=1
    fi
}
refuses() { ! "$@" 2>/dev/null; }
as() { # USER COMMAND...: with that user's own groups
    as_user=$1
    shift
    setpriv --reuid "$as_user" --regid "$as_user" --init-groups --no-new-privs "$@"
}
finish() {
    finish_code=$?
    trap - EXIT
    shop_end || failed=1
    [ $failed -eq 0 ] && [ $finish_code -eq 0 ] && exit 0
    tail -n 15 "$dir"/log/*.log
    exit 1
}
trap finish EXIT

# The unit files' folders and sockets, as systemd would make them.
folders() {
    install -d -o _loyald -g _loyald -m 0750 /var/lib/loyald
    install -d -o _loyald-sync -g _loyald-sync -m 0700 /var/lib/loyald-sync
    install -d -o _loyal-central -g _loyal-central -m 0700 /var/lib/loyal-central
    install -d -o _loyald -g _loyald -m 0755 /run/loyald
    # The courier's group has the socket, by the folder it is in; nothing else of loyald's.
    install -d -o _loyald -g _loyald-sync -m 2750 /run/loyald/courier
}

central() { as _loyal-central loyal-central "$@"; }
till() { loyalctl "$@"; }
till_is_there() { till status >/dev/null 2>&1 || [ $? -le 2 ] && [ -S /run/loyald/api.sock ]; }
synced() { [ "$(till outbox --count 2>/dev/null)" = 0 ]; }

settings() {
    printf '[sync]\nsocket = /run/loyald/courier/sync.sock\n[scanner]\nport = tty:/run/loyald/scanner\n[daemon]\nlanguage = en\n' \
        >/etc/loyald/loyald.conf.d/site.conf
    printf '[printer]\nport = tty:/run/loyald/printer\n' >/etc/loyald/loyald.conf.d/printer.conf
    printf '[central]\nurl = https://localhost:8474\nca_file = /etc/loyald/ca.pem\n[daemon]\nsocket = /run/loyald/courier/sync.sock\n' \
        >/etc/loyald/loyald-sync.conf.d/site.conf
    printf '[central]\nlisten_host = 127.0.0.1\n' >/etc/loyald/loyal-central.conf.d/site.conf
}

start_all() {
    start central setpriv --reuid _loyal-central --regid _loyal-central --init-groups --no-new-privs loyal-central serve
    start scanner setpriv --reuid _loyald --regid _loyald --init-groups loyal-sim scanner --link /run/loyald/scanner --control /run/loyald/scanner.sock
    start printer setpriv --reuid _loyald --regid _loyald --init-groups loyal-sim printer --link /run/loyald/printer --out /var/lib/loyald/slips --control /run/loyald/printer.sock
    wait_for 15 central notice list >/dev/null 2>&1
    start loyald setpriv --reuid _loyald --regid _loyald --init-groups --no-new-privs loyald
    wait_for 15 till_is_there
    start courier setpriv --reuid _loyald-sync --regid _loyald-sync --init-groups --no-new-privs loyald-sync
}

chain() {
    install -o _loyal-central -g _loyal-central -m 0644 "$demo/members.csv" /var/lib/loyal-central/members.csv
    central init --host localhost >/dev/null || return 1
    install -m 0644 /var/lib/loyal-central/ca.pem /etc/loyald/ca.pem
    start_all
    cd /var/lib/loyal-central || return 1
    central chain create demo --currency RUB --language en --name Demo &&
        central key create --out office.pem &&
        central chain key add demo office.pub.pem &&
        central store create demo S12 --name Station --attr format=express --attr cafe=true &&
        central member import demo members.csv &&
        central bundle sign --key office.pem --chain demo --out rules.signed - <"$demo/bundle-1.json" >/dev/null 2>&1 ||
        { install -o _loyal-central "$demo/bundle-1.json" rules.json &&
            central bundle sign --key office.pem --chain demo --out rules.signed rules.json; } &&
        central bundle publish rules.json rules.signed
    chain_code=$?
    cd "$dir" || return 1
    return $chain_code
}

has_rules() { till api GET /v1/health | grep -q '"version":1,"id"'; }
enrolled() { till enrol "$(central till code demo S12 3 | grep -oE '[A-Z0-9]{4}(-[A-Z0-9]{4}){2}' | head -n 1)"; }

api() { till api "$@"; }

sale_is() { till sale show "$1" | tee -a "$dir/log/setup.log" | grep -q "$2"; }

# The first version, unpacked beside; what it says.
refuses_newer() {
    as _loyald "$dir/first/usr/bin/loyald" >"$dir/log/older.log" 2>&1 && return 1
    grep -q 'was written by a newer version .*install that version again, or restore' "$dir/log/older.log"
}
restarts_with_sales() {
    start loyald setpriv --reuid _loyald --regid _loyald --init-groups --no-new-privs loyald
    wait_for 15 till_is_there && sale_is PKG-4 'PKG-4, '
}

case $1 in
sell)
    folders
    settings
    check 'the settings are good' loyald --check-config
    check 'the central has a chain' chain
    check 'the till is enrolled' enrolled
    check 'the rules arrive' wait_for 30 has_rules
    check 'a sale goes through' sell_one PKG-1
    check 'the central gets it' wait_for 30 synced
    check 'the courier cannot read the journal' refuses as _loyald-sync cat /var/lib/loyald/journal.db
    check 'nor look into the folder' refuses as _loyald-sync ls /var/lib/loyald
    check 'the till cannot read the TLS key' refuses as _loyald cat /var/lib/loyald-sync/key.pem
    check 'nor look into that folder' refuses as _loyald ls /var/lib/loyald-sync
    check 'the central is closed to both' refuses as _loyald ls /var/lib/loyal-central
    check 'a stranger may not use the API' refuses as nobody loyalctl status
    check 'man pages are there' test -e /usr/share/man/man8/loyald.8.gz
    stop courier
    check 'a sale without a courier' sell_one PKG-2
    printf '# changed by the store\n' >>/etc/loyald/loyald.conf
    ;;
upgraded)
    start_all
    check 'the store'"'"'s own settings stand' grep -q 'changed by the store' /etc/loyald/loyald.conf
    check 'the sale from before the upgrade arrives' wait_for 30 synced
    check 'the till sells on' sell_one PKG-3
    check 'a copy of the journal is kept from before its migration' sh -c 'ls /var/lib/loyald/journal.db.v*.bak >/dev/null'
    check 'it is known what was sold' sale_is PKG-2 'PKG-2, '
    stop courier
    check 'a sale that the central does not get' sell_one PKG-4
    stop loyald
    check 'the version before refuses what it does not know, in words' refuses_newer
    check 'and changed nothing' restarts_with_sales
    ;;
removed)
    check 'the programs are gone' test ! -e /usr/bin/loyald
    check 'the journal is not' test -s /var/lib/loyald/journal.db
    check 'the settings are not' test -s /etc/loyald/loyald.conf.d/site.conf
    ;;
purged)
    check 'the folders are gone' test ! -e /var/lib/loyald -a ! -e /var/lib/loyald-sync -a ! -e /var/lib/loyal-central
    check 'so are the settings' test ! -e /etc/loyald/loyald.conf -a ! -e /etc/loyald/loyald.conf.d
    check 'the journal with unsent sales was kept' sh -c 'ls /var/backups/loyald-*/journal.db >/dev/null'
    check 'for root alone' sh -c '[ "$(stat -c %a:%U /var/backups/loyald-*)" = 700:root ]'
    check 'the ledger was kept too' sh -c 'ls /var/backups/loyal-central-*/loyal-central/central.db >/dev/null'
    ;;
esac
exit $failed
