#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A thousand slow connections and a thousand malicious ones at the socket and at the loopback port while sales go through: each call in time,
# descriptors bounded, nothing left behind. LOYALD_CONNECTIONS: so many of each.
command -v python3 >/dev/null || { echo 'skipped: python3 is not here'; exit 77; }
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
alone_conf="[api]
port = $port
[daemon]
log_level = error"
. "$(dirname "$0")/alone.sh"
start_alone
call_max_s=2
! grep -q __asan_init "$bin/loyald" || call_max_s=6
python3 "$(dirname "$0")/hostile.py" "$socket" "$port" "$(cat "$work/till/api.token")" "$till" "${LOYALD_CONNECTIONS:-1000}" "$call_max_s" ||
    bad 'hostile connections'
