#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plays the sample role (packaging/ansible) as it is on a booted Debian 12 of its own, a container with systemd: the package comes from a
# signed repository, the till enrols by the code that the role drops. usage: packaging/ansible_test.sh [DEB_FOLDER]     (build/deb)
#
# Wants root. LOYALD_CHROOT names a folder in which the bare system is kept for the next run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
debs=$(cd "${1:-$root/build/deb}" && pwd)
use_work ansible

lint() { (cd "$root/packaging/ansible" && ansible-lint --offline roles/loyald site.yml && ansible-playbook --syntax-check -i localhost, site.yml); }
make_machine() {
    fresh_system
    in_system apt-get update -q
    in_system apt-get install -y -q --no-install-recommends systemd systemd-sysv dbus udev python3 python3-apt ansible-core
    place_repository "$debs"
    in_system apt-get update -q
    in_system apt-get install -y -q --no-install-recommends loyal-central
    # What the till stands on is there already: the machine that is booted has no network.
    in_system apt-get satisfy -y -q --no-install-recommends "$(dpkg-deb -f "$debs"/loyald_*.deb Depends)"
    rm -rf "$system"/etc/apt/sources.list*/* "$system/etc/apt/sources.list"
    cp -R "$root"/packaging/ansible/. "$system/root/try/"
    cat >"$system/etc/systemd/system/try.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sh /root/try/try.sh >/root/try/said 2>&1; systemctl --no-block poweroff'
UNIT
    mkdir -p "$system/etc/systemd/system/multi-user.target.wants"
    # Not wanted by what it waits for: by the target that is booted into.
    printf '[Unit]\nRequires=multi-user.target\nAfter=multi-user.target\nWants=try.service\n' >"$system/etc/systemd/system/try.target"
    leave_system
}
# A network of its own, which has the loopback alone.
boot() {
    timeout 300 systemd-nspawn --boot --register=no --keep-unit --private-network --directory="$system" -- systemd.unit=try.target </dev/null || true
    grep -q '^DONE' "$system/root/try/said" || { cat "$system/root/try/said"; return 1; }
}

needs deb packages ansible
step 'The role, by ansible-lint' lint
step 'A bare Debian 12' make_bare
step 'A key for the repository' make_key
step 'A machine' make_machine
step 'Booting it, playing the role' boot
cat "$system/root/try/said"
