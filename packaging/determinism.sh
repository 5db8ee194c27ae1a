#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The same digests from every compiler, optimisation and machine: builds the engine and loyalctl's evaluate and refund with gcc and clang,
# -O0 and -O3, and for 32-bit ARM (run under qemu-user), and compares what all text cases of tests/vectors come to, and what the two commands
# write. What a machine lacks (clang, the cross compiler, qemu, the libraries of armhf) is left out in words.
#   packaging/determinism.sh BUILD_DIR [ctest]    (that has tests/vectors_export; ctest: as the test engine_digests)
# Exit status: 0 all the same, 1 not, 2 wrong usage, 77 nothing to compare with.
set -eu

[ "${2:-}" = ctest ] && [ "${LOYALD_DETERMINISM:-}" = stage ] && {
    echo "skipped: .ci/run has a stage for it"
    exit 77
}
root=$(cd "$(dirname "$0")/.." && pwd)
export_cases=${1:-}/tests/vectors_export
[ -x "$export_cases" ] || {
    echo "usage: packaging/determinism.sh BUILD_DIR: there is no $export_cases; build vectors_export" >&2
    exit 2
}
export_cases=$(cd "$(dirname "$export_cases")" && pwd)/vectors_export
mkdir -p "$root/build/determinism"
work=$root/build/determinism
cd "$root"

