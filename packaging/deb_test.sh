#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries the Debian packages as store IT would, in a bare Debian 12 of its own (a chroot): built twice and the same, nothing
# for lintian, installed, sold on, upgraded, removed, purged; and the first till by the pages, then upgrades, under systemd. usage: packaging/deb_test.sh [--keep]
#
# LOYALD_DEBS names a folder with "first" and "later", packages built before, which are taken as they are then.
# Wants root, for the chroot. LOYALD_CHROOT names a folder in which the bare system is kept for the next run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
keep=
[ "${1:-}" = --keep ] && keep=1
use_work deb

make_system() {
    fresh_system
    mkdir -p "$system/root/try" "$system/root/tree"
    cp "$root"/packaging/demo/bundle-1.json "$root"/packaging/demo/members.csv "$root"/packaging/demo/shop.sh \
        "$root"/packaging/deb_shop.sh "$system/root/try/"
    dpkg-deb -x "$work"/first/loyald_*.deb "$system/root/try/first"
    (cd "$root" && tar -cf - packaging/deb/tests packaging/demo/shop.sh) | tar -C "$system/root/tree" -xf -
}

install_packages_there() {
    in_system apt-get update -q
    in_system apt-get install -y -q --no-install-recommends loyald loyal-central loyald-sim loyald-doc
}

# The same tree in another folder, at another time.
build_twice() {
    sh "$root/packaging/deb.sh" "$work/first"
    sh "$root/packaging/deb.sh" "$work/a-second-folder"
}
same_bits() { (cd "$work/first" && sha256sum ./*.deb) | (cd "$work/a-second-folder" && sha256sum --check --quiet); }

# Each dependency of ours is in the bill, with a version, and each relation is between two that are in it.
bill_of_materials() {
    find "$work/first" -name '*.deb' ! -name '*dbgsym*' -exec python3 "$root/packaging/sbom.py" {} + >"$work/sbom.json" &&
        python3 - "$work/sbom.json" <<'CHECK'
import json, sys
bill = json.load(open(sys.argv[1]))
packages = {package["SPDXID"]: package for package in bill["packages"]}
ours = [package for package in packages.values() if package["licenseDeclared"] == "Apache-2.0"]
assert len(ours) == 4, [package["name"] for package in ours]
assert all(package["versionInfo"] for package in packages.values())
assert len(packages) == len(bill["packages"]) > 30, len(packages)
for relation in bill["relationships"]:
    assert relation["relatedSpdxElement"] in packages, relation
    assert relation["spdxElementId"] in packages or relation["relationshipType"] == "DESCRIBES", relation
wanted = {"libserialport0", "libsqlite3-0", "libcurl4", "libmbedcrypto7", "libmicrohttpd12", "libuv1", "libcjson1"}
assert wanted <= {package["name"] for package in packages.values()}, wanted
CHECK
}

# Exposure as systemd itself reckons it, times ten; a unit that became laxer is seen here.
judge_units() {
    judge loyald 5 && judge loyald-sync 10 && judge loyal-central 10 && judge loyald-doctor 31 && judge_lan_printer 13
}
# The same unit with the drop-in for a printer on the network, whose settings stand for those before.
judge_lan_printer() {
    sed '/^\[Install\]/,$d; /^PrivateNetwork=/d; /^RestrictAddressFamilies=/d; /^IPAddressDeny=/d' "$root/packaging/systemd/loyald.service" >"$work/lan.service"
    sed -n '/^PrivateNetwork=/,$p' "$root/packaging/systemd/examples/lan-printer.conf" >>"$work/lan.service"
    systemd-analyze security --offline=true --no-pager --threshold="$1" "$work/lan.service"
}
judge() { systemd-analyze security --offline=true --no-pager --threshold="$2" "$root/packaging/systemd/$1.service"; }

shop() { in_system sh /root/try/deb_shop.sh "$1" 2>&1 | tee -a "$work/shop.log"; return "${PIPESTATUS[0]}"; }
# A till under its own systemd, where a container of that kind can be booted.
till() {
    LOYALD_DEBS=$work LOYALD_CHROOT=$bare bash "$root/packaging/till_test.sh" 2>&1 | tee -a "$work/shop.log"
    till_code=${PIPESTATUS[0]}
    [ "$till_code" -eq 0 ] || [ "$till_code" -eq 77 ]
}
stage() { # NAME COMMAND...
    stage_name=$1
    shift
    "$@" || give_up "$stage_name: failed"
}

needs build deb packages
if [ -n "${LOYALD_DEBS:-}" ]; then
    cp -R "$LOYALD_DEBS/first" "$LOYALD_DEBS/later" "$work/"
else
    step 'Building the packages twice' build_twice
    step 'Comparing them, bit for bit' same_bits
    step 'Building a later version' build_later
fi
step 'Lintian' lintian --fail-on error,warning "$work"/first/*.deb
step 'The bill of materials' bill_of_materials
step 'Judging the units' judge_units
step 'A bare Debian 12' make_bare
step 'A system of its own' make_system
step 'A key for the repository' make_key
stage 'the repository' place_repository "$work/first"
step 'Installing' install_packages_there
step 'The test that comes with the packages' in_system sh -c 'cd /root/tree && sh packaging/deb/tests/sell'
stage 'selling' shop sell
stage 'the repository' place_repository "$work/later"
step 'Upgrading' install_packages_there
stage 'after the upgrade' shop upgraded
step 'Removing' in_system apt-get remove -y -q loyald loyal-central loyald-sim
stage 'after the removal' shop removed
step 'Purging' in_system apt-get purge -y -q loyald loyal-central loyald-sim
stage 'after the purge' shop purged
stage 'a till under systemd' till
say "$(grep -c '^ok:' "$work/shop.log") things held."
