#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who signs limits for spending without a link sees first what it can come to, in money, and says that he takes it. usage: exposure.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
source=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/loyald-exposure.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
failed=0
central() { "$bin/loyal-central" --state-dir "$work/central" "$@"; }
# says STATUS WORDS COMMAND...: ends so, and says that
says() {
    wanted=$1 words=$2
    shift 2
    central "$@" >"$work/said" 2>&1
    code=$?
    if [ $code = "$wanted" ] && grep -q -- "$words" "$work/said"; then
        echo "ok: $words"
    else
        echo "FAILED: exit status $code, wanted $wanted and \"$words\": $*"
        cat "$work/said"
        failed=1
    fi
}
sed 's|"guards"|"offline": {"f_sale": 5000, "f_member": 10000, "e_device": 500000, "sales_max": 20, "hours_max": 24}, "guards"|' \
    "$source/packaging/demo/bundle-1.json" >"$work/rules.json"
grep -q '"offline"' "$work/rules.json" || exit 1
central key create --out "$work/office.pem" >/dev/null || exit 1
sign="bundle sign --key $work/office.pem --chain demo --out $work/signed $work/rules.json"

says 1 'no server runs here to say how many tills' $sign
says 1 'no till is enrolled yet' $sign --tills 0
says 1 'each till may spend 1000.00 RUB .* one member 100.00 at each till; 3000 tills at once: at worst 3000000.00 RUB' $sign --tills 3000
says 1 'not signed: to take that risk say --accept-exposure 300000000' $sign --tills 3000 --accept-exposure 299999999
[ ! -e "$work/signed" ] || { echo 'FAILED: it was signed all the same'; failed=1; }
says 0 'signed for chain demo' $sign --tills 3000 --accept-exposure 300000000
says 0 'signed for chain demo' bundle sign --key "$work/office.pem" --chain demo --out "$work/signed" "$source/packaging/demo/bundle-1.json"
exit $failed
