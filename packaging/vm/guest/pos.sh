# SPDX-License-Identifier: Apache-2.0
# In the machine: a POS that sells for ever, and after a power cut asks about the sale whose answer it did not get, under the
# same name. Each sale that was confirmed to it is told to the host at once. usage: pos.sh FIRST_NUMBER, or pos.sh --one ID for one
# sale, without a word to the host.
. /opt/vm/shop.sh

api() { loyalctl api "$@" 2>/dev/null; }
# Also when what became of its slip is known since: printed, print_unknown, print_failed.
is_committed() { api GET "/v1/sales/$1" | grep -q '"state":"\(committed\|print[a-z_]*\)"'; }
sell() { # ID
    sell_total=$(api PUT "/v1/sales/$1" '{"lines":[{"line":1,"sku":"A100","qty_milli":2000,"unit_price_minor":9990}]}' |
        number total_minor)
    [ -n "$sell_total" ] && api POST "/v1/sales/$1/commit" "{\"expected_total_minor\":$sell_total}" | grep -q '"state":"committed"'
}

if [ "$1" = --one ]; then
    sell "$2"
    exit
fi
number_of_sale=$1
while :; do
    id=VM-$number_of_sale
    is_committed "$id" || sell "$id" || continue
    echo "$id" >/dev/virtio-ports/confirmed
    number_of_sale=$((number_of_sale + 1))
done
