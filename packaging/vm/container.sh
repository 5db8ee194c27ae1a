# SPDX-License-Identifier: Apache-2.0
# The same words as machine.sh has, for a container: the folder "system", booted under its own systemd by systemd-nspawn, in seconds and
# without a kernel, devices or a network of its own. Sourced after shop.sh.
#
#   boot   shut_down   power_cut   guest COMMAND   is_up   leave_container

leader() { pgrep -x -P "$(pid_of container)" systemd; }
has_leader() { leader >/dev/null && guest 'systemctl is-system-running' | grep -q .; }
boot() {
    start container systemd-nspawn -q -b -D "$system" -M "loyald-$$" --register=no --keep-unit --private-network \
        --bind-ro="$work/repo:/srv/repo" --console=pipe
    wait_for 30 has_leader
}
shut_down() {
    guest 'systemctl poweroff --no-block' >/dev/null 2>&1
    wait_for 60 is_ended container || return 1
    reap container || true
}

# All of it at once, by the first of its processes; what is written stays, the kernel goes on. A disk that forgets is that of machine.sh.
power_cut() {
    kill -KILL "$(leader)"
    wait_for 20 is_ended container || return 1
    reap container || true
}

guest() { nsenter -t "$(leader)" -m -u -i -p -n -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -c "$*" 2>&1 </dev/null; }
is_up() { boot && until_guest 60 'systemctl is-system-running | grep -q "running\|degraded"'; }

# At the end of a script, whatever its status: what is booted ends, after a fault it says what it knows, the work is left (system.sh).
leave_container() {
    code=$?
    trap - EXIT INT TERM
    if [ $code -ne 0 ] && [ $code -ne 77 ] && is_running container; then
        what_it_says || true
    fi
    if is_running container; then shut_down || power_cut; fi
    leave_work $code
}
