#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One scanner for two: items go on to the POS, cards do not; a POS that is not there or does not read gets nothing late.
command -v python3 >/dev/null || { echo 'skipped: python3 is not here'; exit 77; }
lines=$(mktemp -d "${TMPDIR:-/tmp}/loyald-tee.XXXXXX")
alone_conf="[api]
port = 0
[scanner]
port = tty:$lines/scanner
[tee]
link = $lines/pos"
. "$(dirname "$0")/alone.sh"
pos="python3 $(dirname "$0")/tee.py $lines/pos"
tell() { "$bin/loyal-sim" tell --control "$lines/control" "$@" >/dev/null || bad "loyal-sim tell $*"; }
health() { api http://localhost/v1/health; }
tee_says() { health | grep -q "\"tee\":{[^}]*$1"; }
until_true() { # WHAT COMMAND...
    what=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || { bad "$what: $(health)"; return 1; }
        sleep 0.03
    done
    ok "$what"
}
"$bin/loyal-sim" scanner --link "$lines/scanner" --control "$lines/control" </dev/null >"$work/sim.log" 2>&1 &
sim=$!
trap 'kill $sim 2>/dev/null; wait $sim 2>/dev/null; rm -rf "$lines"; finish' EXIT
until_true 'the scanner is there' test -e "$lines/scanner"
start_alone
ready() { health | grep -q '"kind":"scanner"[^}]*"state":"ready"'; }
until_true 'the scanner is ready' ready
[ -L "$lines/pos" ] || bad 'there is no link'
tell scan 4601234567893
until_true 'without a POS a scan is dropped' tee_says '"state":"closed","passed":0,"dropped":1'
$pos "$lines/ready" ITEM HELLO-1 <&- &
reader=$!
until_true 'the POS has it open' test -e "$lines/ready"
tell scan ITEM # another code: the scanner takes the same one at once for a repeat
tell scan 2900000000018 # a card
tell scan 2900000000019 # one misread
tell scan HELLO-1
if wait $reader; then ok 'items came, cards did not, nothing of before'; else bad 'the POS got something else'; fi
until_true 'the card waits for its sale' tee_says '"state":"closed","passed":2,"dropped":1'

# A POS that hangs: what it has not read is bounded.
mkfifo "$lines/stop"
rm "$lines/ready"
$pos "$lines/ready" <"$lines/stop" >"$lines/late" &
reader=$!
exec 7>"$lines/stop"
until_true 'the POS that hangs has it open' test -e "$lines/ready"
i=0
while [ $i -lt 100 ]; do
    tell scan "ITEM-$i-0123456789"
    i=$((i + 1))
done
seen() {
    sum=0
    for figure in $(health | grep -o '"tee":{[^}]*}' | grep -o '"\(passed\|dropped\)":[0-9]*' | cut -d : -f 2); do sum=$((sum + figure)); done
    [ $sum = 103 ]
}
until_true 'every scan is passed or counted' seen
exec 7>&-
wait $reader
read -r bytes _ scans _ <"$lines/late"
if [ "$bytes" -le 1024 ] && [ "$scans" -gt 10 ]; then ok "a hanging POS got $scans of 100 scans"; else bad "$bytes bytes came late"; fi
# A link left by one that was killed is made anew.
kill -KILL "$till"
wait "$till" 2>/dev/null
[ -L "$lines/pos" ] || bad 'the link is gone'
start_alone
until_true 'the scanner is ready again' ready
rm "$lines/ready"
$pos "$lines/ready" AGAIN <&- &
reader=$!
until_true 'the POS has it open again' test -e "$lines/ready"
tell scan AGAIN
if wait $reader; then ok 'the new terminal is found by the same name'; else bad 'nothing came by the new terminal'; fi
