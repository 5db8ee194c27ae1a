#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An old POS that can only write files: a whole sale by the drop folder, half-written files, refusals, a kill between, files that are none.
drop=$(mktemp -d "${TMPDIR:-/tmp}/loyald-drop.XXXXXX")
alone_conf="[api]
port = 0
[dropbox]
dir = $drop/in"
. "$(dirname "$0")/alone.sh"
trap 'rm -rf "$drop"; finish' EXIT
is_answered() { [ -e "$drop/in/$1.answer" ] && [ ! -e "$drop/in/$1.json" ]; }
until_answered() { # NAME
    tries=0
    until is_answered "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 400 ] || { bad "$1 was not answered"; return 1; }
        sleep 0.025
    done
}
put() { # NAME TEXT: as a POS should, by a rename
    printf '%s' "$2" >"$drop/$1.new" && mv "$drop/$1.new" "$drop/in/$1.json"
    until_answered "$1"
}
says() { # NAME TEXT
    if grep -qF "$2" "$drop/in/$1.answer"; then ok "$1: $2"; else bad "$1 wants $2: $(cat "$drop/in/$1.answer")"; fi
}
line='{"line":1,"sku":"A","qty_milli":1000,"unit_price_minor":1000}'

start_alone
api http://localhost/v1/health | grep -q '"dropbox":{[^}]*"state":"trouble"' || bad 'a folder that is not there is not told of'
mkdir "$drop/in"
put 1 '{"method":"PUT","path":"/v1/sales/D-1","body":{"lines":['"$line"']}}'
says 1 '{"status":200,"calls":1,"body":{'
says 1 '"total_minor":1000'
put 2 '{"method":"POST","path":"/v1/sales/D-1/commit","body":{"expected_total_minor":999}}'
says 2 '"status":409,"calls":0'
says 2 '"code":"L-204"'
put 3 '{"method":"POST","path":"/v1/sales/D-1/commit","body":{"expected_total_minor":1000}}'
says 3 '"state":"committed"'
first=$(cat "$drop/in/3.answer")
rm "$drop/in/3.answer"
put 3 '{"method":"POST","path":"/v1/sales/D-1/commit","body":{"expected_total_minor":1000}}'
[ "$first" = "$(cat "$drop/in/3.answer")" ] || bad "the same commit again is answered otherwise: $(cat "$drop/in/3.answer")"

# A whole sale in one file; one that stops in the middle.
put 4 '[{"method":"PUT","path":"/v1/sales/D-2","body":{"lines":['"$line"']}},{"method":"POST","path":"/v1/sales/D-2/commit","body":{}}]'
says 4 '{"status":200,"calls":2,'
put 5 '[{"method":"PUT","path":"/v1/sales/D-3","body":{"lines":['"$line"']}},{"method":"POST","path":"/v1/sales/D-3/commit","body":{"expected_total_minor":1}},{"method":"POST","path":"/v1/sales/D-3/void"}]'
says 5 '{"status":409,"calls":1,'
put 6 '{"method":"POST","path":"/v1/sales/D-3/void"}'
says 6 '"state":"voided"'

# Errors are answers.
put 7 '{"method":"PUT","path":"/v1/sales/D-4","body":{"lines":['
says 7 '"code":"L-101"'
put 8 '{"method":"DELETE","path":"/v1/sales/D-4"}'
says 8 '"status":404'
put 9 '[]'
says 9 '"status":400'
put 10 "$(printf '[%.0s' $(seq 2000))"
says 10 '"status":400'
head -c 2000000 /dev/zero | tr '\0' ' ' >"$drop/11.new" && mv "$drop/11.new" "$drop/in/11.json"
until_answered 11
says 11 '"status":413'

# One being written is left alone while the writer has it, however long; then it is taken as a whole.
exec 8>"$drop/in/12.json"
printf '{"method":"GET",' >&8
touch -d '2020-01-01' "$drop/in/12.json"
put 13 '{"method":"GET","path":"/v1/sales"}'
says 13 '"status":200'
put 14 '{"method":"GET","path":"/v1/sales"}'
[ ! -e "$drop/in/12.answer" ] || bad 'a file being written was taken'
printf '"path":"/v1/sales/D-1"}' >&8
exec 8>&-
until_answered 12
says 12 '"status":200'

# What is no plain file stays, and stops nobody.
ln -s /etc/hostname "$drop/in/link.json"
mkfifo "$drop/in/pipe.json"
mkdir "$drop/in/folder.json"
ln -s /etc/hostname "$drop/in/15.answer"
put 15 '{"method":"GET","path":"/v1/sales"}'
says 15 '"status":200'
[ -L "$drop/in/link.json" ] || bad 'a link was taken'
[ ! -L "$drop/in/15.answer" ] || bad 'an answer was written through a link'
# A folder in an answer's place: that file waits, those behind it do not.
mkdir "$drop/in/16.answer"
printf '{"method":"GET","path":"/v1/sales"}' >"$drop/in/16.json"
put 17 '{"method":"GET","path":"/v1/sales"}'
[ -e "$drop/in/16.json" ] || bad 'a file was taken that could not be answered'
rmdir "$drop/in/16.answer"
until_answered 16
says 16 '"status":200'

# Killed with files waiting: they are answered by the next start, in the order of their names, and nothing is sold twice.
kill -KILL "$till"
wait "$till" 2>/dev/null
for i in 20 21 22; do
    printf '[{"method":"PUT","path":"/v1/sales/D-%s","body":{"lines":[%s]}},{"method":"POST","path":"/v1/sales/D-%s/commit","body":{}}]' \
        $i "$line" $i >"$drop/in/$i.json"
done
cp "$drop/in/20.json" "$drop/in/23.json"
start_alone
until_answered 23
for i in 20 21 22 23; do until_answered $i; done
says 23 '"code":"L-202"' # a PUT on a committed sale
# The folder goes and comes.
rm -rf "$drop/in"
mkdir "$drop/in"
put 30 '{"method":"GET","path":"/v1/sales/D-22"}'
says 30 '"status":200'
total=$(api http://localhost/v1/totals)
echo "$total" | grep -q '"sales":5,.*"net_minor":5000' || bad "five sold, the till counts $total"
api http://localhost/v1/health | grep -o '"dropbox":{[^}]*}'
