#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A signed apt repository of our packages, to be served by any web server. Its suites are the rings of a roll-out: what proved
# itself in one is promoted to the next.
#
#   packaging/repo.sh add DIR SUITE KEY PACKAGE.deb...   makes DIR when it is not there, and adds; KEY signs (gpg -K shows keys)
#   packaging/repo.sh promote DIR FROM TO                what FROM has, TO has from now on
#   packaging/repo.sh list DIR                           what each suite has
#
# Suites: lab, canary, early, stable. A till takes one of them: /etc/apt/sources.list.d/loyald.sources, which add prints.
set -eu

suites='lab canary early stable'

give_up() {
    echo "repo.sh: $*" >&2
    exit 1
}
usage() {
    sed -n 's/^#   \(packaging.*\)/\1/p' "$0" >&2
    exit 2
}
is_suite() {
    case " $suites " in *" $1 "*) ;; *) give_up "$1 is none of the suites: $suites" ;; esac
}

# Origin, Label and Suite are what unattended-upgrades and pins go by: they never change.
make_repository() { # DIR KEY
    mkdir -p "$1/conf"
    for ring in $suites; do
        cat <<CONF
Origin: Loyald
Label: Loyald
Suite: $ring
Codename: $ring
Architectures: amd64 arm64 armhf source
Components: main
Description: Loyald for tills and their central, ring $ring
SignWith: $2

CONF
    done >"$1/conf/distributions"
    printf 'verbose\nbasedir %s\n' "$1" >"$1/conf/options"
    gpg --export "$2" >"$1/loyald-archive-keyring.gpg"
    [ -s "$1/loyald-archive-keyring.gpg" ] || give_up "gpg has no key $2"
}

say_source() { # DIR SUITE
    cat <<SOURCE
For tills, as /etc/apt/sources.list.d/loyald.sources, with $1/loyald-archive-keyring.gpg as /usr/share/keyrings/loyald-archive-keyring.gpg:

Types: deb
URIs: https://packages.example/loyald
Suites: $2
Components: main
Signed-By: /usr/share/keyrings/loyald-archive-keyring.gpg
SOURCE
}

command -v reprepro >/dev/null || give_up 'reprepro is not installed: apt-get install reprepro gnupg'
case ${1:-} in
add)
    [ $# -ge 5 ] || usage
    dir=$2 suite=$3 key=$4
    shift 4
    is_suite "$suite"
    [ -e "$dir/conf/distributions" ] || make_repository "$dir" "$key"
    dir=$(cd "$dir" && pwd)
    for package in "$@"; do
        [ -r "$package" ] || give_up "$package: cannot be read"
    done
    reprepro -s -s -b "$dir" includedeb "$suite" "$@"
    say_source "$dir" "$suite"
    ;;
promote)
    [ $# -eq 4 ] || usage
    is_suite "$3"
    is_suite "$4"
    names=$(reprepro -b "$2" --list-format '${package}\n' list "$3" | sort -u)
    [ -n "$names" ] || give_up "$3 is empty"
    # shellcheck disable=SC2086 # words are meant to be parted
    reprepro -s -s -b "$2" copy "$4" "$3" $names
    ;;
list)
    [ $# -eq 2 ] || usage
    for suite in $suites; do
        reprepro -b "$2" list "$suite"
    done
    ;;
*) usage ;;
esac
