#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A member import that ends in the middle, by its own end and by the central's, and is run again: nobody is there twice, no point is
# given twice, and the report is that of the whole file.
. "$(dirname "$0")/common.sh"
rows=20000
awk -v n=$rows 'BEGIN { print "member,card,display,bonus"; for (i = 1; i <= n; i++) printf "I%06d,29%011d,\"Shopper number %d, whose name is as long as it takes to make a file of several pieces out of a few members of this chain\",%d\n", i, i, i, i % 100 }' >"$dir/shoppers.csv"
points=$(awk -F, 'NR > 1 { sum += $NF } END { print sum }' "$dir/shoppers.csv")
pieces() { grep -c 'POST /admin/chains/demo/members done' "$dir/log/central.log"; }
has_taken() { [ "$(pieces)" -ge "$1" ]; }
begin_import() { start import "$bin/loyal-central" --state-dir "$dir/central" member import demo "$dir/shoppers.csv"; }
ask() { # SQL: of the books as they are on disk; the central must be stopped
    python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$dir/central/central.db" "$1"
}
members() { ask "SELECT COUNT(*) FROM member WHERE id LIKE 'I%'"; }
part() { # some are there, not all
    there=$(members)
    echo "$there of $rows are there"
    [ "$there" -gt 0 ] && [ "$there" -lt "$rows" ]
}
must 'the chain is made' make_chain "$demo/members.csv"

echo '-- the command ends'
begin_import
must 'some are there' wait_for 60 has_taken 3 # the demo's members are the first
kill -KILL "$(pid_of import)" && reap import >/dev/null 2>&1
must 'the central stops' stop central
check 'a part is there' part
must 'the central starts again' start_central

echo '-- the central ends'
before=$(pieces)
begin_import
must 'it is at it' wait_for 60 has_taken $((before + 4))
kill -KILL "$(pid_of central)" && reap central >/dev/null 2>&1
if reap import; then bad 'the command did not say so'; else ok 'the command says so'; fi
tail -n 1 "$dir/log/import.log"
check 'a part is there' part
must 'the central starts again' start_central

echo '-- run again'
must 'it is imported' sh -c "'$bin/loyal-central' --state-dir '$dir/central' --json member import demo '$dir/shoppers.csv' >'$dir/report'"
cat "$dir/report"
check 'the report is of the whole file' grep -q "\"rows\":$rows,\"imported\":$rows,\"attached_sales\":0,\"error_count\":0,\"errors\":\[\]" "$dir/report"
check 'the ledger balances' central ledger check
must 'the central stops' stop central
check 'everybody is there once' test "$(members)" = $rows
check 'with his card' test "$(ask "SELECT COUNT(*) FROM identifier WHERE member LIKE 'I%'")" = $rows
check 'and his points, once' test "$(ask "SELECT SUM(balance) FROM ledger_account WHERE kind = 'member' AND owner LIKE 'I%'")" = "$points"