# What engine, evaluate and refund are made of, with the templates that a bundle is checked for: no daemon, no database, no
# network. Of base all but what reads configurations and certificates.
sources="tests/vectors/evaluations.c agent/tools/evaluate.c agent/tools/refund.c agent/tools/lines.c agent/tools/histogram.c
    $(ls agent/base/*.c | grep -v 'config\|cli\.c\|x509')
    $(ls agent/engine/*.c agent/codes/*.c agent/receipt/*.c)"
cases=$work/cases.jsonl
"$export_cases" >"$cases"

# A bundle with its sales in one file each, for the commands: the case with the most promotions.
sed -n 's/^{"case":"trace-every-reason","bundle":\(.*\),"sale":\({.*}\)}$/\1/p' "$cases" >"$work/bundle.json"
sed -n 's/^{"case":"trace-every-reason","bundle":\(.*\),"sale":\({.*}\)}$/\2/p' "$cases" >"$work/sale.jsonl"
[ -s "$work/bundle.json" ] && [ -s "$work/sale.jsonl" ] || {
    echo "the case trace-every-reason is not in the export" >&2
    exit 1
}
sed -n 's/^.*,"sale":\({.*}\)}$/\1/p' "$cases" | grep -v '"returns":' >>"$work/sale.jsonl"
sed -n 's/^.*,"returns":\[\(.*\)\]}$/\1/p' "$cases" >"$work/returns.jsonl"

# build NAME LIBRARIES COMPILER FLAGS...: the program build/determinism/NAME/evaluations.
build() {
    build_dir=$work/$1 build_libraries=$2
    shift 2
    mkdir -p "$build_dir"
    rm -f "$build_dir"/*.o # a source that is no longer one must not stay in it
    # shellcheck disable=SC2016 # the inner shell expands them
    printf '%s\n' $sources | xargs -P 2 -I '{}' sh -c 'object=$1/$(echo "$2" | tr / _).o source=$2
        shift 2
        exec "$@" -std=c17 -D_GNU_SOURCE -I. -isystem /usr/include/cjson -c "$source" -o "$object"' sh "$build_dir" '{}' "$@"
    # shellcheck disable=SC2086 # words are meant to be parted
    "$@" "$build_dir"/*.o $build_libraries -o "$build_dir/evaluations"
}

# run NAME COMMAND...: what that build says to the cases, and to the lines of the two commands.
run() {
    run_name=$1
    shift
    "$@" <"$cases" >"$work/$run_name.cases"
    "$@" evaluate "$work/bundle.json" <"$work/sale.jsonl" >"$work/$run_name.evaluate" || [ $? = 1 ]
    "$@" refund "$work/bundle.json" <"$work/returns.jsonl" >"$work/$run_name.refund" || [ $? = 1 ]
    echo "worked out: $run_name"
}

# same NAME: as the first one did.
first=
compared=0
failed=0
same() {
    if [ -z "$first" ]; then
        first=$1
        return
    fi
    for same_what in cases evaluate refund; do
        cmp -s "$work/$first.$same_what" "$work/$1.$same_what" && continue
        echo "DIFFERENT: $first and $1, in $same_what:"
        diff "$work/$first.$same_what" "$work/$1.$same_what" | cut -c1-300 | head -n 6
        failed=1
    done
    compared=$((compared + 1))
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null 2>&1 || {
        echo "left out: $compiler is not installed"
        continue
    }
    for level in 0 3; do
        build $compiler-O$level "-lcjson -lmbedcrypto -lz" $compiler -O$level
        run $compiler-O$level "$work/$compiler-O$level/evaluations"
        same $compiler-O$level
    done
done

# The libraries of armhf, unpacked beside: the machine's own packages stay as they are. apt keeps lists of its own for it.
arm=$work/armhf/usr/lib/arm-linux-gnueabihf
arm_lib=$work/armhf/lib/arm-linux-gnueabihf
arm_libraries() {
    [ -e "$arm/libmbedcrypto.so.7" ] && [ -e "$arm_lib/libz.so.1" ] && return 0
    command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || return 1
    mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/armhf"
    arm_apt="-o APT::Architecture=armhf -o APT::Architectures=armhf -o Dir::State::lists=$work/apt/lists -o Dir::State::status=/dev/null
        -o Dir::Cache=$work/apt -o APT::Sandbox::User=root"
    # shellcheck disable=SC2086 # words are meant to be parted
    (
        cd "$work/apt"
        apt-get $arm_apt update -q >/dev/null 2>&1 || true # one list of several may fail; the download says whether it matters
        apt-get $arm_apt download -q libcjson1:armhf libmbedcrypto7:armhf zlib1g:armhf >/dev/null 2>&1
    ) || return 1
    for package in "$work"/apt/*.deb; do dpkg-deb -x "$package" "$work/armhf"; done
    [ -e "$arm/libmbedcrypto.so.7" ] && [ -e "$arm_lib/libz.so.1" ]
}

if ! command -v arm-linux-gnueabihf-gcc >/dev/null 2>&1 || ! command -v qemu-arm >/dev/null 2>&1; then
    echo "left out: 32-bit ARM; gcc-arm-linux-gnueabihf and qemu-user are not installed"
elif ! arm_libraries; then
    echo "left out: 32-bit ARM; libcjson1, libmbedcrypto7 and zlib1g of armhf cannot be had"
else
    mkdir -p "$work/include"
    ln -sfn /usr/include/mbedtls "$work/include/mbedtls"
    ln -sfn /usr/include/cjson "$work/include/cjson"
    ln -sfn /usr/include/zlib.h "$work/include/zlib.h"
    ln -sfn /usr/include/zconf.h "$work/include/zconf.h"
    for level in 0 3; do
        build arm-O$level "$arm/libcjson.so.1 $arm/libmbedcrypto.so.7 $arm_lib/libz.so.1" arm-linux-gnueabihf-gcc -O$level -isystem "$work/include"
        run arm-O$level qemu-arm -L /usr/arm-linux-gnueabihf -E "LD_LIBRARY_PATH=$arm:$arm_lib" "$work/arm-O$level/evaluations"
        same arm-O$level
    done
fi

[ $compared -gt 0 ] || {
    echo "skipped: there is one compiler only, and no other machine"
    exit 77
}
[ $failed = 0 ] && echo "$(wc -l <"$cases") cases, $(wc -l <"$work/sale.jsonl") sales and $(wc -l <"$work/returns.jsonl") returns by lines: $compared builds" \
    "say what $first says, byte by byte"
exit $failed
