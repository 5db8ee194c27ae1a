#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The restart matrix at the printer: kill -9 between every two steps of the slip of a sale and of a return, whatever becomes of the slip
# (printed, unknown, failed). usage: restart_prints.sh BIN_DIR SOURCE_DIR KILL_SHIM
#
# However it ends, the sale is there once and its original is on the paper at most once: what the journal does not know is left to
# whoever sees the paper ("print_unknown"), nothing is printed again by itself, and what is asked for says COPY.
shim=$3
alone_conf='[daemon]
language = en
[api]
port = 0
[printer]
port = tty:@work@/ttyPRINTER'
. "$(dirname "$0")/alone.sh"
printer=
kills=0 sales=0

end_printer() {
    [ -z "$printer" ] || { kill -TERM "$printer" && wait "$printer"; }
    finish
}
trap end_printer EXIT

wait_until() { # WHAT COMMAND...
    wait_what=$1 wait_tries=0
    shift
    until "$@"; do
        wait_tries=$((wait_tries + 1))
        [ $wait_tries -lt 500 ] || { bad "$id at $what: $wait_what"; return 1; }
        sleep 0.02
    done
}
call() { # METHOD PATH BODY: answer in $answer
    answer=$(api -X "$1" "http://localhost$2" ${3:+-d "$3"} 2>/dev/null)
}
tell() { "$bin/loyal-sim" tell --control "$work/printer.sock" "$@" >/dev/null || bad "the printer does not take $*"; }
printer_is() { api http://localhost/v1/health 2>/dev/null | grep -q '"kind":"printer"[^}]*"state":"'"$1"'"'; }
slips() { grep -l "$mark" "$work"/slips/*.txt 2>/dev/null; }
originals() { slips | xargs -r grep -L COPY | wc -l; }
copies() { slips | xargs -r grep -l COPY | wc -l; }
is_copied() { [ "$(copies)" -gt 0 ]; }
is_dead() { ! kill -0 "$till" 2>/dev/null; }
document_is() {
    call GET "$document"
    case $answer in *'"state":"'"$1"'"'*) ;; *) false ;; esac
}
page_is_there() { "$bin/loyal-sim" tell --control "$work/printer.sock" state | grep -q 'buffered=[3-9][0-9][0-9]'; }

# What becomes of the slip: before the step that prints, after it was asked for, and when the till is dead.
prepare() {
    case $outcome in
    printed) printer_before=ready ;;
    unknown) tell busy on; printer_before=ready ;;
    failed) tell paper out; printer_before=degraded ;;
    esac
}
trouble() {
    [ $outcome = unknown ] || return 0
    wait_until 'the page does not come' page_is_there
    tell unplug
}
relieve() {
    case $outcome in
    printed) ;;
    unknown) tell plug; tell busy off ;;
    failed) tell paper ok ;;
    esac
}

basket() { # ID
    call PUT "/v1/sales/$1" '{"lines":[{"line":1,"sku":"A","name":"'"$mark"'","qty_milli":2000,"unit_price_minor":1000}]}'
}
# The step that writes and prints.
finish_document() {
    case $kind in
    sale) call POST "$document/commit" '{}' ;;
    return) call POST /v1/returns '{"return_id":"'"$id-r"'","sale_id":"'"$id"'","lines":[{"line":1,"qty_milli":1000}]}' ;;
    esac
}

# The till starts anew, to die at that call once it is armed.
start_to_die() { # WHAT:N
    kill -KILL "$till" && wait "$till" 2>/dev/null
    rm -f "$work/armed"
    alone_run="env LD_PRELOAD=$shim LOYALD_KILL=$1 LOYALD_KILL_FROM=$work/armed LOYALD_KILL_FILE=journal.db-wal"
    start_alone
    alone_run=
    wait_until 'the printer is not ready' printer_is $printer_before
    basket "parked-$id" # while a sale is at its tender the till is not idle, and moves no log
    call POST "/v1/sales/parked-$id/tender" '{"tenders":["cash"]}'
    case $answer in *'"state":"tendering"'*) ;; *) bad "$id at $what: $answer" ;; esac
}

# One dies there; after the restart it has that state ("": it was never written), and so many originals are on the paper (any: none or one).
dies() { # WHAT:N STATE ORIGINALS
    sales=$((sales + 1))
    id="p$sales" what="$kind $outcome $1" mark="Mark$sales." document="/v1/sales/p$sales"
    if [ $kind = return ]; then # the slip of its sale comes before, in peace
        basket "$id"
        call POST "$document/commit" '{}'
        wait_until 'the sale of the return is not printed' document_is printed
        rm -f "$work"/slips/*
        document="/v1/returns/$id-r"
    fi
    prepare
    start_to_die "$1"
    [ $kind = return ] || basket "$id"
    : >"$work/armed"
    finish_document
    trouble
    wait_until 'it does not die' is_dead
    wait "$till" 2>/dev/null
    kills=$((kills + 1))
    relieve
    start_alone
    wait_until 'the printer is not ready again' printer_is ready
    judge "$2" "$3"
}

judge() { # STATE ORIGINALS
    if [ -z "$1" ]; then # nobody was told: it is done anew
        if document_is ''; then bad "$id, $what: $answer"; fi
        [ $kind = return ] || basket "$id"
        finish_document
        wait_until 'what is done anew is not printed' document_is printed
    else
        document_is "$1" || bad "$id, $what: $1 wanted: $answer"
        finish_document # asked for again: the same answer, and no paper
    fi
    call POST "$document/copy" '{}'
    wait_until 'the copy does not come' is_copied
    # The paper comes in the order it was asked for: what could come before the copy has come.
    [ "$(copies)" -eq 1 ] || bad "$id, $what: $(copies) copies"
    case $2 in
    any) [ "$(originals)" -le 1 ] ;;
    *) [ "$(originals)" -eq "$2" ] ;;
    esac || bad "$id, $what: $(originals) originals"
    call GET /v1/totals
    case $answer in *"\"sales\":$sales,"*) ;; *) bad "$id, $what: $sales sales wanted: $answer" ;; esac
}

mkdir "$work/slips"
"$bin/loyal-sim" printer --link "$work/ttyPRINTER" --out "$work/slips" --control "$work/printer.sock" \
    </dev/null >"$work/printer.log" 2>&1 &
printer=$!
id=- what=start
wait_until 'no printer' test -e "$work/ttyPRINTER" -a -S "$work/printer.sock"
start_alone
# Of the journal's log the first sync is that of its new beginning, before anything is written to it; the second makes the sale or the return, the third
# keeps what became of its slip. What a process has written is with the system, synced or not, when only the process dies.
for kind in sale return; do
    outcome=printed
    dies after_sync:1 '' 1
    dies before_sync:2 print_unknown 0
    dies after_sync:2 print_unknown 0
    dies before_page:1 print_unknown 0
    dies after_page:1 print_unknown any
    dies after_answer:1 print_unknown any
    dies before_sync:3 printed 1
    dies after_sync:3 printed 1
    outcome=unknown
    dies before_sync:3 print_unknown any
    dies after_sync:3 print_unknown any
    outcome=failed
    dies before_sync:3 print_failed 0
    dies after_sync:3 print_failed 0
done
[ $failed -ne 0 ] || ok "killed between every two steps of slips that were printed, unknown and failed: $kills times"
