#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The layer check refuses what it must: each case is a module made for it in a copy of the build files, configured, and held against the
# words of the refusal. usage: check.sh SOURCE_DIR CMAKE
set -eu
source=$1
cmake=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

mkdir -p "$work/agent/base" "$work/agent/low" "$work/agent/high" "$work/cmake"
cp "$source/cmake/Loyald.cmake" "$source/cmake/version.h.in" "$work/cmake/"
cat >"$work/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(layers VERSION 0 LANGUAGES C)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_SOURCE_DIR}/cmake")
include(GNUInstallDirs)
include(Loyald)
add_subdirectory(agent/base)
add_subdirectory(agent/low)
add_subdirectory(agent/high)
EOF
echo 'agent_library(base LAYER 0 SOURCES base.c)' >"$work/agent/base/CMakeLists.txt"
echo 'int base(void); int base(void) { return 0; }' >"$work/agent/base/base.c"
: >"$work/agent/base/clock.h"

# case NAME WORDS: configures; WORDS empty means that it must pass.
case_is() {
    rm -rf "$work/build"
    if "$cmake" -G Ninja -S "$work" -B "$work/build" >"$work/log" 2>&1; then outcome=passed; else outcome=refused; fi
    if [ -z "$2" ] && [ $outcome = passed ]; then
        echo "ok: $1"
    elif [ -n "$2" ] && [ $outcome = refused ] && tr '\n' ' ' <"$work/log" | tr -s ' ' | grep -qF "$2"; then
        echo "ok: $1"
    else
        echo "FAILED: $1: it $outcome; expected: ${2:-to pass}"
        cat "$work/log"
        failed=1
    fi
}

low() { printf '%s\n' "$1" >"$work/agent/low/CMakeLists.txt"; printf '%s\nint low;\n' "$2" >"$work/agent/low/low.c"; }
high() { printf '%s\n' "$1" >"$work/agent/high/CMakeLists.txt"; printf '%s\nint high;\n' "$2" >"$work/agent/high/high.c"; }

touch "$work/agent/low/low.h" "$work/agent/high/high.h"
low 'agent_library(low LAYER 1 SOURCES low.c DEPENDS base)' ''
high 'agent_library(high LAYER 2 SOURCES high.c DEPENDS low)' '#include "agent/low/low.h"'
case_is "a module above may include one below" ""

high 'agent_library(high LAYER 2 SOURCES high.c DEPENDS base)' '#include "agent/low/low.h"'
case_is "an include needs its DEPENDS" 'includes "agent/low/low.h", but high may include from'

low 'agent_library(low LAYER 2 SOURCES low.c DEPENDS base)' ''
high 'agent_library(high LAYER 2 SOURCES high.c DEPENDS low)' ''
case_is "one layer may not depend on itself" 'high (layer 2) depends on low (layer 2)'

low 'agent_library(low LAYER 1 SOURCES low.c DEPENDS base)' '#include "agent/high/high.h"'
high 'agent_library(high LAYER 2 SOURCES high.c DEPENDS low)' ''
case_is "an upward include is refused" 'includes "agent/high/high.h", but low may include from'

low 'agent_library(low LAYER 1 PURE SOURCES low.c DEPENDS base)' '#include <time.h>'
case_is "a pure module has no clock" 'includes <time.h>, but low is PURE'

low 'agent_library(low LAYER 1 PURE SOURCES low.c DEPENDS base)' '#include "agent/base/clock.h"'
case_is "a pure module uses the pure part of base only" 'includes "agent/base/clock.h", but low is PURE'

exit $failed
