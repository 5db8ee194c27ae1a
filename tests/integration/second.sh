#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A second loyald on the same state directory is refused with the first one's pid; the first sells on. After a kill -9
# the lock is free again.
. "$(dirname "$0")/common.sh"
must 'the devices are there' start_devices
must 'loyald starts' start_till
first=$(pid_of till)
"$bin/loyald" --config "$dir/loyald.conf" --state-dir "$dir/till" >"$dir/second" 2>&1
check 'the second ends with 1' test $? -eq 1
check "it names the pid of the first" grep -q "$first" "$dir/second"
cat "$dir/second"
check 'the first sells on' sell --baskets 3
check 'all are sold' is sales 3
kill_now till
check 'after a kill it starts again' start_till
check 'and stops on SIGTERM with 0' stop till
