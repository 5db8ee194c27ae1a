#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# loyalctl doctor on a real till: well where all is well, and each thing it looks at is broken once and named, with what mends it.
. "$(dirname "$0")/common.sh"

. "$(dirname "$0")/doctor_common.sh"
is_well() {
    doctor >"$work/said"
    ! grep -q "^FAIL\|^????" "$work/said" && return 0
    cat "$work/said"
    return 1
}
exits() { # STATUS
    doctor >/dev/null
    [ $? -eq "$1" ]
}

must 'the chain is made' make_chain "$demo/members.csv"
must 'the devices are there' start_devices
start_till_with_page() { # its settings and where doctor's findings are left
    start_till && stop till && printf '[status]\ndoctor_file = %s\n[sync]\npoll_wait_s = 1\n' "$dir/doctor.json" >>"$dir/loyald.conf" || return 1
    start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    wait_for 15 till_answers
}
must 'loyald starts' start_till_with_page
must 'loyald-sync starts' start_courier
places
check 'a till without a chain is told of' finds WARN loyald 'not enrolled' 'loyalctl enrol'
must 'the till is enrolled' wait_for 10 enrol
must 'the scanner is ready' wait_for 10 scanner_is_ready
check 'a till without rules is told of' finds WARN rules 'no rules' 'bundle list'
must 'rules are published' publish "$demo/bundle-1.json"
must 'the rules arrive' wait_for 30 has_rules 1
check 'all is well' is_well
check 'and said as JSON' sh -c "'$bin/loyalctl' --config '$dir/loyalctl.conf' doctor --json | grep -q '\"check\":\"central\",\"level\":\"OK\"'"

# What doctor leaves in a file is on the status page, beside what loyald judges itself; both name the till's certificate.
check 'doctor leaves what it found' sh -c "'$bin/loyalctl' --config '$dir/loyalctl.conf' doctor --file '$dir/doctor.json'; [ \$? -le 1 ]"
check 'for its owner and group' test "$(stat -c %a "$dir/doctor.json")" = 640
status() { "$bin/loyalctl" --config "$dir/loyalctl.conf" status "$@"; }
status --json >"$work/status"
check 'the status has it' grep -q '"doctor":{"at_unix_ms":[0-9]*,"said":{"verdict":' "$work/status"
check 'and the certificate' grep -q '"check":"certificate","level":"OK","text":"the certificate is good for [0-9]* days"' "$work/status"
check 'on the screen too' sh -c "'$bin/loyalctl' --config '$dir/loyalctl.conf' status | grep -q '^certificate is good for'"

check 'a bundle for support is made' "$bin/loyalctl" --config "$dir/loyalctl.conf" support-bundle --file "$dir/support.txt"
check 'for its maker alone' test "$(stat -c %a "$dir/support.txt")" = 600
for part in machine doctor status metrics 'settings of loyald' log; do
    check "with its part: $part" grep -q "^==== $part ====" "$dir/support.txt"
done
check 'without keys, cards and the token' sh -c "! grep -q 'PRIVATE KEY\|$(cat "$dir/till/api.token" 2>/dev/null || echo no-token)\|29[0-9]\{11\}' '$dir/support.txt'"

cp "$dir/loyald.conf" "$dir/kept.conf"
echo 'colour = red' >>"$dir/loyald.conf"
check 'a wrong setting' finds FAIL settings 'loyald.conf:[0-9]*: .*colour' 'loyald --check-config'
asks() { "$bin/loyalctl" --config "$dir/loyalctl.conf" "$@" >"$work/said" 2>&1; } # its exit status is monitoring's
asks check-config
check 'check-config says so' sh -c "[ $? -eq 2 ] && grep -q 'loyald.conf:[0-9]*: .*colour' '$work/said'"
cp "$dir/kept.conf" "$dir/loyald.conf"

