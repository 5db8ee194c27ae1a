#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scanners and readers of every family through the real daemon, four at a time: what is read, what comes damaged, twice
# or in half, and the cable pulled; then loyalctl devices on a line of its own.
. "$(dirname "$0")/common.sh"

tell() { "$bin/loyal-sim" tell --control "$dir/$1.sock" "$2"; }
plug_in() { # NAME FAMILY [OPTIONS...]
    plug_name=$1
    plug_family=$2
    shift 2
    start "$plug_name" "$bin/loyal-sim" scanner --link "$dir/$plug_name" --control "$dir/$plug_name.sock" --family "$plug_family" "$@"
    wait_for 5 test -S "$dir/$plug_name.sock"
}
ask() { "$bin/loyalctl" --state-dir "$dir/till" "$@"; }
state_of() { ask api GET /v1/health | grep -o "\"name\":\"$1\",[^}]*\"state\":\"$2\"" >/dev/null; }
heard() { grep -q "\"text\":\"$1\"" "$dir/events"; }
hears() { wait_for 5 heard "$1"; }
counts() { ask devices list --json | grep -o "\"name\":\"$1\"[^}]*" | grep -q "\"$2\":$3"; }

begin_till() { # FAMILY... : one scanner of each
    : >"$dir/events"
    : >"$dir/loyald.conf"
    printf '[api]\nport = 0\n' >>"$dir/loyald.conf"
    i=1
    for family in "$@"; do
        name=scanner$([ $i = 1 ] || echo $i)
        # at 2400 baud each byte comes alone
        must "a simulated $family" plug_in "$name" "$family" $([ "$family" = ascii ] && echo --baud 2400)
        printf '[%s]\nport = tty:%s\nfamily = %s\n' "$name" "$dir/$name" "$family" >>"$dir/loyald.conf"
        i=$((i + 1))
    done
    start till "$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till"
    must 'loyald starts' wait_for 10 ask api GET /v1/health >/dev/null
    "$bin/loyalctl" --state-dir "$dir/till" events >"$dir/events" 2>>"$dir/log/events.log" &
    follower=$!
    i=1
    for family in "$@"; do
        must "$family is ready" wait_for 10 state_of "scanner$([ $i = 1 ] || echo $i)" ready
        i=$((i + 1))
    done
}
end_till() {
    kill "$follower" 2>/dev/null
    wait "$follower" 2>/dev/null
    check 'loyald stops' stop till
    for name in scanner scanner2 scanner3 scanner4; do stop $name; done
}

begin_till ssi stripe em4100 pn532
check 'a decoder says who it is' counts scanner device '"SIM-SSI-1.0"'
check 'SSI: an item' tell scanner 'scan 4006381333931'
check 'SSI: is read' hears 4006381333931
check 'SSI: an acknowledgement is lost' tell scanner 'ignore 1'
check 'SSI: so it comes twice' tell scanner 'scan ]C0AFTER-LOST-ACK'
check 'SSI: is read' hears AFTER-LOST-ACK
check 'SSI: the second is acknowledged, not told' wait_for 8 counts scanner resent 1
check 'SSI: it is told once' test "$(grep -c AFTER-LOST-ACK "$dir/events")" = 1
check 'SSI: a damaged packet' tell scanner 'damage 1'
check 'SSI: is asked for again' tell scanner 'scan ]C0WAS-DAMAGED'
check 'SSI: and read' hears WAS-DAMAGED
check 'SSI: a code in several packets' tell scanner "scan ]Q1https://a.example/$(printf 'x%.0s' $(seq 300))"
check 'SSI: is read whole' hears "https://a.example/x*"
check 'stripe: a card that is no payment card' tell scanner2 'scan 9900000000000002'
check 'stripe: is read' hears 9900000000000002
check 'stripe: a payment card' tell scanner2 'scan 4111111111111111'
check 'stripe: is dropped and counted' wait_for 5 counts scanner2 payment_cards 1
check 'stripe: nobody saw it' sh -c "! grep -rq 4111111111111111 '$dir/events' '$dir/log/till.log' '$dir/till'"
check 'EM4100: a card' tell scanner3 'scan 06008E6D5D'
check 'EM4100: is read' hears 06008E6D5D
check 'PN532: a card is laid down' tell scanner4 'scan 04A2245C9F6180'
check 'PN532: is read' hears 04A2245C9F6180
check 'garbage' tell scanner3 'garbage 60 3'
check 'the cable in the middle of a code' tell scanner3 'half 0600'
check 'is pulled' tell scanner3 unplug
check 'the till says so' wait_for 10 state_of scanner3 lost
check 'it is put back' tell scanner3 plug
check 'the reader is ready' wait_for 15 state_of scanner3 ready
check 'a card' tell scanner3 'scan 0F0184F07A'
check 'is read' hears 0F0184F07A
check 'a wrong baud rate' tell scanner 'mangle on'
for n in 1 2 3; do
    tell scanner 'raw 0405060708090a0b' >/dev/null
    tell scanner 'wait 250' >/dev/null # a silence, so that each is a code of its own
