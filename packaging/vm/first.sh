# SPDX-License-Identifier: Apache-2.0
# Stage "first" of till_test.sh: "the first till, in ten minutes", by the clock. A machine that never heard of Loyald gets repository, central
# and till by the commands of docs/install.md and docs/operations.md as they stand there, and sells: a card scanned, a slip printed, the sale
# at the central. The devices are simulators, in the machine. What a person takes to read and to type is not in it; how many commands
# were typed is said.

first_limit_s=600
typed=0

# In the machine is what install.sh has on the host.
code_for_till() { guest 'loyal-central till code demo S12 3' | grep -oE '[A-Z0-9]{4}(-[A-Z0-9]{4}){2}' | head -n 1; }
device() { # NAME COMMAND...
    device_name=$1
    shift
    guest "loyal-sim tell --control /run/sim/$device_name.sock $*"
}
# "devices scan" looks at serial lines; where there are none it is told where to look. What it prints is what the editor puts in.
scan_ports='tty:/run/sim/scanner tty:/run/sim/printer >scanned'
edit_till='grep -v "^tty:\|^scan any" scanned | cat loyald.conf - >"$1"'

# Debian's packages, as a repository of the machine's own: what their way here took is on the clock.
fetch_debian() {
    fetch_began=$(seconds_now)
    in_system apt-get update -q || return 1
    # shellcheck disable=SC2046 # words are meant to be parted
    in_system apt-get install -y -q --download-only --no-install-recommends $(depends "$work/first") || return 1
    fetch_seconds=$(($(seconds_now) - fetch_began))
    mkdir -p "$system/srv/debian"
    mv "$system"/var/cache/apt/archives/*.deb "$system/srv/debian/"
    (cd "$system/srv/debian" && dpkg-scanpackages . /dev/null >Packages)
}
bring_office() {
    install -d "$system/root/office"
    cp "$root/packaging/demo/members.csv" "$system/root/office/"
    cp "$root/packaging/demo/bundle-1.json" "$system/root/office/rules.json"
    printf '127.0.0.1 localhost central.example\n' >"$system/etc/hosts"
    printf '[daemon]\nlanguage = en\n[sync]\nretry_max_s = 2\npoll_wait_s = 5\n' >"$system/root/loyald.conf"
    sed -n '/^\[central\]/,/^```/p' "$root/docs/install.md" | grep -v '^```' >"$system/root/loyald-sync.conf"
    echo 'deb [trusted=yes] file:/srv/debian ./' >"$system/etc/apt/sources.list.d/debian.list"
}

# Its chain, its rules: of operations.md all but the start, which is systemd's here.
office_there() {
    office_blocks=$(. "$root/tests/docs/blocks.sh" && blocks_of "$root/docs/operations.md" sh 'Set up a central' : |
        awk '/^echo "--- block/ { if (block !~ / serve &/) printf "%s", block; block = ""; next } { block = block $0 "\n" } END { printf "%s", block }')
    case $office_blocks in *'chain create'*'bundle publish'*) ;; *) echo 'docs/operations.md sets up no chain' && return 1 ;; esac
    typed=$((typed + $(printf '%s\n' "$office_blocks" | grep -c '^loyal-central')))
    apt_there "set -e; CENTRAL=/var/lib/loyal-central OFFICE=/root/office; $office_blocks
        cp /var/lib/loyal-central/ca.pem /root/"
}
central_is_there() { as_written 'The central' && is_active loyal-central.service && until_guest 30 'loyal-central notice list' && office_there; }
# Plugged in: their lines are open to the group that serial lines are open to.
plug_in_devices() {
    apt_there 'apt-get install -y -q --no-install-recommends loyald-sim && mkdir -p /run/sim
        systemd-run -q --unit=sim-scanner loyal-sim scanner --link /run/sim/scanner --control /run/sim/scanner.sock
        systemd-run -q --unit=sim-printer loyal-sim printer --link /run/sim/printer --control /run/sim/printer.sock --out /run/sim/slips' &&
        until_guest 10 'test -e /run/sim/scanner -a -e /run/sim/printer -a -S /run/sim/scanner.sock -a -S /run/sim/printer.sock' &&
        guest 'for line in scanner printer; do file=$(readlink -f /run/sim/$line); chgrp dialout "$file"; chmod 660 "$file"; done'
}
slip_is_printed() { until_guest 20 'grep -qs "." /run/sim/slips/slip-*.txt'; }
at_the_central() { until_guest 30 '[ "$(loyalctl outbox --count)" = 0 ] && loyal-central totals --json | grep -q "\"sales\":1[,}]"'; }
# As docs/security-model.md has it for a till without a TPM; doctor's own unit, in its sandbox, says what that is worth.
seal_by_host() {
    guest "$(sed -n '/^## A key for this machine/,/^## Not/{/^```sh/,/^```/p}' "$root/docs/security-model.md" | sed '/^```/d; /tpm2[-_]/d; s/--with-key=tpm2/--with-key=host/')" >>"$work/apt.log" &&
        until_guest 60 'grep -q "^loyald sealed" /var/lib/loyald-sync/key.pem' && guest '! grep -q PRIVATE /var/lib/loyald-sync/*' &&
        health_has 60 '"link":{"up":true' && guest 'systemctl start loyald-doctor && grep -q "sealed by this machine.s host key, which lies on the same disk" /run/loyald/doctor.json'
}
in_time() {
    first_seconds=$(($(seconds_now) - first_began + fetch_seconds))
    [ "$first_seconds" -le "$first_limit_s" ]
}

stage_first() {
    first_began=$(seconds_now)
    check 'the repository is known' add_repository
    check 'apt knows it' apt_there 'apt-get update -q'
    check 'a central is installed as written, with a chain and rules' central_is_there
    check 'the devices are plugged in' plug_in_devices
    check 'a till is installed as written: devices found, enrolled, doctor content' as_written 'The first till'
    for unit in loyald.socket loyald-link.socket loyald.service loyald-sync.service; do
        check "$unit is active" is_active "$unit"
    done
    check 'the rules are there' health_has 30 '"version":1,"id"'
    check 'both devices are ready' devices_are_ready
    check 'a POS has a user' make_pos_user
    check 'a card is scanned and the sale goes through' scanned_card
    check 'its slip is printed' slip_is_printed
    check 'the central has the sale' at_the_central
    check "all that within $first_limit_s s" in_time
    say "the first till: $first_seconds s from the bare system to the first sale, $fetch_seconds of them for Debian's packages; $typed commands typed"
    check 'its key is sealed by the host, and doctor says what that does not protect' seal_by_host
}
devices_are_ready() { scanner_is ready && health_has 30 '"kind":"printer"[^}]*"state":"ready"'; }
