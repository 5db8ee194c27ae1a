# SPDX-License-Identifier: Apache-2.0
# A bare Debian 12 in a folder, and a signed repository to install from: what deb_test.sh and vm.sh share. Sourced by bash, as root,
# after lib.sh. The caller sets
#   work     an empty folder for everything that is written      system   the system's folder, under work
#   bare     where the bare system is kept for the next time
# and calls leave_system in a trap.

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

# A repository of our own, signed by a key made for it; a system takes packages from its ring "stable" alone.
make_key() {
    export GNUPGHOME=$work/gnupg
    install -d -m 0700 "$GNUPGHOME"
    gpg --batch --pinentry-mode loopback --passphrase '' --quick-generate-key 'Loyald test <test@example.org>' ed25519 sign 1d
    key=$(gpg --list-secret-keys --with-colons | sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p' | head -n 1)
}

# fill_repository FOLDER: its packages, but for those of debug symbols, through two rings; work/repo is the repository.
fill_repository() {
    find "$1" -name '*.deb' ! -name '*dbgsym*' -exec sh "$root/packaging/repo.sh" add "$work/repo" canary "$key" {} + >"$work/source" 2>&1 &&
        sh "$root/packaging/repo.sh" promote "$work/repo" canary stable >>"$work/source" 2>&1 || { cat "$work/source"; return 1; }
}

# apt_source ADDRESS: what "add" said is to stand in loyald.sources, with the address of the test.
apt_source() {
    sed -n '/^Types/,$p' "$work/source" | sed '/^Types: deb$/,/^Signed-By/!d; s|^URIs:.*|URIs: '"$1"'|; s|^Suites:.*|Suites: stable|'
}

# A later version, made from the first by its version alone.
build_later() {
    mkdir -p "$work/tree"
    (cd "$root" && git ls-files -z | tar --null -T - -cf -) | tar -C "$work/tree" -xf -
    sed -i '1s/(\([0-9.]*\))/(\1+later1)/' "$work/tree/packaging/deb/changelog"
    sh "$work/tree/packaging/deb.sh" "$work/later"
}
