#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The alerts and the dashboard ask for metrics that there are. usage: monitoring.sh SOURCE_DIR
set -u
cd "$1" || exit 1
failed=0
names=$(sed -n 's/^ *{"\([a-z0-9_]*\)", "\(gauge\|counter\)".*/\2 loyald_\1/p' agent/api/metrics.c |
    sed 's/^counter \(.*\)/\1_total/; s/^gauge //')
[ "$(echo "$names" | wc -l)" -ge 15 ] || { echo 'FAILED: the table of metrics.c was not understood'; failed=1; }
for file in packaging/monitoring/loyald.rules.yml packaging/monitoring/grafana-tills.json; do
    for used in $(grep -o 'loyald_[a-z0-9_]*' "$file" | sort -u); do
        case "$used" in loyald_build_info | loyald_device_up) continue ;; esac
        echo "$names" | grep -qx "$used" || { echo "FAILED: $file: there is no metric $used"; failed=1; }
    done
done
python3 -c 'import json,sys; json.load(open(sys.argv[1]))' packaging/monitoring/grafana-tills.json || failed=1
[ $failed -eq 0 ] && echo 'ok: alerts and dashboard'
exit $failed
