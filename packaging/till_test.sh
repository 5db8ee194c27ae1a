#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A till in a bare Debian 12 of its own that is booted under its systemd, as a container. Stage "first": the first till by the commands of
# the pages, by the clock, to its first sale. Stage "doctor": commands of loyalctl doctor that want a whole machine. Stage "upgrade", that of vm.sh, whose machine takes minutes where this takes seconds: a version
# that migrates, an older one, one that does not start, one that refuses the settings, the power lost in the midst; after each the till
# sells, and dpkg says what is true. usage: packaging/till_test.sh [--keep]
#
# LOYALD_DEBS names the folder with "first" and "later", packages built before. Wants root. Ends with 77 where no container can be booted.
# LOYALD_CHROOT names a folder in which the bare system is kept for the next run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
. "$root/packaging/demo/shop.sh"
for part in container words install till first doctor upgrade; do . "$root/packaging/vm/$part.sh"; done
keep=
[ "${1:-}" = --keep ] && keep=1
[ -d "${LOYALD_DEBS:-}/later" ] || give_up 'LOYALD_DEBS names no folder with "first" and "later"'
use_work till
dir=$work/shop repository_url=file:///srv/repo held=0
mkdir -p "$dir" "$work/repo"
cp -R "$LOYALD_DEBS/first" "$LOYALD_DEBS/later" "$work/"

trap leave_container EXIT

make_system() {
    fresh_system
    in_system apt-get update -q
    in_system apt-get install -y -q --no-install-recommends systemd systemd-sysv dbus udev curl
    in_system apt-get clean
    fetch_debian
    leave_system
    install -d "$system/opt/vm"
    cp "$root/packaging/vm/guest/pos.sh" "$root/packaging/demo/shop.sh" "$system/opt/vm/"
    rm -rf "$system"/etc/apt/sources.list* "$system"/var/lib/apt/lists/*
    install -d "$system/etc/apt/sources.list.d"
    bring_office
}
repository() { make_key && fill_repository "$work/first"; }

needs packages
step 'A bare Debian 12' make_bare
step 'A system of its own' make_system
step 'The repository' repository
is_up || { say 'A till is not tried: no container can be booted here.' && exit 77; }
stage_first
stage_doctor
stage_upgrade
say "$held things held."
