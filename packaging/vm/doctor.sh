# SPDX-License-Identifier: Apache-2.0
# Stage "doctor" of till_test.sh: what tests/integration/doctor*.sh cannot mend for want of a service manager and of packages. On the booted
# till each thing is broken, loyalctl doctor names it, its command is typed as it stands, and doctor says it no more.

# doctor_mends WHAT BREAK TEXT: a finding whose text matches, after BREAK was done there
doctor_mends() {
    guest "$2" >>"$work/apt.log" 2>&1 || { echo "cannot be broken: $2" && return 1; }
    mends_fix=$(guest 'loyalctl doctor' | sed -n "/^\(WARN\|FAIL\) .*$3/{n;s/^ *-> //;s/   (.*//;p;}" | head -n 1)
    [ -n "$mends_fix" ] || { echo "doctor does not say: $3" && guest 'loyalctl doctor' && return 1; }
    # Nobody scrolls here: a pager ends, and a log is not followed.
    guest "export DEBIAN_FRONTEND=noninteractive; yes | { $mends_fix; }" >>"$work/apt.log" 2>&1 || true
    until_guest 30 "! loyalctl doctor | grep -q '^\(WARN\|FAIL\) .*$3'" || { echo "typed: $mends_fix" && return 1; }
}
# A program of that name, as a service of that name.
modem_manager='cp /bin/sleep /usr/sbin/ModemManager
    printf "[Service]\nExecStart=/usr/sbin/ModemManager 1000\n" >/lib/systemd/system/ModemManager.service
    systemctl daemon-reload && systemctl start ModemManager'

stage_doctor() {
    mended() { check "doctor's command mends: $1" doctor_mends "$@"; }
    mended 'a user without his group' 'gpasswd -d _loyald dialout' 'not in the group dialout'
    mended 'a daemon that is gone' 'systemctl stop loyald.service loyald.socket loyald-link.socket' 'loyald does not answer'
    mended 'a courier that is gone' 'systemctl stop loyald-sync' 'loyald-sync is not connected'
    mended 'rules that are lost' 'rm /var/lib/loyald/rules.db' 'rules.db: No such file'
    mended 'a cache that is lost' 'rm /var/lib/loyald/cache.db' 'cache.db: No such file'
    mended 'a journal that everybody may read' 'chmod o+r /var/lib/loyald/journal.db' 'journal.db can be read by everybody'
    mended 'a key that others may read' 'chmod 0644 /var/lib/loyald-sync/key.pem' 'key.pem can be read by others'
    mended 'ModemManager on the loose' "rm /lib/udev/rules.d/60-loyald.rules; $modem_manager" 'ModemManager runs .* sends modem commands'
    mended 'rules of udev that are lost' 'true' 'devices have no names under'
    check 'it sells' sale DOCTOR-1
}
