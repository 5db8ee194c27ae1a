#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The samples of docs/samples run as they are, where their language is there; each sells at the same total.
. "$(dirname "$0")/alone.sh"
start_alone
export LOYALD_SOCKET="$socket"
samples="$source/docs/samples"
ran=0
try() { # NAME COMMAND...
    try_name=$1
    shift
    said=$("$@" 2>&1) || { bad "$try_name: $said"; return; }
    case $said in
    '31016 committed') ok "$try_name: $said" && ran=$((ran + 1)) ;;
    *) bad "$try_name answered: $said" ;;
    esac
}
try curl sh "$samples/sale.sh"
if command -v python3 >/dev/null; then try Python python3 "$samples/sale.py"; else echo 'skipped: python3 is not here'; fi
if command -v node >/dev/null; then try JavaScript node "$samples/sale.js"; else echo 'skipped: node is not here'; fi
if command -v dotnet >/dev/null; then
    mkdir "$work/cs" && (cd "$work/cs" && dotnet new console --force >/dev/null && cp "$samples/Sale.cs" Program.cs)
    try 'C#' dotnet run --project "$work/cs"
else
    echo 'skipped: dotnet is not here, C# is not tried'
fi
for file in "$samples"/*; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 30 ] || bad "$file has $lines lines, 30 is the most"
    grep -q "samples/$(basename "$file")" "$source/docs/api.md" || bad "docs/api.md does not show $(basename "$file")"
done
total=$(api http://localhost/v1/totals | grep -o '"net_minor":[0-9]*' | cut -d : -f 2)
[ "$total" = $((31016 * ran)) ] || bad "$ran samples sold, the till counts $total"
