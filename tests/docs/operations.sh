#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/operations.md does what it says: its blocks of shell are run, in their order, on folders of this test. Between two blocks
# the daemons are waited for, as a person would.  usage: operations.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/loyald-ops.XXXXXX")
PATH=$bin:$PATH

finish() {
    finish_code=$?
    trap - EXIT INT TERM
    if grep -A 30 'Sanitizer:\|runtime error:' "$work/log"; then finish_code=1; fi
    [ $finish_code = 0 ] || tail -n 60 "$work/log"
    rm -rf "$work"
    exit $finish_code
}
trap finish EXIT
trap 'exit 1' INT TERM

# Drop-ins of the test's own. The network stays loopback; with the page's settings a till may wait for minutes until it asks again, and has an
# answer to its long poll, by which it knows that the link is up, after 50 s.
mkdir -p "$work/office" "$work/kept" "$work/etc/loyald.conf.d" "$work/etc/loyal-central.conf.d"
printf '[sync]\nretry_max_s = 1\npoll_wait_s = 1\n' >"$work/etc/loyald.conf.d/test.conf"
printf '[central]\nlisten_host = 127.0.0.1\n' >"$work/etc/loyal-central.conf.d/test.conf"
: >"$work/ask.log"
cp "$source/packaging/demo/members.csv" "$work/office/members.csv"
cp "$source/packaging/demo/bundle-1.json" "$work/office/rules.json"

# A port that is free now: the system gives one to a central that is only made for this.
printf '[central]\nlisten_host = 127.0.0.1\nlisten_port = 0\n' >"$work/ask.conf"
loyal-central --state-dir "$work/ask" init >/dev/null || exit 1
loyal-central --config "$work/ask.conf" --state-dir "$work/ask" serve 2>"$work/ask.log" &
asked=$!
tries=0
until grep -q ' port=' "$work/ask.log" || [ $tries -ge 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
kill $asked
wait $asked
port=$(sed -n 's/.* ready .*port=\([0-9]*\).*/\1/p' "$work/ask.log")
[ -n "$port" ] || {
    echo "no port: $(cat "$work/ask.log")"
    exit 1
}

cat >"$work/script" <<PREAMBLE
set -eu
CENTRAL='$work/central' TILL='$work/till' COURIER='$work/courier' ETC='$work/etc' HOST=localhost PORT='$port'
OFFICE='$work/office' KEPT='$work/kept'
CENTRAL_PID= LOYALD_PID= SYNC_PID=
# All it started are ended by whom started them, however it goes. "jobs" in a \$( ) knows none, in dash.
end_all() {
    end_code=\$?
    trap - EXIT INT TERM
    jobs -p >'$work/pids'
    for pid in \$(cat '$work/pids'); do kill "\$pid" 2>/dev/null || true; done
    for pid in \$(cat '$work/pids'); do wait "\$pid" || echo "\$pid ended with status \$?"; done
    exit \$end_code
}
trap end_all EXIT
trap 'exit 1' INT TERM
within() { # SECONDS COMMAND...
    within_until=\$((\$(date +%s) + \$1)); shift
    until "\$@" >/dev/null 2>&1; do
        [ "\$(date +%s)" -lt "\$within_until" ] || { echo "FAILED: within its time: \$*"; exit 1; }
        sleep 0.05
    done
}
health() { loyalctl --state-dir "\$TILL" api GET /v1/health; }
says() { health | grep -q "\$1"; }
is_up() { says '"enrolled":false' || { says '"link":{"up":true' && says '"unsynced":0[,}]' && says '"members":360'; }; }
# After each block: what was started is there, and what the till has to send was sent.
settle() {
    [ -z "\$CENTRAL_PID" ] || within 20 loyal-central --state-dir "\$CENTRAL" notice list
    [ -z "\$LOYALD_PID" ] || within 20 health
    [ -z "\$SYNC_PID" ] || within 30 says '"courier":"[0-9]'
    [ -z "\$SYNC_PID" ] || within 60 is_up
}
PREAMBLE
awk '
    /^```sh$/ { inside = 1; n++; printf "echo \"--- block %d at $(date +%%s)\"\n", n; next }
    /^```$/ && inside { inside = 0; print "settle"; next }
    inside { print }
    END { if (n < 15) exit 1 }
' "$source/docs/operations.md" >>"$work/script" || {
    echo "the blocks of docs/operations.md were not found"
    exit 1
}
# What must be true at the end: all sales that were told are at the central, and status says that all is well.
cat >>"$work/script" <<'EPILOGUE'
loyalctl --state-dir "$TILL" status
[ "$(loyal-central --state-dir "$CENTRAL" totals --json | grep -o '"sales":[0-9]*' | head -n 1)" = '"sales":10' ]
[ -e "$TILL/cache.db.foreign" ]
echo DONE
EPILOGUE
sh "$work/script" >"$work/log" 2>&1 </dev/null &
script=$!
trap 'kill $script; wait $script; exit 1' INT TERM
wait $script
code=$?
[ $code = 0 ] && grep -q '^DONE' "$work/log" || {
    echo "FAILED: exit status $code"
    exit 1
}
echo "docs/operations.md does what it says: $(grep -c '^--- block' "$work/log") blocks"
