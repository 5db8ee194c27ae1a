# SPDX-License-Identifier: Apache-2.0
# loyalctl doctor asked about a till of common.sh: what doctor.sh and doctor_faults.sh share.
# places [KEY VALUE]: loyalctl's settings, with one changed.
places() {
    cat >"$dir/loyalctl.conf" <<CONF
[loyald]
socket = $dir/till/run/api.sock
[doctor]
$(places_lines | grep -v "^${1:-none} ")
${1:+$1 = $2}
CONF
}
places_lines() {
    echo "loyald_config = $dir/loyald.conf"
    echo "courier_config = $dir/loyald-sync.conf"
    echo "state_dir = $dir/till"
    echo "courier_state_dir = $dir/courier"
    echo "user = $(id -un)"
    echo "courier_user = $(id -un)"
    echo "udev_rules = $demo/../udev/60-loyald.rules"
}
doctor() { "${another:-$bin/loyalctl}" --config "$dir/loyalctl.conf" doctor "$@"; }
# finds LEVEL CHECK TEXT [FIX]: one finding, and the line after it
finds() {
    doctor >"$work/said"
    grep -q "^$1  $2 .*$3" "$work/said" && grep -q -- "-> .*${4:-}" "$work/said" && return 0
    cat "$work/said"
    return 1
}
# The command of that finding, without what is said beside it.
command_of() { sed -n "/^$1  $2 .*$3/{n;s/^ *-> //;s/   (.*//;p;}" "$work/said" | head -n 1; }
type_it() { (cd "$work" && PATH=$bin:$PATH bash -c "$1") >"$work/typed" 2>&1 </dev/null; }
# mends LEVEL CHECK TEXT FIX: finds it, types its command as it stands, and finds it no more
mends() {
    finds "$@" || return 1
    mends_command=$(command_of "$1" "$2" "$3")
    type_it "$mends_command" || {
        echo "typed: $mends_command"
        cat "$work/typed"
        return 1
    }
    doctor >"$work/said"
    ! grep "^$1  $2 .*$3" "$work/said"
}
# looks LEVEL CHECK TEXT FIX SHOWS: its command does not mend; it shows what there is to see
looks() {
    finds "$1" "$2" "$3" "$4" || return 1
    looks_command=$(command_of "$1" "$2" "$3")
    type_it "$looks_command"
    looks_code=$?
    [ $looks_code -lt 126 ] && grep -q "$5" "$work/typed" && return 0
    echo "typed: $looks_command, exit status $looks_code"
    cat "$work/typed"
    return 1
}
