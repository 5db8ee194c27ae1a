#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What all five programs share: --help, --version, --config, --state-dir, an error that names file, line and key, and a clean stop on
# SIGTERM. usage: contract.sh BIN_DIR VERSION
set -u
bin=$1
version=$2
work=$(mktemp -d)
pids=
failed=0
trap 'for p in $pids; do kill "$p" 2>/dev/null; done; rm -rf "$work"' EXIT

ok() { echo "ok: $*"; }
bad() { echo "FAILED: $*"; failed=1; }

# has TEXT FILE WHAT
has() { if grep -qF -- "$1" "$2"; then ok "$3"; else bad "$3: expected \"$1\" in:"; cat "$2"; fi; }

# exits STATUS WHAT COMMAND...
exits() {
    want=$1 what=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ "$got" = "$want" ]; then ok "$what"; else bad "$what: exit status $got, expected $want"; cat "$work/out" "$work/err"; fi
}

for program in loyald loyald-sync loyalctl loyal-central loyal-sim; do
    exits 0 "$program --help" "$bin/$program" --help
    has -- "$work/out" "$program --help speaks of its options"
    exits 0 "$program --version" "$bin/$program" --version
    has "$program $version" "$work/out" "$program --version names itself"
    exits 2 "$program refuses an unknown option" "$bin/$program" --no-such-option
    device=
    [ $program = loyal-sim ] && device=scanner # each simulated device has settings of its own
    exits 0 "$program $device --sample-config" "$bin/$program" $device --sample-config
done

# wrong FILE_TEXT WORDS COMMAND...: the message names file, line and key
wrong() {
    printf '%b' "$1" >"$work/wrong.conf"
    words=$2 what=$3
    shift 3
    "$@" --config "$work/wrong.conf" --state-dir "$work/state" >"$work/out" 2>&1 </dev/null
    [ $? -ne 0 ] && ok "$what: refused" || bad "$what: was taken"
    has "$work/wrong.conf:$words" "$work/out" "$what: says where"
}
wrong '[api]\nport = 99999\n' '2: [api] port' "loyald, out of range" "$bin/loyald"
wrong '# one\n[api]\nprot = 1\n' '3: [api] prot' "loyald, unknown key" "$bin/loyald"
wrong '[nothing]\nport = 1\n' '' "loyald, unknown section" "$bin/loyald"
wrong '[central]\nurl = x\nnope = 1\n' '3: [central] nope' "loyald-sync, unknown key" "$bin/loyald-sync"
wrong '[scanner]\nbuad = 1\n' '2: [scanner] buad' "loyal-sim, unknown key" "$bin/loyal-sim" scanner --link "$work/s" --control "$work/c"
wrong '[loyald]\nsokcet = 1\n' '2: [loyald] sokcet' "loyalctl, unknown key" "$bin/loyalctl" status
wrong '[central]\nlisten_port = abc\n' '2: [central] listen_port' "loyal-central, no number" "$bin/loyal-central" serve

# is_there WORD NAME: the word on the program's output, or the file when it is a path
is_there() { case $1 in /*) [ -e "$1" ] ;; *) grep -q -- "$1" "$work/$2.log" ;; esac }

# stops NAME WORD COMMAND...: waits for WORD, sends SIGTERM, expects exit status 0
stops() {
    name=$1 word=$2
    shift 2
    "$@" >"$work/$name.log" 2>&1 </dev/null &
    pid=$!
    pids="$pids $pid"
    tries=0
    until is_there "$word" "$name" || [ $tries -ge 200 ]; do
        tries=$((tries + 1))
        kill -0 $pid 2>/dev/null || break
        sleep 0.05
    done
    kill -TERM $pid
    wait $pid
    got=$?
    if [ $got = 0 ]; then ok "$name stops cleanly on SIGTERM"; else bad "$name: exit status $got after SIGTERM"; cat "$work/$name.log"; fi
}
printf '[api]\nport = 0\n' >"$work/loyald.conf"
stops loyald ready "$bin/loyald" --state-dir "$work/till" --config "$work/loyald.conf"
printf '[central]\nurl = https://localhost:1\nca_file = %s\n[daemon]\nsocket = %s\n' "$work/central/ca.pem" "$work/none.sock" >"$work/sync.conf"
exits 0 "loyal-central init" "$bin/loyal-central" init --state-dir "$work/central" --host localhost
exits 1 "loyal-central init does not overwrite" "$bin/loyal-central" init --state-dir "$work/central" --host localhost
stops loyald-sync started "$bin/loyald-sync" --state-dir "$work/sync" --config "$work/sync.conf"
printf '[central]\nlisten_host = 127.0.0.1\nlisten_port = 0\n' >"$work/central.conf"
stops loyal-central ready "$bin/loyal-central" serve --state-dir "$work/central" --config "$work/central.conf"
stops loyal-sim "$work/scanner.ctl" "$bin/loyal-sim" scanner --link "$work/scanner0" --control "$work/scanner.ctl"

# one state directory, one daemon
"$bin/loyald" --state-dir "$work/till" --config "$work/loyald.conf" >"$work/first.log" 2>&1 &
first=$!
pids="$pids $first"
tries=0
until grep -q ready "$work/first.log" || [ $tries -ge 200 ]; do tries=$((tries + 1)); sleep 0.05; done
exits 1 "a second loyald on the same state directory is refused" "$bin/loyald" --state-dir "$work/till" --config "$work/loyald.conf"
has "pid $first" "$work/err" "and is told the first one's pid"

[ $failed = 0 ] && echo "all programs keep the contract"
exit $failed
