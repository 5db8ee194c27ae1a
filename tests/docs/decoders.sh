#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# decoders.sh BUILD_DIR SOURCE_DIR: tests/fuzz/README.md names each source file that decodes bytes, with fuzz targets
# that are there or with the reason why it has none.
set -eu
build=$1
source=$2
page=$source/tests/fuzz/README.md
code=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fault() {
    echo "$*"
    code=1
}

calls='json_parse|json_pool_parse|json_pool_parse_without|json_check|csv_begin|frame_reader_feed|x509_read|x509_read_request|x509_validity|x509_public_key|x509_check_issuer|pk_from_public_pem|pk_from_private_pem|vault_read|inflate|cJSON_Parse[A-Za-z]*|mbedtls_(pk|x509_crt|x509_csr)_parse[a-z_]*'
# A definition begins its line with a type; what is indented calls.
(cd "$source" && grep -rlE "^[[:space:]].*\<($calls)\(" --include='*.c' agent sync drivers) | sort >"$work/decoders"
ctest --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: //p' >"$work/tests"
[ -s "$work/decoders" ] && [ -s "$work/tests" ] || fault 'the decoders or the tests there are could not be listed'

grep '^|' "$page" | grep -v '^|---\|^| what is read ' >"$work/rows"
: >"$work/named"
set -f # names may be patterns, for the decoders there are
while IFS='|' read -r _ what in targets _; do
    for name in $(printf '%s' "$in" | grep -o '`[^`]*`' | tr -d '`'); do
        case $name in
        *\**) grep -E "^$(printf '%s' "$name" | sed 's/\./\\./g; s/\*/[^\/]*/g')\$" "$work/decoders" >>"$work/named" || fault "$name: no file that decodes" ;;
        *) echo "$name" >>"$work/named" ;;
        esac
    done
    case $targets in
    ' none: '*) ;;
    *fuzz_*) ;;
    *) fault "neither a target nor a reason: $what" ;;
    esac
    for target in $(printf '%s' "$targets" | grep -o '`[^`]*`' | tr -d '`'); do
        grep -qxF "$target" "$work/tests" || fault "there is no test $target, named for: $what"
    done
done <"$work/rows"
set +f
sort "$work/named" | uniq -d | while read -r twice; do echo "$twice stands in two rows"; done
[ -z "$(sort "$work/named" | uniq -d)" ] || code=1
sort -u "$work/named" >"$work/sorted"
for file in $(comm -23 "$work/decoders" "$work/sorted"); do fault "$file decodes, and stands in no row of tests/fuzz/README.md"; done
for file in $(comm -13 "$work/decoders" "$work/sorted"); do fault "$file stands in tests/fuzz/README.md, and decodes nothing"; done
[ $code -ne 0 ] || echo "$(wc -l <"$work/decoders" | tr -d ' ') files that decode, each with its targets or a reason"
exit $code
