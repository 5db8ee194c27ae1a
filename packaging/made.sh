#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is made by the programs and kept in the tree: the option lists of the man pages, the sample configurations, the
# page of codes. It can be made anew after a change, and a test compares it, so that it never tells of another program.
#   packaging/made.sh BUILD_DIR [--check] [WHAT]...    WHAT: man etc errors log; none is all of them
# Exit status: 0 written, or current; 1 not current, or failed; 2 wrong usage.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] && [ -d "$1/bin" ] || {
    echo "usage: packaging/made.sh BUILD_DIR [--check] [man|etc|errors|log]...: $1 has no folder bin" >&2
    exit 2
}
build=$1
shift
check=no
[ "${1:-}" = --check ] && check=yes && shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0

# settle FILE: $work/new is what FILE must be.
settle() {
    if [ $check = no ]; then
        cmp -s "$work/new" "$root/$1" || {
            cp "$work/new" "$root/$1"
            echo "written: $1"
        }
    elif diff -u "$root/$1" "$work/new"; then
        echo "current: $1"
    else
        echo "NOT CURRENT: $1; run packaging/made.sh BUILD_DIR and commit what it writes"
        code=1
    fi
}

# The list stands between two comments, the rest of the page is written by hand.
man_page() { # FILE PROGRAM
    "$build/bin/$2" --man-options >"$work/list"
    grep -q '^\.\\" options: ' "$root/$1" && grep -q '^\.\\" end of options' "$root/$1" || {
        echo "$1: has no place for the options" >&2
        exit 1
    }
    awk -v list="$work/list" '
        /^\.\\" end of options/ { inside = 0 }
        !inside { print }
        /^\.\\" options: / { inside = 1; while ((getline line < list) > 0) print line }
    ' "$root/$1" >"$work/new"
    settle "$1"
}

[ $# -gt 0 ] || set -- man etc errors log
for what in "$@"; do
    case $what in
    man)
        man_page packaging/man/loyald.conf.5 loyald
        man_page packaging/man/loyald-sync.conf.5 loyald-sync
        man_page packaging/man/loyal-central.conf.5 loyal-central
        man_page packaging/man/loyalctl.1 loyalctl
        ;;
    etc)
        for program in loyald loyald-sync loyal-central; do
            "$build/bin/$program" --sample-config >"$work/new"
            settle packaging/etc/$program.conf
        done
        ;;
    errors)
        "$build/tests/errors_md" >"$work/new"
        settle docs/errors.md
        ;;
    log)
        command -v python3 >/dev/null || { echo 'left out: docs/log.md, for want of python3'; continue; }
        [ $check = yes ] || python3 "$root/packaging/log_codes.py" "$root" number
        python3 "$root/packaging/log_codes.py" "$root" list >"$work/new" || code=1
        settle docs/log.md
        ;;
    *)
        echo "made.sh: what is \"$what\"?" >&2
        exit 2
        ;;
    esac
done
exit $code
