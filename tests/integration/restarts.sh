#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The restart matrix: kill -9 between every two steps of a sale and of a return, and in the middle of each step that writes. Afterwards the POS does
# what it would do, which is to go on; in the end there is one sale and one return, at the right money, and every answer is the same when asked again.
. "$(dirname "$0")/alone.sh"
kills=0
seed=${LOYALD_SEED:-$(date +%s)}
echo "seed $seed"

basket='{"lines":[{"line":1,"sku":"A","name":"Tea","qty_milli":3000,"unit_price_minor":1000}]}'
kill_it() {
    kill -KILL "$till" && wait "$till" 2>/dev/null
    kills=$((kills + 1))
    start_alone
}
call() { # METHOD PATH BODY: status in $status, answer in $answer
    answer=$(api -X "$1" -w '\n%{http_code}' "http://localhost$2" ${3:+-d "$3"} 2>/dev/null)
    status=${answer##*
}
}
want() { [ "$status" = "$1" ] || bad "$id, killed after step $killed_after: $2 answered $status: $answer"; }
state() { printf '%s' "$answer" | grep -o '"state":"[a-z_]*"' | head -n 1; }

# What a POS does: puts the basket unless it hears that the sale is closed, tenders, commits, takes back.
run_step() {
    case $1 in
    1) call PUT "/v1/sales/$id" "$basket"; case $status in 200 | 409) ;; *) want 200 put ;; esac ;;
    2) call POST "/v1/sales/$id/tender" '{"tenders":["cash"]}'
       if [ "$status" = 404 ]; then run_step 1; call POST "/v1/sales/$id/tender" '{"tenders":["cash"]}'; fi
       case $status in 200 | 409) ;; *) want 200 tender ;; esac ;;
    3) call POST "/v1/sales/$id/commit" '{"expected_total_minor":3000}'
       if [ "$status" = 404 ]; then run_step 1; call POST "/v1/sales/$id/commit" '{"expected_total_minor":3000}'; fi
       want 200 commit ;;
    4) call GET "/v1/sales/$id"; want 200 'the sale' ;;
    5) call POST /v1/returns '{"return_id":"'"$id"'-r","sale_id":"'"$id"'","lines":[{"line":1,"qty_milli":1000}]}'; want 200 return ;;
    6) call GET "/v1/returns/$id-r"; want 200 'the return'
       printf '%s' "$answer" | grep -q '"refund_minor":1000' || bad "$id: $answer" ;;
    esac
}
settled() { # the same again changes nothing
    run_step 3
    run_step 5
    call GET /v1/totals
    [ "$(printf '%s' "$answer" | grep -o '"sales":[0-9]*')" = "\"sales\":$1" ] || bad "$id, killed after step $killed_after: $answer"
    call GET /v1/shifts
    printf '%s' "$answer" | grep -q "\"sales\":$1,\"returns\":$1," || bad "$id, killed after step $killed_after: $answer"
}

start_alone
call POST /v1/shifts '{"state":"open","shift":"d1"}'
[ "$status" = 200 ] || bad "shift: $answer"
done_count=0
for killed_after in 0 1 2 3 4 5 6; do
    id="k$killed_after"
    step=1
    [ $killed_after -eq 0 ] && kill_it
    while [ $step -le 6 ]; do
        run_step $step
        [ $step -eq $killed_after ] && kill_it
        step=$((step + 1))
    done
    done_count=$((done_count + 1))
    settled $done_count
done
ok "killed between every two steps: $kills times"

# Moves that end without a record: what was open is gone, and nothing is counted; the list of all moves is the
# machine's own in tests/unit/agent/till/test_restart.c.
for moves in put 'put tender' 'put tender put' 'put void' 'put tender void'; do
    id="o$kills"
    killed_after=$moves
    for move in $moves; do
        case $move in
        put) call PUT "/v1/sales/$id" "$basket" ;;
        *) call POST "/v1/sales/$id/$move" '{}' ;;
        esac
        want 200 "$move"
    done
    kill_it
    call GET "/v1/sales/$id"
    want 404 'what was never paid'
done
call GET /v1/totals
[ "$(printf '%s' "$answer" | grep -o '"sales":[0-9]*')" = "\"sales\":$done_count" ] || bad "sales that were given up are counted: $answer"
ok 'killed after each move that leaves no sale'

# In the middle of the two steps that write: the answer is lost, the disk knows. The pause is a fraction of the step's own time.
for round in 1 2 3 4 5 6 7 8; do
    id="m$round"
    killed_after="in $round"
    run_step 1
    seed=$(((seed * 1103515245 + 12345) & 2147483647))
    if [ $((round % 2)) -eq 0 ]; then
        run_step 3
        middle="POST /v1/returns {\"return_id\":\"$id-r\",\"sale_id\":\"$id\",\"lines\":[{\"line\":1,\"qty_milli\":1000}]}"
    else
        middle="POST /v1/sales/$id/commit {\"expected_total_minor\":3000}"
    fi
    set -- $middle
    api -X "$1" "http://localhost$2" -d "$3" >/dev/null 2>&1 &
    asked=$!
    sleep "0.00$(((seed >> 12) % 9))"
    kill_it
    wait $asked 2>/dev/null
    run_step 3
    run_step 5
    done_count=$((done_count + 1))
    settled $done_count
done
call GET /v1/totals
printf '%s' "$answer" | grep -q "\"net_minor\":$((done_count * 3000))" || bad "money: $answer"
ok "killed in the middle of commits and returns: $kills kills in all, $done_count sales and as many returns, none lost, none twice"
