# SPDX-License-Identifier: Apache-2.0
# Stage "kills" of vm.sh: the power fails in mid-sale, again and again. Whatever was confirmed to the POS is known on the host at that
# moment: it came over a port of the machine. What a cut takes of the disk, disk.py says.

confirmed() { wc -l <"$dir/confirmed"; }
has_confirmed() { [ "$(confirmed)" -ge "$1" ]; }
# confirmed_more N: within minutes, from now on.
confirmed_more() { wait_for 240 has_confirmed $(($(confirmed) + $1)); }
# What is written goes to the disk early, page by page and not in the order it was written in: more for a cut to tear.
start_pos() {
    guest "echo 5 >/proc/sys/vm/dirty_writeback_centisecs; echo 5 >/proc/sys/vm/dirty_expire_centisecs; chmod 666 /dev/virtio-ports/confirmed; systemd-run -q --unit=pos -p User=pos sh /opt/vm/pos.sh $(($(grep -c ^VM- "$dir/confirmed") + 1))"
}
cut_in_mid_sale() {
    start_pos && confirmed_more $((1 + RANDOM % 4)) || return 1
    power_cut
    cut_after=$(confirmed)
}
sales_there() { guest 'loyalctl totals --json' | number sales; }
# All that was confirmed, and no more than the one sale whose answer the cut took. Sets kept_sales.
keeps_what_was_confirmed() {
    kept_sales=$(sales_there) || return 1
    [ "$kept_sales" -ge "$cut_after" ] && [ "$kept_sales" -le $((cut_after + 1)) ] && return 0
    echo "confirmed to the POS: $cut_after; in the till's journal: $kept_sales"
    return 1
}
kill_in_mid_sale() { cut_in_mid_sale && comes_back && keeps_what_was_confirmed; }
comes_back() {
    back_began=$(seconds_now)
    boot && is_active loyald.service && back_seconds=$(($(seconds_now) - back_began))
}

asks_again() { start_pos && confirmed_more 1 && guest 'systemctl stop pos'; } # the sale that the last cut fell into
nothing_lost() { is_synced_there 180 && balance; }
# The setting of docs/security-model.md: the TPM forgets faster than power fails.
tpm_is_open() { guest 'tpm2_getcap properties-variable | grep -q "inLockout: *0"'; }

# On a disk that says it flushed and did not, the same must be seen to lose sales: or the rounds before showed nothing.
lies_are_seen() {
    shut_down && boot --lies && is_active loyald.service && cut_in_mid_sale && boot && is_active loyald.service && refused keeps_what_was_confirmed
}

stage_kills() {
    for round in $(seq "$rounds"); do
        check "kill $round of $rounds in mid-sale, and boot" kill_in_mid_sale
        say "    $(what_was_cut); confirmed $cut_after, kept $kept_sales; up in $back_seconds s"
    done
    check 'a POS asks again' asks_again
    check 'nothing is lost, nothing is there twice' nothing_lost
    say "sales: $till_sales at the till and at the central, each confirmed once; $rounds kills"
    check 'the TPM is open' tpm_is_open
    check 'a disk that lies about its flushes is found out' lies_are_seen
    say "    $(what_was_cut); confirmed $cut_after, kept $kept_sales"
}
