#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What doctor.sh cannot break on a till as it stands: by a library loaded before loyalctl, another time, another user, another server in
# the central's place. Each is named with what mends it. usage: doctor_faults.sh BIN_DIR SOURCE_DIR FAULTS_LIBRARY
faults=$3
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/doctor_common.sh"
is_sanitized() { grep -q __asan_init "$bin/loyalctl"; }

must 'the chain is made' make_chain "$demo/members.csv"
must 'the devices are there' start_devices
must 'loyald starts' start_till
must 'loyald-sync starts' start_courier
must 'the till is enrolled' wait_for 10 enrol
must 'rules are published' publish "$demo/bundle-1.json"
must 'the rules arrive' wait_for 30 has_rules 1
must 'the scanner is ready' wait_for 10 scanner_is_ready
places

# ---- the machine ----
if is_sanitized; then
    echo 'left out: no library goes before a sanitizer, and it stands no other time'
else
    failing_disk() { LD_PRELOAD=$faults DOCTOR_FDATASYNC=EIO finds "$@"; }
    old_sqlite() { LD_PRELOAD=$faults DOCTOR_SQLITE=3034001 finds "$@"; }
    slow_disk() { LD_PRELOAD=$faults DOCTOR_FDATASYNC=80 looks "$@"; }
    check 'a slow disk' slow_disk WARN fsync 'takes 8[0-9]* us.*each sale waits' 'what else writes' 'write_bytes'
    check 'a disk that fails' failing_disk FAIL fsync 'writing to .*Input/output error' 'dmesg'
    check 'a SQLite of long ago' old_sqlite FAIL versions 'older than 3.40' 'only-upgrade libsqlite3-0'
fi
if command -v faketime >/dev/null && ! is_sanitized; then
    in_days() { # DAYS LEVEL CHECK TEXT
        faketime -f "+${1}d" "$bin/loyalctl" --config "$dir/loyalctl.conf" doctor >"$work/said"
        grep -q "^$2  $3 .*$4" "$work/said" || { cat "$work/said"; return 1; }
    }
    check 'rules of last month' in_days 31 WARN rules '31 days here'
    check 'a certificate that ends soon' in_days 80 WARN certificate 'good for [0-9] days'
else
    echo 'left out: no other time, for want of faketime'
fi
if [ "$(id -u)" -eq 0 ] && mkdir "$dir/small" && mount -t tmpfs -o size=1000m tmpfs "$dir/small" 2>/dev/null; then
    places state_dir "$dir/small"
    fallocate -l 800M "$dir/small/fill"
    check 'a disk that fills' finds WARN disk 'full to 80 %' 'vacuum'
    umount "$dir/small"
else
    echo 'left out: no small disk may be mounted here'
fi

# ---- who may what ----
if [ "$(id -u)" -eq 0 ]; then
    places user daemon
    check 'a user who may not use serial lines' finds WARN users 'daemon is not in the group dialout' 'systemd-sysusers'
    places courier_user nobody-of-that-name
    check 'a courier without a user' finds WARN users 'no user nobody-of-that-name: loyald-sync' 'sysusers'
    places
    chmod 0755 "$dir" "$work" # as far as the folders, no further
    chmod 0700 "$dir/till" "$dir/courier"
    as_stranger() {
        setpriv --reuid nobody --regid nogroup --clear-groups "$bin/loyalctl" --config "$dir/loyalctl.conf" doctor >"$work/said"
        grep -q "^????  $1 .*$2" "$work/said" && grep -q -- '-> sudo loyalctl doctor' "$work/said" && return 0
        cat "$work/said"
        return 1
    }
    check 'what a stranger cannot see is not passed over: databases' as_stranger databases 'journal.db cannot be seen by this user'
    check 'keys' as_stranger keys 'key.pem cannot be seen by this user'
    check 'certificate' as_stranger certificate 'cert.pem'
    check 'disk' as_stranger fsync 'cannot be timed'
else
    echo 'left out: another user is root'"'"'s to be'
fi
mv "$dir/courier/key.pem" "$dir/kept.pem"
check 'a key that is gone' finds FAIL keys 'key.pem: No such file or directory, though the till is enrolled' 'enrol CODE'
mv "$dir/kept.pem" "$dir/courier/key.pem"

# ---- devices ----
cp "$dir/loyald.conf" "$dir/kept.conf"
with_scanner() { sed "s|^port = tty:.*ttySCANNER|port = $1|" "$dir/kept.conf" >"$dir/loyald.conf"; }
with_scanner 'teletype:/dev/ttyS0'
check 'a port that is none' finds FAIL devices 'scanner: .*teletype' 'examples: man loyald.conf'
with_scanner 'usb:05e0:9999'
check 'a USB scanner that is not plugged in' finds FAIL devices 'scanner: .*05e0' 'devices scan'
with_scanner "tty:$dir/ttyCLOSED"
start closed python3 -c 'import os, pty, signal, sys
main, line = pty.openpty()
os.fchmod(line, 0o600)
os.symlink(os.ttyname(line), sys.argv[1])
os.close(line)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pause()' "$dir/ttyCLOSED"
must 'there is a line' wait_for 10 test -e "$dir/ttyCLOSED"
check 'a line that only its owner may open' mends FAIL devices 'is open to its owner alone' 'chmod g+rw /dev/pts/'
stop closed
cp "$dir/kept.conf" "$dir/loyald.conf"
must 'the paper is taken out' "$bin/loyal-sim" tell --control "$dir/printer.sock" paper out
printer_wants() { ctl api GET /v1/health | grep -q '"kind":"printer"[^}]*paper'; }
must 'loyald knows' wait_for 20 printer_wants
check 'a printer without paper' finds FAIL devices 'printer: .*paper' 'switched on'
must 'the paper is put in' "$bin/loyal-sim" tell --control "$dir/printer.sock" paper ok

