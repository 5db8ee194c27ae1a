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
