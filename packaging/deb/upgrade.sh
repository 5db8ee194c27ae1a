# SPDX-License-Identifier: Apache-2.0
# What postinst does of an upgrade on a machine with systemd; /usr/lib/loyald/upgrade.sh. A version that cannot sell leaves the one
# before it selling, also after the machine was switched off, until a version comes that can. dpkg calls such a package half
# configured, and that is meant: whoever asked for the upgrade sees that it is not done, "dpkg --configure -a" tries once more when the
# cause is mended, the next version repairs it. Each try waits for an idle basket again and ends with a till that sells.
#
#   upgrade_begins   before the restart, which is left out when it fails        upgrade_ends   after it
#   upgrade_resumes  at a boot that finds an upgrade which a power cut ended (loyald-upgrade.service)

upgrade_state=/var/lib/loyald
upgrade_previous=/usr/lib/loyald/previous/loyald
upgrade_drop_in=/etc/systemd/system/loyald.service.d/50-previous.conf
# From preinst to the end of postinst, if loyald ran: the copies of databases that were there before. What a power cut leaves is told by it.
upgrade_under_way=/usr/lib/loyald/previous/under-way
upgrade_ready=/usr/lib/loyald/previous/ready # the new version was ready, and may have sold
upgrade_stamp=/run/loyald.upgrade            # when loyald became ready before

upgrade_says() { echo "loyald: $*" >&2; }
is_selling() { systemctl is-active --quiet loyald.service; }
# Asked twice: systemd, which an upgrade of others may have told to read its units anew, may give no answer.
was_selling() { is_selling || { sleep 5 && is_selling; }; }

# A till in the middle of a basket is not restarted: up to a minute is waited for the sale to end.
wait_for_idle() {
    [ -S /run/loyald/api.sock ] || return 0
    loyalctl idle --wait 60 || upgrade_says 'a sale is still open after 60 s; going on'
}

use_previous() { # WHY
    if [ ! -x "$upgrade_previous" ]; then
        upgrade_says "$1; there is no version before it to go back to"
        return 1
    fi
    mkdir -p "${upgrade_drop_in%/*}"
    printf '# %s: the version before it sells, until a later one is installed.\n[Service]\nExecStart=\nExecStart=%s\n' \
        "$1" "$upgrade_previous" >"$upgrade_drop_in"
    systemctl daemon-reload
    upgrade_says "$1; the version before it sells, until a later one is installed ($upgrade_drop_in)"
}
use_new() {
    [ -e "$upgrade_drop_in" ] || return 0
    rm -f "$upgrade_drop_in"
    rmdir "${upgrade_drop_in%/*}" 2>/dev/null || true
    systemctl daemon-reload
}

copies() { find "$upgrade_state" -maxdepth 1 -name '*.db.v*.bak'; }
is_whole() { [ "$(head -c 15 "$1" | tr -d '\000')" = 'SQLite format 3' ]; } # a power cut may leave the name of a copy alone
# What was written before is on the disk before this is: a cut in between is found at the next boot.
is_over() {
    sync
    rm -f "$upgrade_stamp" "$upgrade_under_way" "$upgrade_ready"
}

# Ends with 1 when the new version refuses the settings: what runs then stays as it is, it has read them when they were good.
upgrade_begins() {
    systemctl stop loyald-upgrade.service 2>/dev/null || true # it would do the same, at the same time
    rm -f "$upgrade_stamp"
    [ -e "$upgrade_under_way" ] || was_selling || {
        use_new
        return 0
    }
    [ -e "$upgrade_under_way" ] || copies >"$upgrade_under_way" # a second try, which had no preinst
    rm -f "$upgrade_ready"
    loyald --check-config || {
        use_previous 'the settings are refused as said above'
        is_over
        return 1
    }
    systemctl show -P ActiveEnterTimestampMonotonic loyald.service >"$upgrade_stamp"
    wait_for_idle
    use_new
}

# It became ready since the upgrade began: from then on it may have sold. The stamp sees what was ready between two looks, the file what
# was so before a power cut.
was_ready() {
    [ -e "$upgrade_ready" ] ||
        { [ -e "$upgrade_stamp" ] && [ "$(systemctl show -P ActiveEnterTimestampMonotonic loyald.service)" != "$(cat "$upgrade_stamp")" ]; }
}
note_ready() {
    [ -e "$upgrade_ready" ] || [ ! -e "$upgrade_under_way" ] || { : >"$upgrade_ready" && sync "$upgrade_ready"; }
}

# Ready, and so for five seconds. systemd tries again and again; one that ended twice does not get there.
starts() {
    starts_steady=0
    for _ in $(seq 150); do
        if is_selling; then
            note_ready
            starts_steady=$((starts_steady + 1))
        else
            starts_steady=0
        fi
        [ $starts_steady -lt 5 ] || return 0
        [ "$(systemctl show -P NRestarts loyald.service)" -lt 2 ] || return 1
        sleep 1
    done
    return 1
}

# A version that was never ready has sold nothing and sent nothing: the copies it made before it changed a database are as good as on
# the moment it began. Of several of one database that of the lowest version is the one: where only some of the steps were done, the
# next start made another copy, of the half.
put_databases_back() {
    put_back=
    copies | grep -vxF -f "$upgrade_under_way" | sort -V | while read -r copy; do
        database=${copy%.v*.bak}
        [ "$database" != "$put_back" ] && is_whole "$copy" || continue
        put_back=$database
        aside=$database.refused-$(date -u +%Y%m%dT%H%M%SZ)
        [ ! -e "$database-wal" ] || mv "$database-wal" "$aside-wal"
        rm -f "$database-shm"
        ln "$database" "$aside" || true
        mv "$copy" "$database" # at once, whatever happens meanwhile, and on a full disk too
        upgrade_says "$database is as it was before; what the refused version made of it is $aside"
    done
}

# The sockets, too: who calls would start the version that is to go, in the midst of this.
go_back() {
    systemctl stop loyald.socket loyald-link.socket loyald.service
    if was_ready; then
        upgrade_says 'it was ready for a moment: the databases are left as they are'
    else
        put_databases_back
    fi
    use_previous 'this version does not start (journalctl -u loyald)' || true
    systemctl start loyald.socket loyald-link.socket loyald.service
}

# Ends with 1 when the new version does not sell: apt says so, and whoever asked for it learns of it.
upgrade_ends() {
    [ -e "$upgrade_stamp" ] || return 0
    upgrade_code=0
    if ! starts; then
        upgrade_code=1
        go_back || true
    fi
    is_over
    return $upgrade_code
}

# The new version has its try; one that cannot sell is taken back as ever. What dpkg has not done it is still to do (loyalctl doctor).
upgrade_resumes() {
    if starts; then
        upgrade_says 'an upgrade was cut short, and the till sells; "dpkg --configure -a" ends it'
    else
        go_back || true
        is_over
    fi
}
