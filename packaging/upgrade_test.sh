#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries upgrades in a bare Debian 12 of its own that is booted under its systemd, as a container: a version that migrates, an older one,
# one that does not start, one that refuses the settings. After each the till sells, and dpkg says what is true. It is the stage
# "upgrade" of vm.sh, whose machine takes minutes where this takes seconds. usage: packaging/upgrade_test.sh [--keep]
#
# LOYALD_DEBS names the folder with "first" and "later", packages built before. Wants root. Ends with 77 where no container can be booted.
# LOYALD_CHROOT names a folder in which the bare system is kept for the next run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
. "$root/packaging/demo/shop.sh"
for part in container words install till upgrade; do . "$root/packaging/vm/$part.sh"; done
keep=
[ "${1:-}" = --keep ] && keep=1
[ -d "${LOYALD_DEBS:-}/later" ] || give_up 'LOYALD_DEBS names no folder with "first" and "later"'
use_work upgrade
dir=$work/shop repository_url=file:///srv/repo held=0
mkdir -p "$dir" "$work/repo"
cp -R "$LOYALD_DEBS/first" "$LOYALD_DEBS/later" "$work/"

finish() {
    code=$?
    trap - EXIT INT TERM
    if [ $code -ne 0 ] && [ $code -ne 77 ] && is_running container; then
        what_it_says || true
    fi
    if is_running container; then shut_down || kill_now container; fi
    leave_work $code
}
trap finish EXIT

make_system() {
    fresh_system
    in_system apt-get update -q
    # shellcheck disable=SC2046 # words are meant to be parted
    in_system apt-get install -y -q --no-install-recommends systemd systemd-sysv dbus curl $(depends "$work/first")
    leave_system
    install -d "$system/opt/vm" "$system/etc/loyald/loyald.conf.d"
    cp "$root/packaging/vm/guest/pos.sh" "$root/packaging/demo/shop.sh" "$system/opt/vm/"
    printf '[daemon]\nlanguage = en\n' >"$system/etc/loyald/loyald.conf.d/site.conf"
    rm -rf "$system"/etc/apt/sources.list*
    install -d "$system/etc/apt/sources.list.d"
}
repository() { make_key && fill_repository "$work/first"; }
is_up() { boot && until_guest 60 'systemctl is-system-running | grep -q "running\|degraded"'; }
install_there() { apt_there 'apt-get update -q && apt-get install -y -q --no-install-recommends loyald' && is_active loyald.service; }

needs packages
step 'A bare Debian 12' make_bare
step 'A system of its own' make_system
step 'The repository' repository
is_up || { say 'Upgrades are not tried: no container can be booted here.' && exit 77; }
check 'the repository is known' add_repository
check 'a till is installed' install_there
check 'a POS has a user' make_pos_user
check 'it sells' sale FIRST-1
stage_upgrade
say "$held things held."
