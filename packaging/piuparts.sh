#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The packages through piuparts: installed, removed, purged, and nothing of theirs left behind. A till that never sold has no journal,
# so nothing is kept for it; what is kept of one that did, and where, packaging/deb_test.sh tries. usage: packaging/piuparts.sh DEB_FOLDER
#
# Wants root. LOYALD_CHROOT names a folder in which the bare system is kept for the next run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
[ $# -eq 1 ] && [ -d "$1" ] || give_up 'usage: piuparts.sh DEB_FOLDER (packaging/deb.sh makes build/deb)'
use_work piuparts

# These are made by systemd itself when it comes as a dependency into a system that had none.
try_packages() {
    find "$1" -name '*.deb' ! -name '*dbgsym*' -exec piuparts --existing-chroot "$bare" --keep-sources-list -d bookworm --no-eatmydata \
        --skip-minimize -I "^/root/.ssh" -I "^/var/(cache|lib|log)/private" -I "^/var/lib/systemd/(coredump|pstore)" \
        {} +
}

needs packages piuparts
step 'A bare Debian 12' make_bare
step 'piuparts' try_packages "$1"