# ---- the way to the central ----
proxy_of_environment() { https_proxy=http://127.0.0.1:1 finds "$@"; }
check 'a proxy of the environment' proxy_of_environment WARN central 'environment names a proxy, which loyald-sync does not use' 'central. proxy'
cp "$dir/loyald-sync.conf" "$dir/kept.conf"
mv "$dir/courier/ca.pem" "$dir/kept.pem"
sed -i '/^ca_file/d' "$dir/loyald-sync.conf"
check 'no authority' finds FAIL central 'no authority to know the central by' 'ca_file'
mv "$dir/kept.pem" "$dir/courier/ca.pem"
# serve_instead TLS ANSWER: a server with or without the central's own certificate, in its place
serve_instead() {
    start instead python3 -c 'import signal, socket, ssl, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
if sys.argv[1] == "tls":
    context.load_cert_chain(sys.argv[3] + "/server.pem", sys.argv[3] + "/server.key")
while True:
    client, _ = server.accept()
    try:
        if sys.argv[1] == "tls":
            client = context.wrap_socket(client, server_side=True)
        client.recv(4096)
        if sys.argv[1] == "silent":
            client.recv(4096)
        client.sendall(sys.argv[2].encode().replace(b"|", b"\r\n"))
        client.close()
    except OSError:
        pass' "$1" "$2" "$dir/central"
    wait_for 30 test -s "$dir/log/instead.log" || return 1
    sed "s|^url = .*|url = https://localhost:$(tail -n 1 "$dir/log/instead.log")|" "$dir/kept.conf" >"$dir/loyald-sync.conf"
}
must 'a portal is in its place' serve_instead plain 'HTTP/1.1 200 OK|Content-Length: 0||'
check 'one that answers without TLS' looks FAIL central 'TLS fails' 'openssl s_client -connect localhost:[0-9]' 'rror'
stop instead
: >"$dir/log/instead.log"
must 'one that says nothing' serve_instead silent ''
printf '[central]\nconnect_timeout_ms = 300\n' >>"$dir/loyald-sync.conf"
check 'no answer in time' looks FAIL central 'no answer in time' '/dev/tcp/localhost' 'open'
stop instead
: >"$dir/log/instead.log"
must 'one that hangs up' serve_instead tls ''
check 'something else that libcurl says' finds FAIL central 'https://localhost:[0-9]*: .*[Ee]mpty reply' 'journalctl -u loyald-sync'
stop instead
: >"$dir/log/instead.log"
must 'one that says no time' serve_instead tls 'HTTP/1.1 200 OK|Content-Length: 0||'
check 'an answer without a time' finds WARN central 'says no time' 'is it the central'
stop instead
cp "$dir/kept.conf" "$dir/loyald-sync.conf"

# ---- a disk that was put back: the central knows another history ----
cp -p -R "$dir/till" "$dir/earlier"
sell() {
    sell_total=$(ctl api PUT "/v1/sales/$1" '{"lines":[{"line":1,"sku":"A100","qty_milli":1000,"unit_price_minor":'"$2"'}]}' | number total_minor)
    ctl api POST "/v1/sales/$1/commit" "{\"expected_total_minor\":$sell_total}" >/dev/null
}
must 'a sale' sell FORK-1 9990
must 'the central has it' wait_for 30 is_synced
stop till
rm -rf "$dir/till"
mv "$dir/earlier" "$dir/till"
start_again() {
    start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    wait_for 15 till_answers
}
must 'loyald starts on what was put back' start_again
must 'another sale' sell FORK-2 5000
knows_the_fork() { ctl api GET /v1/health | grep -q '"forked":true'; }
must 'the central sees that' wait_for 60 knows_the_fork
check 'another history' finds FAIL courier 'another history of this till' 'A copied disk'

stop courier
must 'loyald knows that it is gone' wait_for 10 sh -c "'$bin/loyalctl' --state-dir '$dir/till' api GET /v1/health | grep -q '\"courier\":\"\"'"
stop till
check 'without loyald nobody knows of the courier' sh -c "'$bin/loyalctl' --config '$dir/loyalctl.conf' doctor | grep -q '^????  courier .*nobody knows'"
check 'nor of the rules' sh -c "'$bin/loyalctl' --config '$dir/loyalctl.conf' doctor | grep -q '^????  rules '"
