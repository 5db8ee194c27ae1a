#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The man pages are mdoc without a warning. usage: man_lint.sh SOURCE_DIR
set -u
command -v mandoc >/dev/null 2>&1 || {
    echo "skipped: mandoc is not installed"
    exit 77
}
cd "$1/packaging/man" || exit 1
failed=0
for page in *.[1-8]; do
    # "referenced manual not found" is about this machine, not about the page.
    said=$(mandoc -Tlint -Wwarning "$page" 2>&1 | grep -v 'referenced manual not found')
    [ -z "$said" ] && echo "clean: $page" || {
        printf '%s\n' "$said"
        failed=1
    }
done
exit $failed
