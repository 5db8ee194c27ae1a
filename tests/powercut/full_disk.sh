#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# full_disk.sh PROGRAM: runs it on small ext4 file systems with blocks of 1 KB and 4 KB. Where mounting is not permitted
# it says so and ends with 77, which ctest shows as skipped.
set -eu

program=$1
work=$(mktemp -d)
trap 'umount "$work/disk" 2>/dev/null || true; rm -rf "$work"' EXIT

if ! command -v mkfs.ext4 >/dev/null; then
    echo "skipped: there is no mkfs.ext4 here"
    exit 77
fi
mkdir "$work/disk"
for block in 1024 4096; do
    truncate -s 32M "$work/image"
    mkfs.ext4 -q -F -m 0 -b "$block" "$work/image"
    if ! mount -o loop "$work/image" "$work/disk" 2>"$work/why"; then
        echo "skipped: no loop device may be mounted here: $(cat "$work/why")"
        exit 77
    fi
    mkdir "$work/disk/state"
    echo "ext4, blocks of $block bytes:"
    "$program" "$work/disk/state"
    umount "$work/disk"
    rm "$work/image"
done
