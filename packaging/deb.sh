#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian packages of this tree into build/deb. usage: packaging/deb.sh [DIR]
#
# The same tree gives the same packages, bit for bit: their times are those of the changelog.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
out=${1:-$root/build/deb}

prepare() {
    rm -rf "$out/tree"
    debian_sources "$out/tree"
}

package() { (cd "$out/tree" && dpkg-buildpackage -b -us -uc --no-check-builddeps); }

needs build deb
mkdir -p "$out"
step 'Copying the tree' prepare
step 'Building the packages' package
rm -rf "$out/tree"
(cd "$out" && sha256sum ./*.deb)
