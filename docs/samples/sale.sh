#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A whole sale in curl: basket, payment, close; prints the total and the state.
set -eu
S=${LOYALD_SOCKET:-/run/loyald/api.sock}
SALE=${1:-curl-$(date +%s)-$$}
ask() { curl -sS --fail-with-body --unix-socket "$S" -X "$1" "http://localhost/v1/sales/$SALE$2" ${3:+-d "$3"}; }
field() { grep -o "\"$1\":[^,}]*" | head -n 1 | cut -d : -f 2 | tr -d '"'; }

ask PUT '' '{"cashier":"7","lines":[
  {"line":1,"sku":"A100","name":"Coffee","qty_milli":2000,"unit_price_minor":9990},
  {"line":2,"sku":"B7","name":"Apples","qty_milli":1240,"unit_price_minor":8900,"sold_by":"weight"}]}' >/dev/null
TOTAL=$(ask POST /tender '{"tenders":["card"]}' | field total_minor)
# ... the shopper pays TOTAL; an answer that was lost is asked for again by the same call ...
ask POST /commit '{"expected_total_minor":'"$TOTAL"',"tenders":[{"kind":"card","amount_minor":'"$TOTAL"'}]}' >/dev/null
echo "$TOTAL $(ask GET '' | field state)"
