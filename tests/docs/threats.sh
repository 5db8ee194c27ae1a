#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each proof that the threat table of docs/security-model.md names is a test of this tree or a stage of .ci/run. usage: threats.sh BUILD_DIR SOURCE_DIR
set -u
page=$2/docs/security-model.md
tests=$(cd "$1" && ctest --show-only | sed -n 's/^ *Test *#[0-9]*: //p')
failed=0
proofs=$(sed -n '/^## Threats/,/^## A key/s/^| .* | .* | \(.*\) |$/\1/p' "$page" | grep -o '`[a-z_*]*`' | tr -d '`' | sort -u)
[ "$(printf '%s\n' "$proofs" | wc -l)" -ge 10 ] || {
    echo 'FAILED: the table was not understood'
    failed=1
}
for proof in $proofs; do
    pattern=$(printf '%s' "$proof" | sed 's/\*/.*/g')
    printf '%s\n' "$tests" | grep -q "^$pattern" || grep -q "^stage $proof " "$2/.ci/run" || grep -q "^    stage $proof " "$2/.ci/run" || {
        echo "FAILED: no test and no stage is called $proof"
        failed=1
    }
done
[ $failed -eq 0 ] && echo "ok: $(printf '%s\n' "$proofs" | wc -l) proofs are there"
exit $failed
