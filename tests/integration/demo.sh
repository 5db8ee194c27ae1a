#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo itself, as a newcomer runs it, in English and with faults of the scanner line.
LOYALD_BIN=$1 exec sh "$2/packaging/demo.sh" --language en --baskets 80 --faults 3 --seed 2