done
check 'makes the decoder degraded, in words' wait_for 15 state_of scanner degraded
ask devices list | sed 's/^/  /'
check 'the rate is right again' tell scanner 'mangle off'
check 'a code' tell scanner 'scan ]C0RIGHT-AGAIN'
check 'is read' hears RIGHT-AGAIN
check 'the decoder is ready again' wait_for 5 state_of scanner ready
end_till

begin_till honeywell datalogic desk ascii
check 'Honeywell says who it is' counts scanner device '"SIM 1.0"'
check 'Honeywell: a code' tell scanner 'scan ]E04006381333931'
check 'Honeywell: is read' hears 4006381333931
check 'Datalogic: a code' tell scanner2 'scan ]C0DATALOGIC'
check 'Datalogic: is read' hears DATALOGIC
check 'desk reader: a card' tell scanner3 'scan 8E6D5D01'
check 'desk reader: is read' hears 8E6D5D01
check 'ASCII: a code' tell scanner4 'scan ]Q1https://b.example'
check 'ASCII: is read' hears https://b.example
check 'ASCII: a capture' tell scanner4 'raw 5d433042595445530d'
check 'ASCII: is read byte by byte' hears BYTES
held() { "$bin/loyalctl" devices monitor "tty:$dir/scanner4" --seconds 4 2>&1 | grep -q 'has it open'; }
check 'who holds a line is said' held
end_till

# ---- a printer on the network ----
# What is written is what the packages were judged by (deb_test.sh), but for the address.
settings_of() { sed -n '/^\[Service\]/,$p' "$1"; }
allows() { # PORT ADDRESS
    "$bin/loyalctl" devices allow "$1" "$dir/drop-in" >"$dir/allowed" &&
        settings_of "$dir/drop-in/lan-printer.conf" | sed "s/=$2\$/=192.0.2.7/" >"$dir/settings" &&
        settings_of "$(dirname "$0")/../../packaging/systemd/examples/lan-printer.conf" | cmp -s - "$dir/settings"
}
refuses() { ! "$bin/loyalctl" devices allow "$@" >/dev/null 2>"$dir/refused" && [ ! -e "$dir/nothing" ]; }
check 'a drop-in allows one address' allows tcp:198.51.100.9:9100 198.51.100.9
check 'and of IPv6' allows 'tcp:[2001:db8::7]:9100' 2001:db8::7
check 'it says what to do next' grep -q 'daemon-reload' "$dir/allowed"
check 'a serial line needs none' refuses serial:/dev/ttyS0 "$dir/nothing"
check 'a name is no address' refuses tcp:printer:9100 "$dir/nothing"

# ---- loyalctl devices on lines of its own ----
# What is typed before the line is open is flushed, so each waits until the log says that it is.
opened() { [ "$(grep -c 'device is ready' "$1")" -ge "$2" ]; }
when_open() { # LOG TIMES COMMANDS...: types them once the line was opened so many times
    when_log=$1
    wait_for 15 opened "$when_log" "$2" || return 1
    shift 2
    for command in "$@"; do tell line "$command" >/dev/null; done
}

must 'a simulated decoder' plug_in line ssi
: >"$dir/found"
when_open "$dir/found" 1 'scan 4006381333931' &
"$bin/loyalctl" devices scan "tty:$dir/line" --seconds 20 >"$dir/found" 2>&1
wait $!
check 'devices scan finds SSI' grep -q '^family = ssi' "$dir/found"
check 'and writes its port' grep -q "^port = tty:$dir/line?baud=9600" "$dir/found"
sed 's/^/  /' "$dir/found"
stop line
must 'a simulated scanner' plug_in line ascii
: >"$dir/found"
(when_open "$dir/found" 1 'garbage 40 3' && when_open "$dir/found" 2 'scan 4006381333931') &
"$bin/loyalctl" devices scan "tty:$dir/line" --seconds 20 >"$dir/found" 2>&1
wait $!
check 'devices scan tries another speed after garbage' grep -q 'now at 115200 baud' "$dir/found"
check 'and finds the rest out' sh -c "grep -q '^framing = cr' '$dir/found' && grep -q '^code_ids = aim' '$dir/found'"
: >"$dir/recording"
when_open "$dir/recording" 1 'scan ]Q1v1.test' 'scan ]C04111111111111111' 'half ABC' &
"$bin/loyalctl" devices record "tty:$dir/line" "$dir/new.cap" --seconds 4 2>"$dir/recording"
wait $!
check 'record writes what was read' grep -q '^= scan \]Q1 v1.test' "$dir/new.cap"
check 'and no payment card' sh -c "! grep -q '34 31 31 31' '$dir/new.cap' && grep -q 'payment card was dropped' '$dir/new.cap'"
sed 's/^/  /' "$dir/new.cap"
check 'a capture is a test by copying it' env LOYALD_CAPTURES="$dir" "$bin/../tests/test_scanner_captures" --jobs 1
: >"$dir/testing"
when_open "$dir/testing" 1 'scan 4006381333931' &
"$bin/loyalctl" devices test-scan "tty:$dir/line" --seconds 10 >"$dir/tested" 2>"$dir/testing"
wait $!
check 'test-scan says what a code is' grep -q 'scan \]E0 4006381333931' "$dir/tested"
stop line
