#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# loyalctl doctor on what a till's TLS key is sealed with: nothing, the host's key, a TPM 2 (swtpm emulates it; systemd-creds and tpm2-tools
# reach it by its socket). The TPM locks itself after a loss of power, and is another one, as on a mainboard that was replaced.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/doctor_common.sh"
for program in swtpm systemd-creds tpm2_dictionarylockout; do
    command -v "$program" >/dev/null || { echo "left out: there is no $program" && exit 77; }
done
ldconfig -p | grep -q libtss2-tcti-swtpm || { echo 'left out: there is no libtss2-tcti-swtpm0' && exit 77; }

export SYSTEMD_TPM2_DEVICE="swtpm:path=$dir/tpm.sock" TPM2TOOLS_TCTI="swtpm:path=$dir/tpm.sock" SYSTEMD_CREDENTIAL_SECRET="$dir/host.secret"
mkdir "$dir/tpm" "$dir/credentials"
start_tpm() {
    rm -f "$dir/tpm.sock"
    start tpm swtpm socket --tpm2 --tpmstate dir="$dir/tpm" --server type=unixio,path="$dir/tpm.sock" \
        --ctrl type=unixio,path="$dir/tpm.sock.ctrl" --flags startup-clear,not-need-init
    wait_for 10 test -S "$dir/tpm.sock"
}
end_tpm() { kill_now tpm; true; } # as a loss of power does: it hears no word of shutting down

# What a kernel's resource manager (/dev/tpmrm0) does for each program that ends.
tidy_tpm() { tpm2_flushcontext --loaded-session && tpm2_flushcontext --transient-object; } >>"$dir/log/setup.log" 2>&1
creds() {
    tidy_tpm
    systemd-creds --name=storage-key "$@" 2>>"$dir/log/setup.log"
}
doctor() {
    tidy_tpm
    "$bin/loyalctl" --config "$dir/loyalctl.conf" doctor
}

# makes KEY: a storage-key encrypted by that; as systemd gives it to loyald-sync: what is in it, in a folder.
makes() { head -c 32 /dev/urandom | creds encrypt --with-key="$1" - "$dir/storage-key"; }
restart_courier() {
    stop courier || return 1
    rm -f "$dir/credentials/storage-key"
    [ ! -e "$dir/storage-key" ] || creds decrypt "$dir/storage-key" "$dir/credentials/storage-key" || return 1
    start_courier
}
seals_with() { stop courier && rm -f "$dir/courier/key.pem" "$dir/storage-key" && makes "$1" && start_courier && restart_courier && wait_for 20 enrol; }
courier_run="env CREDENTIALS_DIRECTORY=$dir/credentials"

places_lines() {
    echo "loyald_config = $dir/loyald.conf"
    echo "courier_config = $dir/loyald-sync.conf"
    echo "state_dir = $dir/till"
    echo "courier_state_dir = $dir/courier"
    echo "storage_key = $dir/storage-key"
    echo "tpm = $dir/tpm.sock"
}
says() { # LEVEL CHECK TEXT
    doctor >"$work/said"
    grep -q "^$1  $2 .*$3" "$work/said" && return 0
    cat "$work/said"
    return 1
}
# The commands of a finding, typed one after the other; systemd is not here, the test restarts the courier as it would, and enrols.
type_parts() { # LEVEL CHECK TEXT
    command_of "$1" "$2" "$3" | sed 's/; */\n/g' >"$work/parts"
    while read -r part; do
        case $part in
        'systemctl restart loyald-sync') restart_courier ;;
        'loyalctl enrol CODE') wait_for 20 enrol ;;
        *) type_it "$part" ;;
        esac || { echo "typed: $part" && cat "$work/typed" && return 1; }
    done <"$work/parts"
}

start_till_that_asks_often() {
    start_till && stop till && printf '[sync]\npoll_wait_s = 1\n' >>"$dir/loyald.conf" || return 1
    start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    wait_for 15 till_answers
}
must 'there is a TPM' start_tpm
must 'the chain is made' make_chain "$demo/members.csv"
must 'the devices are there' start_devices
must 'loyald starts' start_till_that_asks_often
must 'loyald-sync starts' start_courier
must 'the till is enrolled' wait_for 10 enrol

places tpm "$dir/none"
check 'no TPM, and nothing sealed' says 'OK  ' keys 'stolen disk can be read unless it is encrypted; this machine has no TPM'
places
check 'a TPM that nobody uses' says 'OK  ' keys "this machine's TPM could seal it"
must 'a storage-key of the TPM' makes tpm2
check 'a storage-key that is not used yet' finds WARN keys 'key.pem is not sealed, though .*storage-key is there' 'systemctl restart loyald-sync'
check 'its command' type_parts WARN keys 'is not sealed'
check 'seals the key' says 'OK  ' keys "key.pem is sealed by this machine's TPM$"
check 'by what the till has: no key is to be read' sh -c "! grep -q PRIVATE '$dir'/courier/*"

must 'it locks itself at the first loss of power' tpm2_dictionarylockout --setup-parameters --max-tries=1 --recovery-time=3600 --lockout-recovery-time=3600
must 'the power is lost, after it was asked' restart_courier
end_tpm
must 'it is back' start_tpm
refuses_to_open() { tidy_tpm; ! systemd-creds --name=storage-key decrypt "$dir/storage-key" - >/dev/null 2>"$work/refused" && grep -q lockout "$work/refused"; }
must 'and does not open' refuses_to_open
check 'a TPM that locked itself' finds FAIL keys 'TPM is locked' 'tpm2_dictionarylockout --clear-lockout; systemctl restart loyald-sync'
check 'its command' type_parts FAIL keys 'TPM is locked'
check 'opens it' says 'OK  ' keys "sealed by this machine's TPM$"

mv "$dir/storage-key" "$dir/kept"
check 'a storage-key that is gone' finds FAIL keys 'is sealed, and .*storage-key that opens it is gone' 'put it back, or: rm '
mv "$dir/kept" "$dir/storage-key"
end_tpm
rm -rf "$dir/tpm" && mkdir "$dir/tpm"
must 'the mainboard is replaced' start_tpm
check 'another TPM' finds FAIL keys 'does not open on this machine: .*' "rm $dir/storage-key $dir/courier/key.pem; systemctl restart loyald-sync; loyalctl enrol CODE"
check 'its commands' type_parts FAIL keys 'does not open'
check 'make a key that is not sealed, and the till is enrolled' says 'OK  ' keys 'stolen disk can be read unless it is encrypted'
link_is_up() { doctor | grep -q '^OK  *courier *the link is up'; }
check 'the link is up' wait_for 30 link_is_up

must 'a key of both' seals_with host+tpm2
check 'the TPM and the host' says 'OK  ' keys "sealed by this machine's TPM and host key$"
must 'a key of the host' seals_with host
check 'what a host key does not protect is said' says 'OK  ' keys 'sealed by .*host key, which lies on the same disk: a stolen disk can be read'
mkdir "$dir/bin"
nobody_to_ask() { PATH=$dir/bin "$bin/loyalctl" --config "$dir/loyalctl.conf" doctor | grep -q '^????  keys .*systemd-creds cannot be run'; }
check 'nobody to ask' nobody_to_ask
