#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# schema/api/central.openapi.yaml against the running central, by a till that was written from docs/protocol.md alone: every route, every
# operation called, every answer's shape and MAC.
python3 -c 'import jsonschema, yaml' 2>/dev/null || { echo 'skipped: python3 with jsonschema and yaml is not here'; exit 77; }
command -v openssl >/dev/null || { echo 'skipped: openssl is not here'; exit 77; }
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tills.sh"
card=2900010000022
begin
must 'points may be set aside' central points set demo bonus --lease-cap 2000 >>"$dir/log/setup.log"
must 'a member buys' buy till w1
booked() { [ "$(central totals --json | number sales)" = 1 ]; }
must 'that is booked' wait_for 30 booked
for who in anna boris; do must 'keys are made' "$bin/loyal-central" key create --out "$dir/$who.pem" >>"$dir/log/setup.log"; done
must 'a root is made' "$bin/loyal-central" root create demo root+="$dir/anna.pub.pem" root+="$dir/boris.pub.pem" rules+="$dir/office.pub.pem" \
    timestamp+="$dir/central/timestamp.pub.pem" --out "$dir/root.json" >>"$dir/log/setup.log"
for who in anna boris office; do must 'it is signed' "$bin/loyal-central" root sign --key "$dir/$who.pem" "$dir/root.json" >>"$dir/log/setup.log"; done
must 'it is published' central root publish "$dir/root.json" >>"$dir/log/setup.log"
mkdir "$dir/own"
python3 "$(dirname "$0")/till_openapi.py" "$2/schema/api/central.openapi.yaml" "$2" "$central_port" "$dir/central/ca.pem" \
    "$(central till code demo S12 9)" w1 "$dir/own" || bad 'the document and the server differ'
