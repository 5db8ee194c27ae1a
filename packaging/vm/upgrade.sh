# SPDX-License-Identifier: Apache-2.0
# Stage "upgrade" of vm.sh, and of till_test.sh: versions that come while the till is at work: one that migrates, an older one, one that is broken, one that
# refuses the settings. After each the till sells, and dpkg says what is true.

upgrade_there='apt-get update -q && apt-get install -y -q loyald'
is_package() { guest "[ \"\$(dpkg-query -W -f '\${db:Status-Status} \${Version}' loyald)\" = '$1 $first_version+$2' ]"; } # STATE VERSION
sells_by_previous() { guest 'systemctl cat loyald | grep -q "^ExecStart=/usr/lib/loyald/previous/loyald"'; }
doctor_says() { guest 'loyalctl doctor' | grep -q "$1"; }
known_there() { guest "loyalctl sale show $1 | grep -q '$1, '"; }

# In the middle of a basket: the daemon that holds it stays until the basket is paid.
upgrade_waits() {
    before=$(pid_there loyald)
    guest 'loyalctl api PUT /v1/sales/OPEN-1 "{\"lines\":[{\"line\":1,\"sku\":\"A100\",\"qty_milli\":2000,\"unit_price_minor\":9990}]}" >/dev/null'
    guest "systemd-run -q -E DEBIAN_FRONTEND=noninteractive --unit=upgrade sh -c '{ $upgrade_there; }; echo \$? >/run/upgrade.code'" >>"$work/apt.log" 2>&1 &&
        until_guest 600 "cat /proc/[0-9]*/cmdline | tr '\0' ' ' | grep -q 'loyalctl [i]dle' || $upgrade_is_over" && [ "$(pid_there loyald)" = "$before" ] &&
        sale OPEN-1 && until_guest 600 "$upgrade_is_over" && is_active loyald.service &&
        [ "$(pid_there loyald)" != "$before" ] && guest 'grep -qx 0 /run/upgrade.code && test -s /var/lib/loyald/journal.db.v*.bak' &&
        is_package installed later1
}
# Not systemctl is-active: systemd, which is told to read its units anew meanwhile, may say anything.
upgrade_is_over='test -s /run/upgrade.code'

# goes_back TEXT COMMAND...: an upgrade that fails and says so; the program of before sells on.
goes_back() {
    wanted=$1
    shift
    refused apt_there "$*" && tail -n 40 "$work/apt.log" | grep -q "$wanted" && is_active loyald.service && sells_by_previous &&
        guest 'loyalctl api GET /v1/health | grep -q "\"version\":\"[0-9]"'
}
# A ring has one version of a package at a time: an older one is fetched as a file.
install_first() {
    cp "$work"/first/loyald_*.deb "$work/repo/first.deb"
    echo "cd /root && curl -sS --fail -O $repository_url/first.deb && apt-get install -y -q --allow-downgrades ./first.deb"
}
no_way_back() { # to a version that does not know the journal as it is now
    goes_back 'does not start' "$(install_first)" && guest 'journalctl -u loyald | grep -q "was written by a newer version"' &&
        guest "dpkg-query -W -f '\${db:Status-Status}' loyald | grep -qx half-configured"
}
mends() { # VERSION: the next one, from the ring
    fill_repository "$work/$1" && apt_there "$upgrade_there" && is_mended "$1"
}
is_mended() { is_active loyald.service && refused sells_by_previous && is_package installed "$1"; }
broken_goes_back() {
    fill_repository "$work/later3" && goes_back 'journal.db is as it was before' "$upgrade_there" && is_package half-configured later3
}
broken_again() { goes_back 'journal.db is as it was before' 'dpkg --configure -a' && is_package half-configured "$1"; } # VERSION

# A setting that this version does not know: what runs has read its settings before, and is not even started anew.
settings_are_refused() {
    before=$(pid_there loyald)
    fill_repository "$work/later4" && guest 'printf "[daemon]\nlanguages = en\n" >/etc/loyald/loyald.conf.d/slip.conf' &&
        goes_back 'the settings are refused' "$upgrade_there" && [ "$(pid_there loyald)" = "$before" ] && is_package half-configured later4
}
settings_are_mended() { guest 'rm /etc/loyald/loyald.conf.d/slip.conf' && apt_there 'dpkg --configure -a' && is_mended later4; }

