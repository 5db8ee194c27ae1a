# SPDX-License-Identifier: Apache-2.0
# Stage "install" of vm.sh: a machine that never heard of Loyald gets it from a signed repository, by the commands of docs/install.md.

# The shop's functions ask the till by this.
ctl() { guest "loyalctl $*"; }

unpack_for_host() {
    for package in loyal-central loyald-sim loyald; do dpkg-deb -x "$work"/first/"$package"_*.deb "$work/host"; done
}
# The system gives the port the first time; it is kept, since the machine knows it.
serve() {
    start repository python3 -u -m http.server --bind 127.0.0.1 --directory "$work/repo" "${repository_port:-0}"
    wait_for 10 grep -q '^Serving' "$dir/log/repository.log" || return 1
    repository_port=$(sed -n 's/^Serving .* port \([0-9]*\) .*/\1/p' "$dir/log/repository.log" | tail -n 1)
    repository_url=http://packages.example:$repository_port
}
office() { make_chain "$demo/members.csv" && publish "$demo/bundle-1.json" && start_devices && serve; }
code_for_till() { central till code demo S12 3 | grep -oE '[A-Z0-9]{4}(-[A-Z0-9]{4}){2}' | head -n 1; }

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
$(apt_source "$repository_url")
SOURCE"
}
another_key() { # the repository signed by somebody else is refused
    guest 'mkdir /run/kept && cp /usr/share/keyrings/loyald-archive-keyring.gpg /run/kept/ &&
        cp $(ls /usr/share/keyrings/debian-archive-*-stable.gpg | head -n 1) /usr/share/keyrings/loyald-archive-keyring.gpg
        apt-get update -q 2>&1 | grep -q "NO_PUBKEY\|not signed"
        code=$?
        cp /run/kept/loyald-archive-keyring.gpg /usr/share/keyrings/
        exit $code'
}

# as_written SECTION: the commands of docs/install.md for root, in a folder with ca.pem. Somebody scans all the time; the editor writes
# what was brought along; a warning of doctor (nothing keeps this clock right) ends nothing. A machine without serial lines has other
# scan_ports and edit_till; typed counts the commands.
scan_ports='' typed=0
edit_till='cp loyald.conf "$1"'
scan_all_the_time() { while :; do device scanner scan 2900010000015; sleep 3; done >/dev/null 2>&1; }
as_written() {
    written=$(sed -n "/^## $1/,/^## /{/^\`\`\`console/,/^\`\`\`/s/^# //p}" "$root/docs/install.md" | sed "s/CODE/$(code_for_till)/")
    [ -n "$written" ] || { echo "docs/install.md has no commands under $1"; return 1; }
    typed=$((typed + $(printf '%s\n' "$written" | wc -l)))
    scan_all_the_time &
    hand_of_cashier=$!
    written_code=0
    apt_there "set -e
apt() { apt-get -y -q --no-install-recommends \"\$@\"; }
editor() { $edit_till && cp loyald-sync.conf \"\$2\"; }
doctor_warns() { [ \$1 -le 1 ]; }
cd /root
$(printf '%s\n' "$written" | sed "s/^loyalctl doctor.*/& || doctor_warns \$?/; s|^loyalctl devices scan\$|& $scan_ports|")" || written_code=1
    kill "$hand_of_cashier"
    wait "$hand_of_cashier" 2>/dev/null || true
    return $written_code
}
central_there() {
    as_written 'The central' && is_active loyal-central.service && guest 'systemctl disable -q --now loyal-central'
}

stage_install() {
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
}
