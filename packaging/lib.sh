# SPDX-License-Identifier: Apache-2.0
# What demo.sh, test.sh and .ci/run share: packages, steps, the build. POSIX sh; root is set to the source tree.
#
# needs KIND...          installs the packages of packaging/packages.txt of these kinds, those that are missing only
# step "what" COMMAND    says what, runs quietly, says how long; on failure the end of its output and a stop
# build PRESET [TARGET]  configures when needed and builds
# copy_sources TO        the tree, as what is built of it is to find it; archive_sources writes it as tar; debian_sources TO: with the
#                        folder debian, for Debian's own tools

seconds_now() { date +%s; }

say() { printf '%s\n' "$*"; }

give_up() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Runs as root: as it is, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        give_up "this needs root for: $* -- run it as root, or install sudo"
    fi
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# The packages of these kinds that are not installed.
missing_packages() {
    for missing_kind in "$@"; do
        sed -n "s/^$missing_kind  *//p" "$root/packaging/packages.txt"
    done | sort -u | while read -r missing_name; do
        is_installed "$missing_name" || printf '%s ' "$missing_name"
    done
}

# A fresh machine may have no package lists, and one that is not fresh may have old ones: then once more.
install_packages() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" && return 0
    as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

needs() {
    command -v dpkg-query >/dev/null 2>&1 || {
        say "This is no Debian: the packages of packaging/packages.txt are taken to be there."
        return 0
    }
    needs_list=$(missing_packages "$@")
    [ -z "$needs_list" ] && return 0
    # shellcheck disable=SC2086 # words are meant to be parted
    step "Installing packages: $needs_list" install_packages $needs_list
}

step() {
    step_what=$1
    shift
    step_log=$(mktemp "${TMPDIR:-/tmp}/loyald-step.XXXXXX")
    step_began=$(seconds_now)
    printf '%s ... ' "$step_what"
    if "$@" >"$step_log" 2>&1; then
        say "$(($(seconds_now) - step_began)) s"
        rm -f "$step_log"
    else
        say "failed"
        tail -n 40 "$step_log" >&2
        give_up "$step_what: failed; all it said is in $step_log"
    fi
}

# Ninja itself configures anew when a CMake file changed.
configure() {
    [ -f "$root/build/$1/build.ninja" ] || (cd "$root" && cmake --preset "$1")
}

build() {
    build_preset=$1
    shift
    configure "$build_preset" && cmake --build "$root/build/$build_preset" ${1:+--target "$@"}
}

# What is under version control, as it stands now; all but the build folder where this is no checkout, though it may lie in one.
archive_sources() {
    if [ "$(git -C "$root" rev-parse --show-toplevel 2>/dev/null)" = "$(cd "$root" && pwd -P)" ]; then
        git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf -
    else
        tar -C "$root" --exclude=./build --exclude=./.git -cf - .
    fi
}
copy_sources() {
    mkdir -p "$1"
    archive_sources | tar -C "$1" -xf -
}
debian_sources() { copy_sources "$1" && cp -R "$1/packaging/deb" "$1/debian"; }
