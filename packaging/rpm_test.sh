#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts of the RPM packages do, done by rpm: on a Debian 12 of its own that has rpm, rpm's own database and systemd, booted as a
# container. Installed, an upgrade in mid-basket that migrates, a way back that is refused, removed and installed again: users, files,
# units and sales are as with the Debian packages. It is no Fedora: libraries are Debian's (so nothing is said of dependencies), there
# is no dnf and no SELinux. usage: packaging/rpm_test.sh [--keep]
#
# LOYALD_RPMS names a folder with "first" and "later", packages built before. LOYALD_CHROOT names a folder in which the bare system is kept
# for the next run. Wants root. Ends with 77 where no container can be booted.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
. "$root/packaging/demo/shop.sh"
for part in container words install till upgrade; do . "$root/packaging/vm/$part.sh"; done
keep=
[ "${1:-}" = --keep ] && keep=1
use_work rpm
dir=$work/shop held=0
mkdir -p "$dir" "$work/repo"

trap leave_container EXIT

build() {
    if [ -n "${LOYALD_RPMS:-}" ]; then
        cp -R "$LOYALD_RPMS/first" "$LOYALD_RPMS/later" "$work/repo/"
    else
        sh "$root/packaging/rpm.sh" "$work/repo/first" - && later_tree && sh "$work/tree/packaging/rpm.sh" "$work/repo/later" -
    fi
}
# What Debian's packages of the same programs want is there; who reads ".deb" in it has nothing to install.
make_system() {
    fresh_system
    in_system apt-get update -q
    # shellcheck disable=SC2046 # words are meant to be parted
    in_system apt-get install -y -q --no-install-recommends systemd systemd-sysv dbus udev curl rpm $(libraries)
    leave_system
    install -d "$system/opt/vm"
    cp "$root/packaging/vm/guest/pos.sh" "$root/packaging/demo/shop.sh" "$system/opt/vm/"
}
# The packages of this machine that have the libraries the programs ask for.
libraries() {
    mkdir -p "$work/look"
    for package in loyald loyal-central loyald-sim; do rpm2cpio "$work/repo/first/$package-0"*.rpm | (cd "$work/look" && cpio -id --quiet); done
    ldd "$work"/look/usr/bin/* | sed -n 's/.* => \([^ ]*\) .*/\1/p' | sort -u | while read -r file; do
        dpkg-query -S "$file" 2>/dev/null || dpkg-query -S "/usr$file"
    done | sed 's/:.*//' | sort -u
}

rpm_there() { apt_there "rpm $* --nodeps"; }
of_version() { echo "/srv/repo/$1/loyald-0*.rpm"; }
is_package() { guest "[ \"\$(rpm -q --qf '%{VERSION}' loyald)\" = '$first_version+$2' ]"; } # as upgrade.sh asks dpkg
upgrade_there="rpm -U --nodeps $(of_version later)"

install_there() { rpm_there "-i $(of_version first) /srv/repo/first/loyal-central-0*.rpm /srv/repo/first/loyald-sim-0*.rpm"; }
has_users() {
    guest 'for user in _loyald _loyald-sync _loyal-central; do [ "$(getent passwd $user | cut -d: -f7)" = /usr/sbin/nologin ] || exit 1; done
        id -nG _loyald | grep -qw dialout && getent group _loyald-api >/dev/null'
}
owns() { guest "[ \"\$(stat -c %a:%U:%G $1)\" = '$2' ]"; }
is_enabled() { guest "systemctl is-enabled -q $1"; }
verified() { guest "rpm -V --nodeps $* && ! rpm -V --nodeps $* | grep -q ."; }
refused_there() { # as of a newer version; the program of before sells on
    apt_there "rpm -U --nodeps --oldpackage $(of_version first) >/run/said 2>&1; cat /run/said; grep -q 'scriptlet failed' /run/said" &&
        guest 'grep -q "this version does not start" /run/said && journalctl -u loyald | grep -q "was written by a newer version"' && is_active loyald.service &&
        sells_by_previous
}
mended() { rpm_there "-U $(of_version later)" && is_active loyald.service && refused sells_by_previous; }
removed() {
    apt_there 'rpm -e --nodeps loyald >/run/said 2>&1; cat /run/said; grep -q "records of this till are not at the central yet; they stay" /run/said' &&
        guest 'test ! -e /usr/bin/loyald && test ! -e /usr/lib/loyald && test -s /var/lib/loyald/journal.db && test -s /etc/loyald/loyald.conf.d/site.conf &&
            ! systemctl is-active -q loyald.service && ! systemctl is-active -q loyald.socket'
}

needs build rpm packages
step 'Building two versions' build
first_version=$(rpm -qp --qf '%{VERSION}' "$work"/repo/first/loyald-0*.rpm)
step 'A bare Debian 12' make_bare
step 'A system of its own, with rpm' make_system
is_up || { say 'The scripts are not tried: no container can be booted here.' && exit 77; }
check 'rpm installs' install_there
check 'there are users' has_users
check 'the till'"'"'s folder is its user'"'"'s' owns /var/lib/loyald 750:_loyald:_loyald
check 'the courier'"'"'s too' owns /var/lib/loyald-sync 700:_loyald-sync:_loyald-sync
check 'so is the central'"'"'s' owns /var/lib/loyal-central 700:_loyal-central:_loyal-central
for unit in loyald.socket loyald-link.socket loyald.service loyald-sync.service loyald-doctor.timer; do
    check "$unit is active" is_active "$unit"
    check 'and will be' is_enabled "$unit"
done
check 'what rpm put there is as it put it' verified loyald loyal-central loyald-sim
check 'a POS has a user' make_pos_user
check 'it sells' sale RPM-1
check 'a setting is the store'"'"'s' guest 'printf "[daemon]\nlanguage = en\n" >/etc/loyald/loyald.conf.d/site.conf && echo "# the store" >>/etc/loyald/loyald.conf'
check 'an upgrade waits for the basket, and migrates' upgrade_waits
check 'the setting stands' guest 'grep -q "the store" /etc/loyald/loyald.conf'
check 'it sells' sale RPM-2
check 'the version before it is refused, and leaves a till that sells' refused_there
check 'it sells' sale RPM-3
check 'doctor knows of it' doctor_says 'the upgrade to .* failed: the version before it sells'
check 'the next version ends that' mended
check 'it sells' sale RPM-4
check 'removed it says what the central has not got, and keeps it' removed
check 'rpm installs it again' rpm_there "-i $(of_version later)"
check 'it is active' is_active loyald.service
check 'and knows what it sold' known_there RPM-3
check 'it sells' sale RPM-5
say "$held things held."
