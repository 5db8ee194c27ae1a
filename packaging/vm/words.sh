# SPDX-License-Identifier: Apache-2.0
# What vm.sh and till_test.sh say of a machine that is booted, whatever it is made of: guest COMMAND runs there, as root. Sets and
# wants held, the count of what held; repository_url is where the machine finds work/repo.

# check WHAT COMMAND...: the first thing that does not hold ends the test
check() {
    check_what=$1 check_began=$(seconds_now)
    shift
    "$@" || give_up "$check_what: failed"
    held=$((held + 1))
    say "ok: $check_what ($(($(seconds_now) - check_began)) s)"
}
refused() { ! "$@" >/dev/null 2>&1; }

# until_guest SECONDS COMMAND: there, until it succeeds
until_guest() {
    until_seconds=$1
    shift
    guest "until_end=\$((\$(date +%s) + $until_seconds))
until ($*) >/dev/null 2>&1; do [ \$(date +%s) -lt \$until_end ] || exit 1; sleep 0.2; done" && return 0
    echo "after $until_seconds s still not: $*" >&2
    guest "$*"
}
is_active() { until_guest 60 "[ \$(systemctl is-active $1) = active ]"; }
pid_there() { guest "systemctl show -P MainPID $1"; }
apt_there() { guest "export DEBIAN_FRONTEND=noninteractive; $*" >>"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log"; return 1; }; }

# Of a machine that still answers: its own words, before it is gone.
what_it_says() {
    guest 'journalctl -b --no-pager -o short-monotonic -n 60 -u loyald -u loyald-sync -u loyald.socket -u loyald-link.socket
        journalctl -b --no-pager -k -p warning -n 20
        systemctl --no-pager --failed; systemctl list-jobs --no-pager'
}
