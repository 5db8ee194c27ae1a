# SPDX-License-Identifier: Apache-2.0
# A bare Debian 12 in a folder, and a signed repository to install from: what deb_test.sh, deb_cross.sh, piuparts.sh, rpm.sh and vm.sh
# share. Sourced by bash, as root, after lib.sh. use_work NAME sets
#   work     an empty folder for everything that is written      system   the system's folder, under work
#   bare     where the bare system is kept for the next time (LOYALD_CHROOT names it)
# and takes all of it away at the end, unless keep is set.

use_work() {
    [ "$(id -u)" -eq 0 ] || give_up 'the tree of a system is root'"'"'s to make: run it as root'
    work=$(mktemp -d "${TMPDIR:-/tmp}/loyald-$1.XXXXXX")
    system=$work/system
    bare=${LOYALD_CHROOT:-$work/bare}
    trap leave_work EXIT
    trap 'exit 1' INT TERM
}
leave_work() { # [CODE]
    leave_code=${1:-$?}
    trap - EXIT INT TERM
    leave_system
    if [ -n "${keep:-}" ]; then say "kept: $work"; else rm -rf --one-file-system "$work"; fi
    exit $leave_code
}

mirror() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1; }

# Packages come from where this machine has them from.
make_bare() {
    [ -e "$bare/etc/debian_version" ] && return 0
    debootstrap --variant=minbase --include=ca-certificates bookworm "$bare.new" "$(mirror)"
    rm -f "$bare.new/etc/apt/sources.list"
    cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d "$bare.new/etc/apt/"
    cp /usr/share/keyrings/*.gpg "$bare.new/usr/share/keyrings/"
    mv "$bare.new" "$bare"
}

fresh_system() {
    cp -a "$bare" "$system"
    enter_system
}
enter_system() {
    mount -t proc proc "$system/proc"
    mount --rbind /dev "$system/dev" && mount --make-rslave "$system/dev"
}
leave_system() {
    for place in proc dev; do
        if mountpoint -q "$system/$place"; then umount -R -l "$system/$place"; fi
    done
}
in_system() { chroot "$system" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

# depends FOLDER: what our packages there want of Debian.
depends() {
    for package in "$1"/*.deb; do dpkg-deb -f "$package" Depends; done | tr ',' '\n' | sed 's/^ *//; s/[ |(].*//; /^loyal/d' | sort -u
}

# A repository of our own, signed by a key made for it; a system takes packages from its ring "stable" alone.
make_key() {
    export GNUPGHOME=$work/gnupg
    install -d -m 0700 "$GNUPGHOME"
    gpg --batch --pinentry-mode loopback --passphrase '' --quick-generate-key 'Loyald test <test@example.org>' ed25519 sign 1d
    key=$(gpg --list-secret-keys --with-colons | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p' | head -n 1)
}

# fill_repository FOLDER: its packages through two rings, by the commands of docs/install.md; work/repo is the repository.
fill_repository() {
    written=$(sed -n '/^## Make the repository/,/^## The/s/^\$ \(packaging\/repo\.sh .*\)/\1/p' "$root/docs/install.md" |
        sed "s|/srv/loyald|$work/repo|; s|KEY|$key|; s|build/deb/|$1/|")
    [ "$(printf '%s\n' "$written" | grep -c ' add \| promote ')" -eq 2 ] || { echo 'docs/install.md makes no repository'; return 1; }
    (cd "$root" && sh -e -c "$written") >"$work/source" 2>&1 || { cat "$work/source"; return 1; }
}

# apt_source ADDRESS: what "add" said is to stand in loyald.sources, with the address of the test.
apt_source() {
    sed -n '/^Types/,$p' "$work/source" | sed '/^Types: deb$/,/^Signed-By/!d; s|^URIs:.*|URIs: '"$1"'|; s|^Suites:.*|Suites: stable|'
}

# place_repository FOLDER: its packages, where the system's apt finds them.
place_repository() {
    fill_repository "$1" || return 1
    rm -rf "$system/root/try/repo"
    mkdir -p "$system/root/try/repo"
    cp -R "$work/repo/dists" "$work/repo/pool" "$system/root/try/repo/"
    chmod -R a+rX "$system/root" # apt reads as a user of its own
    cp "$work/repo/loyald-archive-keyring.gpg" "$system/usr/share/keyrings/"
    apt_source file:/root/try/repo >"$system/etc/apt/sources.list.d/loyald.sources"
}

# A later version: its journal has a table more, so an upgrade migrates and a way back is refused.
later_tree() {
    copy_sources "$work/tree"
    sed -i '1s/(\([0-9.]*\))/(\1+later1)/' "$work/tree/packaging/deb/changelog"
    later_number=$(find "$work/tree/schema/till/journal" -name '[0-9]*.sql' | wc -l)
    echo 'CREATE TABLE later (what INTEGER) STRICT;' >"$work/tree/schema/till/journal/000$((later_number + 1))_later.sql"
}
build_later() { later_tree && sh "$work/tree/packaging/deb.sh" "$work/later"; }

# make_version NUMBER [PROGRAM]: the later version under a number of its own, as work/NUMBER; with another program in its place.
make_version() {
    mkdir -p "$work/$1"
    dpkg-deb -R "$work"/later/loyald_*.deb "$work/$1/tree"
    sed -i "s/^\(Version: .*\)+later1/\1+$1/" "$work/$1/tree/DEBIAN/control"
    [ -z "${2:-}" ] || install -m 0755 "$2" "$work/$1/tree/usr/bin/loyald"
    dpkg-deb --root-owner-group -b "$work/$1/tree" "$work/$1/loyald_$1.deb"
    rm -rf "$work/$1/tree"
}

# A program that cannot sell: a migration of two steps that went wrong. Its first start copies the journal as it was, its second the half
# that the first made of it.
write_broken() {
    cat >"$work/broken.sh" <<'BROKEN'
#!/bin/sh
[ "${1:-}" != --check-config ] || exit 0
cd /var/lib/loyald || exit 1
if [ "$(head -c 13 journal.db)" = 'SQLite format' ]; then copy=journal.db.v98.bak; else copy=journal.db.v99.bak; fi
cp journal.db $copy && sync $copy . # on the disk before anything is changed, as loyald has it
echo spoilt >journal.db
echo 'this version does not work' >&2
exit 1
BROKEN
}
