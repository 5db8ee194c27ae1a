#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each option of a program's --help is in its man page, and the other way round; each command of the help too; what a
# page refers to is there. usage: man.sh BIN_DIR SOURCE_DIR
set -u
bin=$1
cd "$2/packaging/man" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

bad() {
    echo "FAILED: $*"
    failed=1
}

# options_of PAGE: "Fl -name", and names that follow in the same macro line.
options_of() {
    sed -n 's/^\(\.It \)\{0,1\}\.\{0,1\}\(.*Fl -.*\)/\2/p' "$1" | tr ' ' '\n' | sed -n 's/^-\([a-z][a-z-]*\)$/--\1/p' |
        sort -u
}

same_options() { # PAGE PROGRAM [DEVICE...]
    page=$1 program=$2
    shift 2
    "$bin/$program" --help >"$work/help"
    for device in "$@"; do "$bin/$program" "$device" --help >>"$work/help"; done
    grep -o -- '--[a-z][a-z-]*' "$work/help" | sort -u >"$work/said"
    options_of "$page" >"$work/written"
    diff "$work/said" "$work/written" >"$work/diff" && echo "ok: options of $page" && return
    bad "$page: options differ (<: in --help only, >: in the page only)"
    cat "$work/diff"
}
same_options loyald.8 loyald
same_options loyald-sync.8 loyald-sync
same_options loyal-central.8 loyal-central
same_options loyalctl.1 loyalctl
same_options loyal-sim.1 loyal-sim scanner printer display shop tell

# has PAGE TEXT: as a reader sees it, spaces and line ends made one.
commands() { # PAGE COMMAND...
    page=$1
    shift
    for command in "$@"; do
        grep -q "^\.It Cm $command\( \|\$\)" "$page" || bad "$page: the command \"$command\" is not explained"
    done
}
commands loyal-central.8 $("$bin/loyal-central" --help | sed -n 's/^  \(init\|serve\|restored\) .*/\1/p')
"$bin/loyal-central" --help | sed -n '/^set up/,/^options/p' | tr '|' '\n' |
    sed -n 's/^ *\([a-z][a-z]*\( key\)\{0,1\} \(add\|create\|list\|code\|revoke\|import\|show\|check\|sign\|publish\)\)\( .*\)\{0,1\}$/\1/p' >"$work/commands"
echo totals >>"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 18 ] || bad "the commands of loyal-central --help were not understood"
while read -r command; do commands loyal-central.8 "$command"; done <"$work/commands"
"$bin/loyalctl" --help | sed -n 's/^  loyalctl \([a-z][a-z]*\( show\| copy\| check\)\{0,1\}\) .*/\1/p' >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 9 ] || bad "the commands of loyalctl --help were not understood"
while read -r command; do commands loyalctl.1 "$command"; done <"$work/commands"

# Pages of ours that are referred to.
for page in *.[1-8]; do
    sed -n 's/^\.Xr \(loyal[a-z.-]*\) \([1-8]\).*/\1.\2/p' "$page" | sort -u | while read -r other; do
        [ -f "$other" ] || echo "$other"
    done >"$work/missing"
    [ -s "$work/missing" ] && bad "$page refers to $(cat "$work/missing")"
    case $page in *.5) continue ;; esac
    for section in 'EXIT STATUS' FILES EXAMPLES; do
        [ "$page $section" = 'loyal-sim.1 FILES' ] || grep -q "^\.Sh $section" "$page" || bad "$page: no section $section"
    done
done
[ $failed = 0 ] && echo "the man pages agree with the programs"
exit $failed