check 'of good ones nothing' asks check-config --json
check 'one object for a program' grep -q '^{"verdict":"OK","findings":\[{"check":"settings","level":"OK"' "$work/said"
check 'nothing waits for the central' asks outbox
check 'the devices are well' asks devices list
cp "$dir/loyald-sync.conf" "$dir/kept.conf"
echo 'colour = red' >>"$dir/loyald-sync.conf"
check 'a wrong setting of loyald-sync' finds FAIL settings 'loyald-sync.conf:[0-9]*: .*colour' 'check-config'
cp "$dir/kept.conf" "$dir/loyald-sync.conf"
sed -i 's|^url = .*|url = https://no-such-host.invalid:8474|' "$dir/loyald-sync.conf"
check 'a name that DNS does not know' looks FAIL central 'DNS does not know' 'getent hosts no-such-host.invalid; cat /etc/resolv.conf' ''
sed -i 's|^url = .*|url = https://localhost:1|' "$dir/loyald-sync.conf"
check 'a port where nobody listens' looks FAIL central 'nothing answers' 'firewall' 'onnection refused'
sed -i 's|^url = .*|url = http://localhost:1|' "$dir/loyald-sync.conf"
check 'an address without TLS' finds FAIL central 'must begin with https' 'url = https'
sed -i 's|^url = .*|url = https://a b:8474|' "$dir/loyald-sync.conf"
check 'an address that is none' finds FAIL central 'is no address' 'url = https'
sed -i '/^url = /d' "$dir/loyald-sync.conf"
check 'no central' finds WARN central 'no central is set' 'url'
cp "$dir/kept.conf" "$dir/loyald-sync.conf"
printf '[central]\nproxy = http://user:hush@127.0.0.1:1\n' >>"$dir/loyald-sync.conf"
check 'a proxy that is not there' looks FAIL central 'nothing answers.*by the proxy' '/dev/tcp/127.0.0.1/1' 'onnection refused'
"$bin/loyalctl" --config "$dir/loyalctl.conf" support-bundle --file "$dir/support.txt" >/dev/null
sed -i 's|^proxy = .*|proxy = http://no-such-proxy.invalid:3128|' "$dir/loyald-sync.conf"
check 'a proxy that DNS does not know' looks FAIL central "DNS does not know the proxy's name" 'getent hosts no-such-proxy.invalid' ''
check 'a password in an address is left out' sh -c "grep -q '127.0.0.1:1' '$dir/support.txt' && ! grep -q hush '$dir/support.txt'"
cp "$dir/kept.conf" "$dir/loyald-sync.conf"

"$bin/loyal-central" --state-dir "$dir/stranger" init --host localhost >/dev/null
cp "$dir/courier/ca.pem" "$dir/kept.pem"
cp "$dir/stranger/ca.pem" "$dir/courier/ca.pem"
check 'a central that is another' finds FAIL central 'is not the central' 'opens TLS'
echo 'no authority' >"$dir/courier/ca.pem"
check 'an authority that cannot be read' finds FAIL central 'authority cannot be read' 'loyalctl enrol CODE'
cp "$dir/kept.pem" "$dir/courier/ca.pem"
if command -v faketime >/dev/null && ! grep -q __asan_init "$bin/loyalctl"; then
    check 'a clock that is wrong' sh -c "faketime -f +20m '$bin/loyalctl' --config '$dir/loyalctl.conf' doctor | grep -q '^WARN  central .*clock is 1[12][0-9][0-9] s ahead'"
    check 'one that is behind' sh -c "faketime -f -20m '$bin/loyalctl' --config '$dir/loyalctl.conf' doctor | grep -A 1 '^WARN  central .*clock is 1[12][0-9][0-9] s behind' | grep -q 'timedatectl set-ntp true'"
    check 'a certificate that has ended' sh -c "faketime -f +800d '$bin/loyalctl' --config '$dir/loyalctl.conf' doctor | grep -q '^FAIL  certificate .*has ended'"
else
    echo 'left out: the clock is not set wrong, for want of faketime (or under a sanitizer)'
fi
cp "$dir/courier/cert.pem" "$dir/kept.pem"
echo 'no certificate' >"$dir/courier/cert.pem"
check 'a certificate that cannot be read' finds FAIL certificate '' 'enrol CODE'
cp "$dir/kept.pem" "$dir/courier/cert.pem"

chmod 0644 "$dir/courier/key.pem"
check 'a key that others may read' mends FAIL keys 'read by others' 'chmod 0600'
chmod 0604 "$dir/till/journal.db"
check 'a journal that everybody may read' mends FAIL databases 'read by everybody' 'chmod o='
mv "$dir/till/rules.db" "$dir/till/rules.db.away"
check 'a database that is gone' finds FAIL databases 'rules.db: No such file' 'restart loyald'
starts_again() { # as "systemctl restart loyald" does
    stop till && start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till" && wait_for 15 till_answers
}
must 'loyald is restarted, as it says' starts_again
check 'it made the database anew' sh -c "'$bin/loyalctl' --config '$dir/loyalctl.conf' doctor | grep -q '^OK .*rules.db, '"
must 'and filled it from the central, before a long-poll of 25 s has ended' wait_for 12 has_rules 1
must 'the scanner is ready' wait_for 10 scanner_is_ready

