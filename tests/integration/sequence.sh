#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random sequences of API calls against a small model (sequence.py). LOYALD_CALLS: so many; LOYALD_SEED: that run again.
command -v python3 >/dev/null || { echo 'skipped: python3 is not here'; exit 77; }
. "$(dirname "$0")/alone.sh"
start_alone
python3 "$(dirname "$0")/sequence.py" "$socket" "${LOYALD_CALLS:-3000}" || bad 'the till is not as its model'