# ---- the power fails in the midst of an upgrade ----

upgrade_behind() { # as the shop's own machine would: nobody waits for it here
    guest "apt-get update -q && systemd-run -q -E DEBIAN_FRONTEND=noninteractive --unit=$1 apt-get install -y -q loyald" >>"$work/apt.log" 2>&1
}
# The version that spoils the journal is at it: restarted by the upgrade, which has not gone back yet.
cut_in_failing_upgrade() {
    fill_repository "$work/later5" && upgrade_behind cut-1 &&
        until_guest 120 'test "$(head -c 6 /var/lib/loyald/journal.db)" = spoilt -a -e /usr/lib/loyald/previous/under-way' && power_cut
}
# Unpacked, and not configured: the worst moment of a version that is good.
cut_before_configure() {
    cp "$work"/later7/loyald_*.deb "$work/repo/later7.deb"
    guest "cd /root && curl -sS --fail -O $repository_url/later7.deb && dpkg --unpack later7.deb" >>"$work/apt.log" 2>&1 && power_cut
}
ends_it() { # VERSION: the command that doctor names
    fill_repository "$work/$1" && apt_there "apt-get update -q
        $(guest 'loyalctl doctor' | sed -n '/an upgrade to .* was cut short/{n;s/^ *-> //p}')" && is_mended "$1"
}

stage_cut() {
    step 'A version that does not work' make_version later5 "$work/broken.sh"
    check 'the power fails while it is tried' cut_in_failing_upgrade
    check 'the machine comes up' boot
    check 'the version before it is taken back' until_guest 90 'systemctl cat loyald | grep -q "^ExecStart=/usr/lib/loyald/previous/loyald"'
    check 'and active' is_active loyald.service
    check 'it sells' sale CUT-1
    check 'and knows what it sold' known_there BROKEN-3
    check 'doctor says that the upgrade failed' doctor_says 'the upgrade to .* failed: the version before it sells'
    check 'its command ends as before, while the cause is there' broken_again later5
    step 'The next version' make_version later6
    check 'the next version ends that' mends later6
    step 'The next version' make_version later7
    check 'the power fails while it is unpacked' cut_before_configure
    check 'the machine comes up' boot
    check 'it is active' is_active loyald.service
    check 'it sells' sale CUT-2
    check 'and knows what it sold' known_there CUT-1
    check 'doctor says that the upgrade was cut short' doctor_says 'an upgrade to .* was cut short'
    check 'its command ends that' ends_it later7
    check 'it sells' sale CUT-3
    check 'doctor is content' refused doctor_says 'upgrade to'
}

stage_upgrade() {
    first_version=$(dpkg-deb -f "$work"/first/loyald_*.deb Version)
    write_broken
    step 'A later version in the repository' fill_repository "$work/later"
    check 'an upgrade waits for the basket, and migrates' upgrade_waits
    check 'the version before it is refused, and leaves a till that sells' no_way_back
    check 'it sells' sale DOWNGRADE-1
    step 'The next version' make_version later2
    check 'the next version ends that' mends later2
    step 'A version that does not work' make_version later3 "$work/broken.sh"
    check 'it leaves a till that sells, and a package that is half configured' broken_goes_back
    check 'it sells' sale BROKEN-1
    check 'doctor knows of it' doctor_says 'the upgrade to .* failed: the version before it sells'
    check 'the same once more is refused again' broken_again later3
    check 'it sells' sale BROKEN-2
    check 'and knows what it sold between' known_there BROKEN-1
    check 'the machine goes down' shut_down
    check 'and comes up' boot
    check 'with its till' is_active loyald.service
    check 'still the version that works' sells_by_previous
    check 'it sells' sale BROKEN-3
    step 'The next version' make_version later4
    check 'settings that it refuses leave the till as it is' settings_are_refused
    check 'it sells' sale SETTINGS-1
    check 'with the settings mended, dpkg --configure -a ends that' settings_are_mended
    check 'it sells' sale MENDED-1
    check 'doctor is content' refused doctor_says 'the upgrade to'
    check 'and knows what it sold' known_there BROKEN-3
    stage_cut
}
