#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tries the packages on a whole machine: a Debian 12 that boots under its own systemd in QEMU (without KVM: it takes minutes), with
# a scanner behind an FTDI adapter, a printer on a serial port, a TPM, a disk whose cache forgets, and a network, all emulated; the
# central runs on this machine. The stages, in packaging/vm: install, till, upgrade, kills.
#   --rounds N   how often the machine is killed in mid-sale (5)
#   --seed N     decides when, and what the disk keeps of it (1)
#   --keep       leave the folder with its disk and logs, and with the machine as it was before each stage
#   --in FOLDER --from STAGE   go on there, from a folder that was kept
# Wants root. LOYALD_DEBS names a folder with packages built before, "first" and "later"; LOYALD_CHROOT one where the bare system is
# kept, LOYALD_VM one where the machine's tree is (build/vm).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"
. "$root/packaging/system.sh"
. "$root/packaging/demo/shop.sh"
for part in tree machine words stages install till upgrade kills; do . "$root/packaging/vm/$part.sh"; done

stages='install till upgrade kills'
rounds=5 seed=1 keep= in= from=install
while [ $# -gt 0 ]; do
    case $1 in
    --rounds | --seed)
        [ "${2:-}" -ge 0 ] 2>/dev/null || give_up "$1 wants a number"
        eval "${1#--}=$2"
        shift
        ;;
    --in | --from)
        [ -n "${2:-}" ] || give_up "$1 wants a name"
        eval "${1#--}=\$2"
        shift
        ;;
    --keep) keep=1 ;;
    --help) sed -n 's/^# \{0,1\}//; 3,11p' "$0" && exit 0 ;;
    *) give_up "$1 is no option; try --help" ;;
    esac
    shift
done
case " $stages " in *" $from "*) ;; *) give_up "$from is none of the stages: $stages" ;; esac
[ "$from" = install ] || [ -d "$in/before.$from" ] || give_up "--from $from wants --in FOLDER, kept by a run that came so far"
base=${LOYALD_VM:-$root/build/vm}
LOYALD_CHROOT=${LOYALD_CHROOT:-$base/bare}
use_work vm
system=$base/tree
dir=$work/shop bin=$work/host/usr/bin demo=$root/packaging/demo language=en central_host=central.example
mkdir -p "$dir/log" "$work/tpm" "$base"
RANDOM=$seed
held=0

finish() {
    code=$?
    trap - EXIT INT TERM
    unset IFS # where a "read" was broken off
    if [ $code -ne 0 ]; then
        tail -n 15 "$dir"/log/*.log "$work/console.$boots" 2>/dev/null || true
        what_it_says || true
    fi
    kill_now machine
    let_go
    shop_end || true
    leave_work $code
}
trap finish EXIT

say "seed $seed, $rounds kills"
needs build deb packages test vm
if [ "$from" = install ]; then
    begin_anew
else
    step "The machine as it was before $from" begin_with_kept
fi
step 'The machine boots' boot
for stage in $stages; do
    comes_before "$stage" "$from" || run_stage "$stage"
done
say "$held things held."
