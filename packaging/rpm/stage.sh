#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts what packaging/deb lists for a package into the root of an RPM build, and prints the list for %files.
# usage: stage.sh PACKAGE ROOT, from the root of the source tree, with what cmake installs in ROOT already.
set -eu
package=$1 to=$2
lists=packaging/deb/$package

list() { [ ! -e "$lists.$1" ] || grep -v '^#' "$lists.$1" || true; }
# Debian 12 still has these two under /lib.
place() { case $1 in lib/systemd/* | lib/udev/*) echo "/usr/$1" ;; *) echo "/$1" ;; esac; }
put() { # FILE FOLDER [NAME]
    put_name=${3:-${1##*/}}
    install -D -m 0644 "$1" "$to$2/$put_name"
    case $2 in /etc/*) echo "%config(noreplace) $2/$put_name" ;; *) echo "$2/$put_name" ;; esac
}

list install | while read -r file folder; do
    if [ -n "$folder" ]; then put "$file" "$(place "$folder")"; else echo "/$file"; fi
done
list dirs | while read -r folder; do
    install -d "$to/$folder"
    echo "%dir /$folder"
done
list manpages | while read -r page; do echo "/$page*"; done
list docs | while read -r pattern; do
    for file in $pattern; do echo "%doc $file"; done
done
[ ! -e "$lists.sysusers" ] || put "$lists.sysusers" /usr/lib/sysusers.d "$package.conf"
[ ! -e "$lists.tmpfiles" ] || put "$lists.tmpfiles" /usr/lib/tmpfiles.d "$package.conf"
case $package in
loyald) program=loyalctl ;;
loyal-central) program=loyal-central ;;
loyald-sim) program=loyal-sim ;;
*) exit 0 ;;
esac
put packaging/completion/loyalctl /usr/share/bash-completion/completions "$program"
