#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Enrolment without hands: the office's code in a file of the state directory, there before the till's first start.
. "$(dirname "$0")/common.sh"

enrolled() { ctl api GET /v1/health | grep -q '"enrolled":true'; }
is_gone() { [ ! -e "$1" ]; }

must 'the chain is made' make_chain "$demo/members.csv"
must 'the devices are there' start_devices
mkdir -p "$dir/till"
echo 'AAAA-AAAA' >"$dir/till/enrol.code"
must 'loyald starts' start_till
must 'loyald-sync starts' start_courier
check 'a code that is none is set aside' wait_for 20 test -e "$dir/till/enrol.code.refused"
check 'it is not asked again' is_gone "$dir/till/enrol.code"
check 'the reason is in the log' grep -q 'enrol: the code in .* is refused: ' "$dir/log/till.log"
stop central
central till code demo S12 3 >/dev/null 2>&1 && bad 'a central that is away gave out a code'
must 'the central starts again' start_central
central till code demo S12 3 >"$dir/till/enrol.code.new"
stop central
mv "$dir/till/enrol.code.new" "$dir/till/enrol.code"
check 'without a link the file waits' wait_for 20 grep -q 'enrolment failed' "$dir/log/till.log"
check 'it stays' test -e "$dir/till/enrol.code"
must 'the central starts again' start_central
check 'the till is enrolled' wait_for 90 enrolled
check 'the code is removed' wait_for 5 is_gone "$dir/till/enrol.code"
