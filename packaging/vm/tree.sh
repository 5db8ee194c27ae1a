# SPDX-License-Identifier: Apache-2.0
# A Debian 12 that boots in QEMU: its disk made from a folder, no installer, no acceleration needed. Sourced by vm.sh after system.sh.
#
#   make_tree FOLDER   the folder's tree, with what the packages there want of Debian       furnish   work/disk of it

system_packages='systemd systemd-sysv udev dbus iproute2 curl kmod netbase linux-image-amd64 initramfs-tools
    busybox-static cpio libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-mu0 tpm2-tools libtss2-tcti-device0'

# The tree is kept for the next time, as long as it is to have the same packages.
make_tree() {
    tree_list="$system_packages $(depends "$1" | tr '\n' ' ')"
    [ "$(cat "$base/list" 2>/dev/null)" = "$tree_list" ] && return 0
    rm -rf --one-file-system "$system" "$base/list"
    mkdir -p "$base"
    cp -a "$bare" "$system"
    enter_system
    in_system apt-get update -q
    # shellcheck disable=SC2086 # words are meant to be parted
    in_system apt-get install -y -q --no-install-recommends $tree_list
    in_system apt-get clean
    in_system sh -c "$(keep_modules)"
    in_system sh -c "$(make_initrd)" >"$base/initrd"
    leave_system
    cp "$system"/boot/vmlinuz-* "$base/vmlinuz"
    printf '%s' "$tree_list" >"$base/list"
}

# In there: of Debian's modules those that this machine can need. To look through thousands costs an emulated machine most of its boot.
keep_modules() {
    cat <<'THERE'
set -eu
cd /lib/modules/*
version=${PWD##*/}
for module in virtio_pci virtio_blk virtio_net virtio_console virtio_rng ext4 xhci_pci ftdi_sio cdc_acm tpm_tis sch_netem autofs4 configfs; do
    modprobe -S "$version" -D "$module"
done | sed -n 's|^insmod ||p' | sort -u >/run/modules
mkdir /run/kept
xargs -a /run/modules cp --parents -t /run/kept
rm -rf kernel
cp -R "/run/kept$PWD/kernel" .
rm -rf /run/kept /boot/initrd*
depmod "$version"
THERE
}

# In there: the least that finds the disk.
make_initrd() {
    cat <<'THERE'
set -eu
mkdir -p /run/initrd/bin /run/initrd/dev /run/initrd/root
cd /run/initrd
cp /bin/busybox bin/
version=$(ls /lib/modules)
{
    echo '#!/bin/busybox sh'
    echo '/bin/busybox mount -t devtmpfs dev /dev'
    for module in virtio_pci virtio_blk ext4; do modprobe -S "$version" -D "$module"; done |
        sed -n 's|^insmod ||p' | awk '!seen[$1]++ { print $1 }' | while read -r file; do
        cp "$file" .
        echo "/bin/busybox insmod /${file##*/}"
    done
    echo 'until /bin/busybox mount -t ext4 /dev/vda /root; do /bin/busybox sleep 0.1; done'
    echo 'exec /bin/busybox switch_root /root /sbin/init'
} >init
chmod 0755 init
find . | cpio -o -H newc | gzip -1
rm -rf /run/initrd
THERE
}

# What the test itself needs in there. Debian's packages are all in the tree: apt is to ask our repository alone.
furnish() {
    install -d "$system/opt/vm"
    cp "$root"/packaging/vm/guest/*.sh "$root/packaging/demo/shop.sh" "$system/opt/vm/"
    cp "$root/packaging/vm/guest/hand.service" "$system/etc/systemd/system/"
    rm -rf "$system"/etc/apt/sources.list* "$system/etc/machine-id"
    install -d "$system/etc/apt/sources.list.d"
    : >"$system/etc/machine-id"
    echo till-3 >"$system/etc/hostname"
    printf '127.0.0.1 localhost till-3\n10.0.2.2 central.example packages.example\n' >"$system/etc/hosts"
    in_system systemctl enable -q hand.service
    in_system systemctl mask -q apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
        dpkg-db-backup.timer getty.target systemd-logind.service systemd-networkd.service dev-hugepages.mount dev-mqueue.mount \
        sys-kernel-debug.mount sys-kernel-tracing.mount systemd-update-utmp.service systemd-user-sessions.service \
        modprobe@configfs.service modprobe@dm_mod.service modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service \
        sys-fs-fuse-connections.mount sys-kernel-config.mount systemd-sysusers.service systemd-random-seed.service \
        systemd-modules-load.service systemd-pstore.service systemd-update-utmp-runlevel.service
    look_at_few_devices
    rm -f "$work/disk"
    mke2fs -q -t ext4 -d "$system" "$work/disk" 3G
}

# What is there when the machine starts: the buses, whose drivers bring the rest, and the printer's line. A PC's sixty-four consoles and
# what else the kernel lists are of no use here, and cost a second each time.
look_at_few_devices() {
    install -d "$system/etc/systemd/system/systemd-udev-trigger.service.d"
    cat >"$system/etc/systemd/system/systemd-udev-trigger.service.d/few.conf" <<'FEW'
[Service]
ExecStart=
ExecStart=-udevadm trigger --type=devices --action=add --subsystem-match=pci --subsystem-match=virtio --subsystem-match=virtio-ports --subsystem-match=usb --subsystem-match=net --subsystem-match=block --subsystem-match=platform --subsystem-match=acpi --subsystem-match=tpm --subsystem-match=tpmrm
ExecStart=-udevadm trigger --type=devices --action=add --sysname-match=ttyS[01]
FEW
}
