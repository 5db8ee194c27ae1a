#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# coverage.sh [CASES] - the branch coverage of the code that decides money, spreading, points and returns: builds what
# it needs of the preset "coverage", runs the unit tests, the vectors and CASES random cases (2000) of tests/oracle, and
# prints per file how many of its branches went both ways, then each that did not. Exit status 1 if there are any, or if
# a test failed; 2 if nothing could be measured.
set -eu
cd "$(dirname "$0")/.."
cases=${1:-2000}
failed=0
build=build/coverage
sources="agent/base/money.c agent/base/int_math.c"
for name in spread units redeem points refund; do
    sources="$sources $(echo agent/engine/$name*.c)"
done

# What a failed test ran counts all the same.
run() {
    "$@" >$build/coverage.log 2>&1 || {
        failed=1
        echo "coverage.sh: $1 failed:"
        tail -5 $build/coverage.log
    }
}

cmake --preset coverage >/dev/null
tests="test_base_money test_base_int_math test_engine test_engine_best test_engine_refund test_engine_memory test_vectors"
cmake --build $build -j"$(nproc)" --target oracle_compare oracle_properties $tests >$build/coverage.log || {
    tail -20 $build/coverage.log
    exit 2
}
find $build -name '*.gcda' -delete
for test in $tests; do
    run $build/tests/$test --jobs 1
done
export LOYALD_SEED=1 LOYALD_CASES="$cases"
run $build/tests/oracle_compare
LOYALD_CASES=$((cases / 5))
run $build/tests/oracle_properties

rm -rf $build/gcov && mkdir -p $build/gcov
list=$build/gcov/branches
: >$list
for source in $sources; do
    object=$(find $build -name "$(basename "$source").gcda" -path "*$(dirname "$source")*" | head -1)
    [ -n "$object" ] || { echo "$source: never ran"; exit 2; }
    (cd $build && gcov -b -c -t "${object#"$build"/}" 2>/dev/null) |
        awk -v source="$source" -v list=$list '
            /^ *-: *0:Source:/ { here = index($0, source) > 0 }
            !here { next }
            /^ *[-#=0-9*]+: *[0-9]+:/ { split($0, part, ":"); line = part[2] + 0; text = $0; sub(/^[^:]*:[^:]*:/, "", text) }
            /^branch/ && !/\(throw\)/ {
                all++
                if (/taken 0|never executed/) { missing++; print source ":" line ": " text > list ".part" }
            }
            END { if (!all) exit 2; printf "%-34s %5d of %5d branches, %6.2f %%\n", source, all - missing, all, 100 * (all - missing) / all }'
    if [ -f $list.part ]; then cat $list.part >>$list; rm $list.part; fi
done
[ -s $list ] || exit $failed
echo "not taken:"
sed 's/^/  /' $list
exit 1
