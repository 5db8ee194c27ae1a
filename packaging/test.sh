#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is needed, builds (preset dev, or the one named) and runs all tests; a second run does no work again.
#   packaging/test.sh [PRESET] [CTEST OPTIONS]
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/packaging/lib.sh"

preset=dev
case ${1:-} in
--help)
    sed -n 's/^# \{0,1\}//; 3,4p' "$0"
    exit 0
    ;;
'' | -*) ;;
*)
    preset=$1
    shift
    ;;
esac

needs build test
step "Building, preset $preset" build "$preset"
say "Testing, preset $preset"
cd "$root/build/$preset"
exec ctest --output-on-failure --timeout 300 -j 2 "$@"