places udev_rules "$dir/none"
check 'no names from udev' finds WARN udev 'is missing' 'reinstall'
cp "$(command -v sleep)" "$dir/ModemManager"
start modem "$dir/ModemManager" 300
check 'ModemManager on the loose' finds FAIL modem 'modem commands' 'mask --now'
kill_now modem
places user nobody-of-that-name
check 'a user who is not there' finds WARN users 'no user nobody-of-that-name' 'sysusers'
places state_dir "$dir/none"
check 'a folder that is not there is not passed over' finds '????' disk 'none'
check 'the folder named on the command line is the one looked at' \
    sh -c "'$bin/loyalctl' --config '$dir/loyalctl.conf' --state-dir '$dir/till' doctor | grep -q '^OK  *databases .*journal'"
if [ "$(id -u)" -eq 0 ] && mkdir "$dir/small" && mount -t tmpfs -o size=4m tmpfs "$dir/small" 2>/dev/null; then
    places state_dir "$dir/small"
    check 'a disk that does not write through' looks WARN fsync 'may not survive a power cut' 'lies about flushing' tmpfs
    dd if=/dev/zero of="$dir/small/fill" bs=1M count=8 2>/dev/null
    check 'a full disk' finds FAIL disk 'full to 100 %' 'vacuum'
    umount "$dir/small"
else
    echo 'left out: no small disk may be mounted here'
fi
places

start holder python3 -c 'import os, pty, signal, sys
main, line = pty.openpty()
os.symlink(os.ttyname(line), sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pause()' "$dir/ttyHELD"
must 'another program has a line' wait_for 10 test -e "$dir/ttyHELD"
cp "$dir/loyald.conf" "$dir/kept.conf"
sed -i "s|ttySCANNER|ttyHELD|" "$dir/loyald.conf"
check 'a line that another program holds' finds FAIL devices "is held by python3 (pid $(pid_of holder))" "kill $(pid_of holder)"
check 'its command ends that program' type_it "$(command_of FAIL devices 'is held by' | sed 's/.*or: //')"
check 'and the line is free' wait_for 10 is_ended holder
cp "$dir/kept.conf" "$dir/loyald.conf"
reap holder

# The same program of another version, as after an upgrade whose daemons were not restarted.
version=$("$bin/loyalctl" --version | sed 's/.* //')
LC_ALL=C sed "s/$(printf '%s' "$version" | sed 's/\./\\./g')/$(printf '%s' "$version" | tr 0-9 9)/g" "$bin/loyalctl" >"$dir/another"
chmod 0755 "$dir/another"
another=$dir/another
check 'a loyald of another version' finds WARN versions "loyald that runs is $version" 'systemctl restart loyald$'
check 'a loyald-sync of another version' finds WARN versions "loyald-sync that runs is $version" 'systemctl restart loyald-sync'
another=

rm -f "$dir/ttySCANNER"
stop scanner
check 'a scanner that is pulled out' finds FAIL devices 'scanner: .*No such file' 'plug it in'
asks devices list --json
check 'for monitoring a warning' test $? -eq 1
must 'the devices are there again' start scanner "$bin/loyal-sim" scanner --link "$dir/ttySCANNER" --control "$dir/scanner.sock"
must 'the scanner is ready' wait_for 20 scanner_is_ready

must 'the central ends' stop central
link_is_down() { doctor | grep -q '^WARN  courier .*the link is down: '; }
check 'a link that is down' wait_for 20 link_is_down
check 'is looked into by the check of the central' finds WARN courier 'the link is down: ' 'the check "central" says below'
must 'the central starts again' start_central
stop courier
check 'a courier that is gone' finds FAIL courier 'not connected' 'restart loyald-sync'
must 'loyald-sync starts again' start_courier
check 'all is well again' wait_for 15 is_well
stop till
check 'without it a line is judged by its mode' mends FAIL devices 'scanner: .*is open to its owner alone' 'chmod g+rw /dev/pts/'
check 'whose lines nobody speaks for' finds '????' devices 'scanner: .* is there; loyald does not answer for it' ''
mv "$dir/till/cache.db" "$dir/till/cache.db.away"
check 'nor says that a database is gone' finds WARN databases 'cache.db: No such file' 'systemctl restart loyald'
mv "$dir/till/cache.db.away" "$dir/till/cache.db"
check 'a daemon that is gone' finds FAIL loyald 'does not answer' 'restart loyald'
check 'that is critical for monitoring' exits 2
