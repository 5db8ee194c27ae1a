# SPDX-License-Identifier: Apache-2.0
# A Debian 12 that boots in QEMU: its disk made from a folder, no installer, no acceleration needed. Sourced by vm.sh after
# system.sh and shop.sh. The disk is a file of the host, so that what the machine wrote to it outlives a kill of QEMU, and what
# it only meant to write does not: as with a power cut.
#
#   boot              starts it and waits until it is up        power_cut         kills QEMU; shut_down is the gentle way
#   guest COMMAND     runs it there, as root                    monitor COMMAND   tells QEMU (device_del, device_add)
#   until_guest SECONDS COMMAND   there, until it succeeds

memory_mb=768
system_packages='systemd systemd-sysv udev dbus iproute2 curl kmod netbase linux-image-amd64 initramfs-tools
    busybox-static cpio libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-mu0 tpm2-tools libtss2-tcti-device0'
boots=0

# ---- the disk ----

# depends FOLDER: what our packages there want of Debian.
depends() {
    for package in "$1"/*.deb; do dpkg-deb -f "$package" Depends; done | tr ',' '\n' | sed 's/^ *//; s/[ |(].*//; /^loyal/d' | sort -u
}

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
    cp "$root"/packaging/vm/*.sh "$root/packaging/demo/shop.sh" "$system/opt/vm/"
    cp "$root/packaging/vm/hand.service" "$system/etc/systemd/system/"
    rm -rf "$system"/etc/apt/sources.list* "$system/etc/machine-id"
    install -d "$system/etc/apt/sources.list.d"
    : >"$system/etc/machine-id"
    echo till-3 >"$system/etc/hostname"
    printf '127.0.0.1 localhost till-3\n10.0.2.2 central.example packages.example\n' >"$system/etc/hosts"
    in_system systemctl enable -q hand.service
    in_system systemctl mask -q apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
        dpkg-db-backup.timer getty.target systemd-logind.service systemd-networkd.service dev-hugepages.mount dev-mqueue.mount \
        sys-kernel-debug.mount sys-kernel-tracing.mount systemd-update-utmp.service systemd-user-sessions.service
    rm -f "$work/disk"
    mke2fs -q -t ext4 -d "$system" "$work/disk" 3G
}

# ---- the machine ----

# The scanner is behind an FTDI adapter (QEMU's usb-serial is one), the printer on the second serial port; both are our
# simulators on pseudo-terminals of the host. A TPM is emulated by swtpm, whose state stays between two boots.
boot() {
    boots=$((boots + 1))
    swtpm socket --tpm2 --tpmstate dir="$work/tpm" --ctrl type=unixio,path="$work/tpm.sock" --flags startup-clear --terminate &
    wait_for 5 test -S "$work/tpm.sock" || return 1
    start machine qemu-system-x86_64 -M pc,usb=off -cpu Westmere -accel tcg -m "$memory_mb" -nodefaults -no-user-config \
        -display none -kernel "$base/vmlinuz" -initrd "$base/initrd" -no-reboot \
        -append "root=/dev/vda rw console=ttyS0 quiet mitigations=off no_timer_check net.ifnames=0 panic=-1 systemd.show_status=0" \
        -drive file="$work/disk",format=raw,if=virtio,cache=unsafe -device virtio-rng-pci \
        -serial file:"$work/console.$boots" -chardev serial,id=printer,path="$dir/ttyPRINTER" -serial chardev:printer \
        -device qemu-xhci,id=usb -chardev serial,id=scanner,path="$dir/ttySCANNER" -device "$adapter" \
        -device virtio-serial-pci -chardev socket,id=hand,path="$work/hand.sock",server=on,wait=off \
        -device virtserialport,chardev=hand,name=hand \
        -chardev file,id=confirmed,path="$dir/confirmed",append=on -device virtserialport,chardev=confirmed,name=confirmed \
        -chardev socket,id=tpm,path="$work/tpm.sock" -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-tis,tpmdev=tpm0 \
        -netdev user,id=net0 -device virtio-net-pci,netdev=net0 -monitor unix:"$work/monitor.sock",server=on,wait=off
    wait_for 10 test -S "$work/hand.sock" || return 1
    coproc HAND { exec socat - UNIX-CONNECT:"$work/hand.sock"; }
    exec 7<&"${HAND[0]}" 8>&"${HAND[1]}"
    IFS= read -r -t 580 boot_said <&7 && [ "$boot_said" = ready ]
}
adapter='usb-serial,id=ftdi,chardev=scanner,bus=usb.0,serial=SCANNER-A'

let_go() {
    exec 7<&- 8>&-
    if [ -n "${HAND_PID:-}" ]; then wait "$HAND_PID" 2>/dev/null || true; fi
    rm -f "$work/hand.sock" "$work/monitor.sock" "$work/tpm.sock"
}
power_cut() {
    kill_now machine
    let_go
}
shut_down() {
    guest 'systemctl poweroff --no-block'
    wait_for 90 is_ended machine || return 1
    reap machine || true
    let_go
}

guest() {
    printf '%s\n' "$(printf '%s' "$*" | base64 -w 0)" >&8
    IFS=' ' read -r -t 620 guest_code guest_said <&7 || { echo "the machine does not answer: $*" >&2; return 99; }
    printf '%s' "$guest_said" | base64 -d
    return "$guest_code"
}
until_guest() {
    until_seconds=$1
    shift
    guest "until_end=\$((\$(date +%s) + $until_seconds))
until ($*) >/dev/null 2>&1; do [ \$(date +%s) -lt \$until_end ] || exit 1; sleep 0.2; done" && return 0
    echo "after $until_seconds s still not: $*" >&2
    guest "$*"
}

monitor() { printf '%s\n' "$*" | socat -t 1 - UNIX-CONNECT:"$work/monitor.sock" >/dev/null; }
