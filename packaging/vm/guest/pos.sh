# SPDX-License-Identifier: Apache-2.0
# In the machine: a POS that sells for ever, and after a power cut asks about the sale whose answer it did not get, under the
# same name. Each sale that was confirmed to it is told to the host at once. usage: pos.sh FIRST_NUMBER, or pos.sh --one ID for one
# sale, without a word to the host.
. /opt/vm/shop.sh

api() { loyalctl api "$@" 2>/dev/null; }
# Also when what became of its slip is known since: printed, print_unknown, print_failed.
is_committed() { api GET "/v1/sales/$1" | grep -q '"state":"\(committed\|print[a-z_]*\)"'; }

if [ "$1" = --one ]; then
    sell_one "$2"
    exit
fi
number_of_sale=$1
while :; do
    id=VM-$number_of_sale
    is_committed "$id" || sell_one "$id" || continue
    echo "$id" >/dev/virtio-ports/confirmed
    number_of_sale=$((number_of_sale + 1))
done
