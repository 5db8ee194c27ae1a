#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/operations.md does what it says: its blocks of shell are run, in their order, on folders of this test. Between two blocks
# the daemons are waited for, as a person would. Those of the section on PostgreSQL are run after the others, with a central and a
# database server of their own. usage: operations.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source=$2
page=$source/docs/operations.md
. "$source/tests/docs/blocks.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/loyald-ops.XXXXXX")
PATH=$bin:$PATH

finish() {
    finish_code=$?
    trap - EXIT INT TERM
    [ -z "${cluster_dir:-}" ] || cluster_stop 2>/dev/null
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
for file in rules-8 back-9; do
    sed "s/\"version\": *[0-9]*/\"version\": ${file#*-}/" "$work/office/rules.json" >"$work/office/$file.json"
done

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

# run_page FOLDER NAME SECTION END: the blocks of a section, as blocks_of has it, with its folders in FOLDER; END must hold after them.
run_page() {
    cat >"$work/$2" <<SCRIPT
set -eu
CENTRAL='$1/central' TILL='$1/till' COURIER='$1/courier' ETC='$1/etc' HOST=localhost PORT='$port' OFFICE='$1/office' KEPT='$1/kept'
SECOND='$1/second' pids='$1/pids' LOG='$work/log'
. '$source/tests/docs/operations_wait.sh'
SCRIPT
    blocks_of "$page" sh "$3" settle >>"$work/$2"
    printf '%s\n' "$4" 'echo DONE' >>"$work/$2"
    sh "$work/$2" >"$work/log" 2>&1 </dev/null &
    script=$!
    trap 'kill $script; wait $script; exit 1' INT TERM
    wait $script
    code=$?
    [ $code = 0 ] && grep -q '^DONE' "$work/log" || {
        echo "FAILED: $2, exit status $code"
        exit 1
    }
    echo "docs/operations.md does what it says, $2: $(grep -c '^--- block' "$work/log") blocks"
}

blocks_all_run "$page" sh || exit 1
postgres='The central on PostgreSQL'
# What must be true at the end: all sales that were told are at the central, and status says that all is well.
run_page "$work" all "! $postgres" 'loyalctl --state-dir "$TILL" status
[ "$(sales)" = 30 ]
[ -e "$TILL/cache.db.foreign" ]'
[ "$(grep -c '^--- block' "$work/log")" -ge 20 ] || {
    echo 'FAILED: the blocks were not found'
    exit 1
}

. "$source/tests/integration/postgres_cluster.sh"
if ! cluster_find; then
    echo 'left out: the blocks on PostgreSQL, which is not installed (Debian: postgresql-15)'
    exit 0
fi
mkdir -p "$work/pg1/etc/loyal-central.conf.d" "$work/pg1/kept"
# Two processes on one machine: the system gives each its port.
printf '[central]\nlisten_host = 127.0.0.1\nlisten_port = 0\n' >"$work/pg1/etc/loyal-central.conf.d/test.conf"
cluster_owner=postgres
cluster_make "$work" || exit 1
PATH=$PATH:$cluster_bin PGHOST=$cluster_dir PGUSER=postgres PGDATABASE=postgres
DATABASE="postgres://loyal@/loyal?host=$cluster_dir"
export PATH PGHOST PGUSER PGDATABASE DATABASE
# The balancer of the page, in front of the two that run: a till reaches whichever lives.
if ! command -v haproxy >/dev/null; then
    echo 'left out: the balancer, HAProxy is not installed'
    mkdir "$work/bin" && printf '#!/bin/sh\necho left out: haproxy "$@"\n' >"$work/bin/haproxy" && chmod +x "$work/bin/haproxy"
    PATH=$PATH:$work/bin
fi
run_page "$work/pg1" "$postgres" "$postgres" 'loyal-central --state-dir "$CENTRAL" chain create late --currency RUB --language en
[ "$(psql -X -A -t -d "$DATABASE" -c "SELECT COUNT(*) FROM chain")" = 1 ]
if haproxy -v | grep -q "left out"; then exit 0; fi
haproxy -f "$ETC/haproxy.cfg" &
reaches() { openssl s_client -connect "localhost:$PORT" -CAfile "$CENTRAL/ca.pem" -verify_return_error -verify_hostname localhost </dev/null; }
within 10 reaches
kill "$CENTRAL_PID"; wait "$CENTRAL_PID"
within 10 reaches
kill "$SECOND_PID"; wait "$SECOND_PID"
! reaches'
