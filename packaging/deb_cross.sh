#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian packages for another processor, in a bare Debian 12 of its own, and tries the programs in it by emulation: a till
# sells, its journal holds what was sold. usage: packaging/deb_cross.sh arm64|armhf [DIR]     (build/deb-ARCH)
#
# Wants root, for the chroot. LOYALD_CHROOT names a folder in which the bare system is kept for the next run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
arch=${1:-}
case $arch in
arm64) emulator=qemu-aarch64 ;;
armhf) emulator=qemu-arm ;;
*) give_up 'usage: deb_cross.sh arm64|armhf [DIR]' ;;
esac
out=${2:-$root/build/deb-$arch}
use_work cross

make_system() {
    fresh_system
    debian_sources "$system/build"
    in_system dpkg --add-architecture "$arch"
    in_system apt-get update -q
}
# What is run while building is this machine's, what is linked with is the other's.
install_tools() {
    in_system apt-get build-dep -y -q --no-install-recommends --host-architecture "$arch" -P cross,nocheck /build
    in_system apt-get install -y -q --no-install-recommends "crossbuild-essential-$arch" qemu-user
}
package() { in_system sh -c "cd /build && dpkg-buildpackage --host-arch $arch --build-profiles=cross,nocheck -b -us -uc"; }
install_there() { in_system sh -c "apt-get install -y -q --no-install-recommends /loyald_*_$arch.deb /loyald-sim_*_$arch.deb"; }
take() {
    mkdir -p "$out"
    cp "$system"/*_"$arch".deb "$out/"
}
is_for() { in_system readelf -h /usr/bin/loyald | grep -q 'AArch64\|Machine: *ARM'; }

needs deb packages
step 'A bare Debian 12' make_bare
step 'A system of its own' make_system
step "Compilers and libraries for $arch" install_tools
step "Building the packages for $arch" package
step 'Installing them' install_there
step "They are for $arch" is_for
step 'Trying them by emulation' in_system sh -c "cd /build && sh debian/tests/sell $emulator"
take
(cd "$out" && sha256sum ./*.deb)
