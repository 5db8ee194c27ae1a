# SPDX-License-Identifier: Apache-2.0
# What operations.sh has before the blocks of docs/operations.md: waiting, as a person would between two blocks, and ending all of it.
# Sourced by a script with "set -eu" and the page's variables; pids names a file to write.
CENTRAL_PID= SECOND_PID= LOYALD_PID= SYNC_PID=

# All it started are ended by whom started them, however it goes. "jobs" in a $( ) knows none, in dash.
end_all() {
    end_code=$?
    trap - EXIT INT TERM
    jobs -p >"$pids"
    while read -r pid; do kill "$pid" 2>/dev/null || true; done <"$pids"
    while read -r pid; do wait "$pid" || echo "$pid ended with status $?"; done <"$pids"
    exit $end_code
}
trap end_all EXIT
trap 'exit 1' INT TERM

within() { # SECONDS COMMAND...
    within_until=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$within_until" ] || {
            echo "FAILED: within its time: $*"
            exit 1
        }
        sleep 0.05
    done
}
# Of the central that was started last but that many, from 1.
port_of() { echo "127.0.0.1:$(sed -n 's/.* ready .*port=\([0-9]*\).*/\1/p' "$LOG" | tail -n "$1" | head -n 1)"; }
central() { loyal-central --state-dir "$CENTRAL" "$@"; }
health() { loyalctl --state-dir "$TILL" api GET /v1/health; }
says() { health | grep -q "$1"; }
sales() { central totals --json | sed -n 's/.*"sales":\([0-9]*\).*/\1/p'; }
is_up() { says '"enrolled":false' || says '"forked":true' || { says '"link":{"up":true' && says '"unsynced":0[,}]' && says '"members":360'; }; }
is_healthy() { central rollout status | awk 'NR > 1 && $3 == "running" && $8 < $6 { waits = 1 } END { exit waits }'; }

# After each block: what was started is there, and what the till has to send was sent, unless it waits to be enrolled; its twenty baskets make rules healthy.
settle() {
    [ -z "$CENTRAL_PID" ] || within 20 central notice list
    [ -z "$SECOND_PID" ] || within 20 loyal-central --state-dir "$SECOND" notice list
    [ -z "$LOYALD_PID" ] || within 20 health
    [ -z "$SYNC_PID" ] || within 30 says '"courier":"[0-9]'
    [ -z "$SYNC_PID" ] || within 60 is_up
    [ -z "$SYNC_PID" ] || [ "$(sales)" -lt 30 ] || within 30 is_healthy
    FIRST_AT=$(port_of 2) SECOND_AT=$(port_of 1)
}
