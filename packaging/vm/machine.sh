# SPDX-License-Identifier: Apache-2.0
# The machine of vm.sh: what it is made of, its start and its ends, commands to it. Sourced after shop.sh. Its disk (disk.py) keeps
# after a power cut what was flushed to it, and of what was written since then a part or nothing.
#
#   boot              starts it and waits until it is up        power_cut         as it says; shut_down is the gentle way
#   guest COMMAND     runs it there, as root                    monitor COMMAND   tells QEMU (device_del, device_add)

memory_mb=768
boots=0
adapter='usb-serial,id=ftdi,chardev=scanner,bus=usb.0,serial=SCANNER-A'
card='virtio-net-pci,id=card,netdev=net0'

# start_disk [--lies]: what chance keeps of a cut is another thing with each boot.
start_disk() {
    start disk python3 "$root/packaging/vm/disk.py" "$work/disk.sock" "$work/disk" $((seed * 1000 + boots)) "$@" &&
        wait_for 5 test -S "$work/disk.sock"
}
start_tpm() {
    swtpm socket --tpm2 --tpmstate dir="$work/tpm" --ctrl type=unixio,path="$work/tpm.sock" --flags startup-clear --terminate \
        >>"$dir/log/tpm.log" 2>&1 &
    wait_for 5 test -S "$work/tpm.sock"
}

# boot [--bare] [--lies]. Bare: nothing is plugged in, neither the scanner nor the network. The scanner is behind an FTDI adapter (QEMU's usb-serial is one), the printer on the second serial port; both are our
# simulators on pseudo-terminals of the host. A TPM is emulated by swtpm, whose state stays between two boots.
boot() {
    boots=$((boots + 1)) boot_said=
    plugged=(-device "$adapter" -device "$card")
    if [ "${1:-}" = --bare ]; then plugged=() && shift; fi
    start_disk "$@" && start_tpm || return 1
    start machine qemu-system-x86_64 -M pc,usb=off -cpu Westmere -accel tcg -m "$memory_mb" -nodefaults -no-user-config \
        -display none -kernel "$base/vmlinuz" -initrd "$base/initrd" -no-reboot \
        -append "root=/dev/vda rw console=ttyS0 quiet mitigations=off no_timer_check net.ifnames=0 panic=-1 systemd.show_status=0" \
        -drive file=nbd:unix:"$work/disk.sock",format=raw,if=virtio,cache=writeback -device virtio-rng-pci \
        -serial file:"$work/console.$boots" -chardev serial,id=printer,path="$dir/ttyPRINTER" -serial chardev:printer \
        -device qemu-xhci,id=usb -chardev serial,id=scanner,path="$dir/ttySCANNER" \
        -device virtio-serial-pci -chardev socket,id=hand,path="$work/hand.sock",server=on,wait=off \
        -device virtserialport,chardev=hand,name=hand \
        -chardev file,id=confirmed,path="$dir/confirmed",append=on -device virtserialport,chardev=confirmed,name=confirmed \
        -chardev socket,id=tpm,path="$work/tpm.sock" -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-tis,tpmdev=tpm0 \
        -netdev user,id=net0 "${plugged[@]}" -monitor unix:"$work/monitor.sock",server=on,wait=off
    wait_for 10 test -S "$work/hand.sock" || return 1
    coproc HAND { exec socat - UNIX-CONNECT:"$work/hand.sock"; }
    exec 7<&"${HAND[0]}" 8>&"${HAND[1]}"
    IFS= read -r -t 580 boot_said <&7 && [ "$boot_said" = ready ]
}

let_go() {
    boot_said=
    exec 7<&- 8>&-
    if [ -n "${HAND_PID:-}" ]; then wait "$HAND_PID" 2>/dev/null || true; fi
    await_end disk || true
    rm -f "$work/hand.sock" "$work/monitor.sock" "$work/tpm.sock" "$work/disk.sock"
}
# In the midst of the disk's work; a machine that leaves its disk alone is cut all the same.
power_cut() {
    : >"$dir/log/disk.log"
    kill -USR1 "$(pid_of disk)"
    wait_for 20 grep -q '^no power' "$dir/log/disk.log" || true
    kill_now machine
    let_go
}
what_was_cut() { sed -n 's/^power cut: //p' "$dir/log/disk.log" | tail -n 1; }
shut_down() {
    guest 'systemctl poweroff --no-block' >/dev/null 2>&1
    wait_for 90 is_ended machine || return 1
    reap machine || true
    let_go
}

# A machine that is not up is not waited for.
guest() {
    [ "${boot_said:-}" = ready ] || return 99
    printf '%s\n' "$(printf '%s' "$*" | base64 -w 0)" >&8
    IFS=' ' read -r -t 620 guest_code guest_said <&7 || { echo "the machine does not answer: $*" >&2; return 99; }
    printf '%s' "$guest_said" | base64 -d
    return "$guest_code"
}
monitor() { printf '%s\n' "$*" | socat -t 1 - UNIX-CONNECT:"$work/monitor.sock" >/dev/null; }
