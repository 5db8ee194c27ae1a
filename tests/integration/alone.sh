# SPDX-License-Identifier: Apache-2.0
# One loyald alone, not enrolled, in a folder of its own: for tests of its local API. Sourced with $1 BIN_DIR, $2 SOURCE_DIR.
# $alone_conf: its configuration, where @work@ is that folder; $alone_run: a command that runs it.
set -u
bin=$1
source=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/loyald-test.XXXXXX")
till=
failed=0
conf="$work/loyald.conf"
[ -n "${alone_conf:-}" ] || alone_conf='[api]
port = 0'
printf '%s\n' "$alone_conf" | sed "s,@work@,$work,g" >"$conf"
socket="$work/till/run/api.sock"

finish() {
    trap - EXIT INT TERM
    if [ -n "$till" ]; then
        kill -TERM "$till" 2>/dev/null
        wait "$till" || failed=1
    fi
    grep -h -A 30 'Sanitizer:\|runtime error:' "$work"/*.log && failed=1
    [ $failed -eq 0 ] || tail -n 20 "$work"/*.log
    rm -rf "$work"
    exit $failed
}
trap finish EXIT
trap 'exit 1' INT TERM
ok() { echo "ok: $*"; }
bad() {
    echo "FAILED: $*"
    failed=1
}
skip() {
    echo "skipped: $*"
    rm -rf "$work"
    trap - EXIT
    exit 77
}
api() { curl -sS --unix-socket "$socket" "$@"; }
answers() { api -o /dev/null --fail http://localhost/v1/health 2>/dev/null; }
start_alone() {
    ${alone_run:-} "$bin/loyald" --config "$conf" --state-dir "$work/till" </dev/null >>"$work/till.log" 2>&1 &
    till=$!
    start_alone_tries=0
    until answers; do
        kill -0 "$till" 2>/dev/null || { bad 'loyald did not start'; till=; exit 1; }
        start_alone_tries=$((start_alone_tries + 1))
        [ $start_alone_tries -lt 300 ] || { bad 'loyald does not answer'; exit 1; }
        sleep 0.05
    done
}
