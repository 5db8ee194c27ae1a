#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# schema/api/office.openapi.yaml against the running central of a shop that sold: every route, every operation called, every answer's shape.
python3 -c 'import jsonschema, yaml' 2>/dev/null || { echo 'skipped: python3 with jsonschema and yaml is not here'; exit 77; }
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tills.sh"
card=2900010000022
parcel() { # VERSION [MORE]: a bundle as publishBundle takes it
    sed "s/\"version\": *[0-9]*/\"version\": $1/" "$demo/bundle-1.json" >"$dir/bundle-$1.json" &&
        "$bin/loyal-central" bundle sign --key "$dir/office.pem" --chain demo --out "$dir/$1.signed" "$dir/bundle-$1.json" >>"$dir/log/setup.log" &&
        tr -d '\n' <"$dir/$1.signed" | sed "s/}\$/${2:-}}/" && echo && cat "$dir/bundle-$1.json"
}
begin
must 'points may be set aside' central points set demo bonus --lease-cap 2000 >>"$dir/log/setup.log"
for sale in a b c; do must 'a member buys' buy till $sale; done
for who in anna boris; do must 'keys are made' "$bin/loyal-central" key create --out "$dir/$who.pem" >>"$dir/log/setup.log"; done
must 'a root is made' "$bin/loyal-central" root create demo root+="$dir/anna.pub.pem" root+="$dir/boris.pub.pem" rules+="$dir/office.pub.pem" \
    timestamp+="$dir/central/timestamp.pub.pem" --out "$dir/root.json" >>"$dir/log/setup.log"
for who in anna boris office; do must 'it is signed' "$bin/loyal-central" root sign --key "$dir/$who.pem" "$dir/root.json" >>"$dir/log/setup.log"; done
parcel 2 >"$dir/parcel"
parcel 3 ',"rollout":{"rings":[{"name":"all","share_bp":10000}]}' >"$dir/rollout"
all_is_booked() { [ "$(central totals --json | number sales)" = 3 ]; }
must 'all of it is booked' wait_for 30 all_is_booked
fleet_is_told() { central fleet --json | grep -q '"devices":"2 ready"'; }
must 'the till told how it is' wait_for 30 fleet_is_told
check 'the link goes' stop courier
must 'one more sale, that waits' buy till d
must 'it is exported' ctl export-unsynced "$dir/export.jsonl" >>"$dir/log/setup.log"
python3 "$(dirname "$0")/office_openapi.py" "$demo/../../schema/api/office.openapi.yaml" "$demo/../../sync/central/admin_server.c" \
    "$dir/central/admin.sock" "$dir" || bad 'the document and the server differ'
