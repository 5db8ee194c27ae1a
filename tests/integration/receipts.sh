#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo on real receipts, where they are at hand: LOYALD_SHARED names a folder with data/completejourney and
# data/onlineretail in it. Exit status 77: skipped.
data=${LOYALD_SHARED:-/nowhere}/data
if [ ! -r "$data/completejourney/transaction_lines.csv.gz" ]; then
    echo "skipped: LOYALD_SHARED names no folder with data/completejourney in it"
    exit 77
fi
LOYALD_BIN=$1 exec sh "$2/packaging/demo.sh" --data "$data" --baskets 200
