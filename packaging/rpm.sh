#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds RPM packages from the lists of the Debian packages, and compares the two: the same files, the same users, the same units begun
# and ended; nothing for rpmlint; installed by rpm into a root of their own, they sell. usage: packaging/rpm.sh [DIR [DEB_FOLDER]]     (build/rpm, build/deb: packaging/deb.sh makes it; -: nothing is compared)
#
# On Debian they are built with Debian's libraries, so they show that the spec is whole; to install them build them where they are to run.
# What their scripts do, packaging/rpm_test.sh tries.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
out=${1:-$root/build/rpm}
debs=${2:-$root/build/deb}
version=$(sed -n '1s/.*(\([0-9a-z.+]*\)).*/\1/p' "$root/packaging/deb/changelog")

source_archive() {
    rm -rf "$out"
    mkdir -p "$out"
    archive_sources >"$out/loyald-$version.tar"
}
package() {
    rpmbuild -bb --nodeps --define "loyald_version $version" --define "_topdir $out" --define "_sourcedir $out" --define "_rpmdir $out" \
        "$root/packaging/rpm/loyald.spec"
    find "$out" -name '*.rpm' -exec mv {} "$out/" \;
    rm -rf "$out/BUILD" "$out/BUILDROOT" "$out/loyald-$version.tar"
}

# The files of a package, but for its documentation: name and mode.
of_rpm() { rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$1" 2>/dev/null | sed -n 's|^-\(.\{9\}\) \(/.*\)|\1 \2|p'; }
of_deb() { dpkg-deb -c "$1" | sed -n 's|^-\(.\{9\}\) .* \./\([^ ]*\).*|\1 /\2|p' | sed 's| /lib/| /usr/lib/|'; }
plain() { grep -v ' /usr/share/doc/' | sed 's|\(/man/.*[0-9]\)\.gz$|\1|' | sort; }
same_files() {
    for name in loyald loyal-central loyald-sim; do
        of_deb "$debs/${name}_${version}"_*.deb | plain >"$out/of_deb"
        of_rpm "$out/$name-$version-1".*.rpm | plain >"$out/of_rpm"
        [ -s "$out/of_deb" ] || { echo "$debs has no $name"; return 1; }
        diff "$out/of_deb" "$out/of_rpm" || { echo "$name: the files differ (<: deb, >: rpm)"; return 1; }
    done
    rm -f "$out/of_deb" "$out/of_rpm"
}
# What apt does to units and users, rpm does too.
same_scripts() {
    for name in loyald loyal-central; do
        rpm -qp --scripts "$out/$name-$version-1".*.rpm >"$out/scripts" 2>/dev/null
        for unit in $(dpkg-deb -c "$debs/${name}_${version}"_*.deb | sed -n 's|.*/systemd/system/\([^ ]*\)$|\1|p'); do
            [ "$unit" = loyald-doctor.service ] || [ "$(grep -c "$unit" "$out/scripts")" -ge 2 ] || { echo "$unit is not begun and ended"; return 1; }
        done
        grep -q "systemd-sysusers $name.conf" "$out/scripts" || { echo "$name makes no user"; return 1; }
    done
    rm -f "$out/scripts"
}
settings_are_kept() {
    rpm -qp --configfiles "$out/loyald-$version-1".*.rpm 2>/dev/null | sort >"$out/settings"
    printf '%s\n' /etc/loyald/loyald-sync.conf /etc/loyald/loyald.conf | cmp - "$out/settings" && rm -f "$out/settings"
}

nothing_for_rpmlint() {
    rpmlint --config "$root/packaging/rpm/rpmlint.toml" "$out"/*.rpm | tee "$out/rpmlint"
    grep -q ' 0 errors, 0 warnings' "$out/rpmlint" && rm -f "$out/rpmlint"
}
# Without dependencies and scripts, for here are no packages of such a system: the libraries are this machine's.
install_apart() {
    rm -rf "$out/root"
    mkdir -p "$out/root"
    rpm --root "$out/root" --initdb
    rpm --root "$out/root" --install --nodeps --noscripts "$out"/*.rpm
    rpm --root "$out/root" --verify --nodeps --all
}
sell() {
    (cd "$root" && LOYALD_INSTALLED=$out/root/usr/bin sh packaging/deb/tests/sell)
    rm -rf "$out/root"
}

needs build rpm
step 'The sources' source_archive
step 'Building the packages' package
[ "$debs" != - ] || exit 0
step 'The same files as Debian'"'"'s' same_files
step 'The same units and users' same_scripts
step 'Settings are kept' settings_are_kept
step 'Nothing for rpmlint' nothing_for_rpmlint
step 'Installing into a root of its own' install_apart
step 'Selling from there' sell
(cd "$out" && sha256sum ./*.rpm)
