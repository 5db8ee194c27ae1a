#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole chain with the central on a PostgreSQL of its own, a real one on disk: a shop day; then the server killed in
# the midst of what the till sends, its sessions ended, its transactions refused for others' sake; then two central
# processes that one till talks to in turn. In the end every sale is there, once, and both ends agree.
. "$(dirname "$0")/postgres_cluster.sh"
cluster_find || {
    echo 'skipped: PostgreSQL is not installed (Debian: postgresql-15)'
    exit 77
}
. "$(dirname "$0")/common.sh"
trap 'cluster_stop 2>/dev/null; finish' EXIT
must 'a PostgreSQL of its own' cluster_make "$work"
central_database=$cluster_url
begin
check 'a first part of the day' sell --baskets 20 --day-baskets 240
settle
check 'records lie in the table of their month' test "$(cluster_sql 'SELECT COUNT(*) FROM journal_other')" = 0

echo '-- the server dies while a backlog comes in'
must 'the courier stops' stop courier
check 'a part of the day without a link' sell --from 20 --baskets 60 --day-baskets 240
before=$(cluster_sql 'SELECT COUNT(*) FROM journal')
must 'the courier starts' start_courier
came() { [ "$(cluster_sql 'SELECT COUNT(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()' 2>/dev/null)" -ge 1 ]; }
must 'a transaction is under way' wait_for 20 came
cluster_kill
ok "the server is killed, $before records were there"
check 'the till sells on' sell --from 80 --baskets 10 --day-baskets 240
must 'the server starts again' cluster_start
settle

echo '-- a session dies within a transaction, and takes all others with it'
must 'the courier stops' stop courier
check 'a part of the day without a link' sell --from 150 --baskets 20 --day-baskets 240
must 'the courier starts' start_courier
session() { # the server's process that has a transaction of the central's under way
    session_pid=$(cluster_sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'loyal-central' AND xact_start IS NOT NULL LIMIT 1" 2>/dev/null)
    [ -n "$session_pid" ] && kill -KILL "$session_pid" 2>/dev/null
}
must 'one is killed' wait_for 20 session
has_recovered() { cluster_sql 'SELECT 1' >/dev/null 2>&1 && central totals --json >/dev/null 2>&1; }
must 'the server takes itself up again, and the central with it' wait_for 30 has_recovered
settle

echo '-- sessions ended, transactions refused'
cluster_sql "CREATE SEQUENCE tried; CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    \$\$ BEGIN IF nextval('tried') % 5 = 0 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END IF; RETURN NEW; END \$\$;
    CREATE TRIGGER refuse BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION refuse()"
start shop "$bin/loyal-sim" shop --api "$dir/till/run/api.sock" --scanner "$dir/scanner.sock" \
    --members "$demo/members.csv" --confirmed "$dir/confirmed" --json "$dir/shop.json" --from 90 --baskets 30 \
    --day-baskets 240 --rate 12 --retry-ms 40000 --print-wait-ms 500
while is_running shop; do
    sleep 0.3
    cluster_sql "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'loyal-central'" >/dev/null
done
check 'the shoppers were all served' reap shop
cluster_sql 'DROP TRIGGER refuse ON journal'
settle

echo '-- two central processes, one till'
must 'the second one has the keys of the first' cp -a "$dir/central" "$dir/central2"
rm -f "$dir/central2/admin.sock" "$dir/central2/lock"
printf '[central]\nlisten_host = 127.0.0.1\nlisten_port = 0\ndatabase = %s\n' "$cluster_url" >"$dir/central2.conf"
start central2 "$bin/loyal-central" --config "$dir/central2.conf" --state-dir "$dir/central2" serve
second() { "$bin/loyal-central" --state-dir "$dir/central2" "$@"; }
must 'the second one serves' wait_for 15 second notice list >/dev/null
second_port=$(sed -n 's/.*central: ready .*port=\([0-9]*\).*/\1/p' "$dir/log/central2.log")
start turns python3 "$(dirname "$0")/turns.py" 1.5 "$dir/door" "$central_port" "$second_port"
must 'the door is open' wait_for 10 test -s "$dir/door"
must 'the courier stops' stop courier
first_port=$central_port
central_port=$(cat "$dir/door")
must 'the courier goes through it' start_courier
check 'a part of the day' sell --from 120 --baskets 30 --day-baskets 240
must 'rules are published at the first' publish "$demo/bundle-2.json"
must 'the till hears of them' wait_for 20 has_rules 2
check 'another part of the day' sell --from 190 --baskets 20 --day-baskets 240
central_port=$first_port
settle
by_turns() { [ "$(grep -c turn "$dir/log/turns.log")" -ge 4 ]; }
check 'it was let in by turns' wait_for 20 by_turns
check 'the second one counts the same' test "$(second totals --json | number records)" = "$(central totals --json | number records)"
check 'the ledger balances there' second ledger check

echo '-- what is there, byte by byte'
must 'the till stops' stop till
python3 - "$dir/till/journal.db" >"$dir/sold" <<'END'
import sqlite3, sys
for (record,) in sqlite3.connect(sys.argv[1]).execute("SELECT lower(hex(bytes)) FROM record ORDER BY position"):
    print(record)
END
cluster_sql "SELECT encode(bytes, 'hex') FROM journal ORDER BY seq" >"$dir/kept"
check "each of the till's $(wc -l <"$dir/sold") records is there, once" cmp "$dir/sold" "$dir/kept"
check 'each sale is booked once' test "$(cluster_sql "SELECT COUNT(*) FROM sale s FULL JOIN journal j USING (dev, epoch, seq)
    WHERE (j.type = 'sale') <> (s.sale_id IS NOT NULL)")" = 0
