# SPDX-License-Identifier: Apache-2.0
# What the integration tests share. usage of each: NAME.sh BIN_DIR SOURCE_DIR. Exit status 0, or 1 and the logs' ends.
set -u
bin=$1
demo=$2/packaging/demo
work=$(mktemp -d "${TMPDIR:-/tmp}/loyald-test.XXXXXX")
dir=$work
language=en
failed=0
mkdir "$dir/log"
. "$demo/shop.sh"

finish() {
    finish_code=$?
    trap - EXIT INT TERM
    shop_end || failed=1
    # A sanitizer's report must reach ctest, whatever else went well.
    grep -h -A 30 'Sanitizer:\|runtime error:' "$work"/log/*.log && failed=1
    if [ $failed -ne 0 ] || [ $finish_code -ne 0 ]; then
        tail -n 15 "$work"/log/*.log
        rm -rf "$work"
        exit 1
    fi
    rm -rf "$work"
    exit 0
}
trap finish EXIT
trap 'exit 1' INT TERM

ok() { echo "ok: $*"; }
bad() {
    echo "FAILED: $*"
    failed=1
}
# must WHAT COMMAND...: without it the rest makes no sense
must() {
    must_what=$1
    shift
    "$@" && return 0
    echo "FAILED: $must_what"
    exit 1
}
# check WHAT COMMAND...
check() {
    check_what=$1
    shift
    if "$@"; then ok "$check_what"; else bad "$check_what"; fi
}

# A chain with rules and members, a till that has both.
begin() {
    must 'the chain is made' make_chain "$demo/members.csv"
    must 'rules are published' publish "$demo/bundle-1.json"
    must 'the devices are there' start_devices
    must 'loyald starts' start_till
    must 'loyald-sync starts' start_courier
    must 'the till is enrolled' wait_for 10 enrol
    must 'the rules arrive' wait_for 30 has_rules 1
    must 'the members arrive' wait_for 30 has_members 360
    must 'the scanner is ready' wait_for 10 scanner_is_ready
}

sell() { shoppers --members "$demo/members.csv" --language en --json "$dir/shop.json" "$@"; }
figure() { number "$1" <"$dir/shop.json"; }
is() { # NAME VALUE: of the last sell
    [ "$(figure "$1")" = "$2" ] || {
        echo "$1 is $(figure "$1"), expected $2"
        return 1
    }
}
is_more() { [ "$(figure "$1")" -ge "$2" ]; }
says() { ctl api GET /v1/health | grep -q "$1"; }
settle() {
    must 'everything is at the central' wait_for 60 is_synced
    check 'till, central and POS agree' balance
}
