#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The samples of docs/samples run as they are, where their language is there; each sells at the same total.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null) || port=8473
alone_conf="[api]
port = $port"
. "$(dirname "$0")/alone.sh"
start_alone
export LOYALD_SOCKET="$socket" LOYALD_URL="http://127.0.0.1:$port" LOYALD_TOKEN="$work/till/api.token"
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
if command -v mcs >/dev/null && command -v mono >/dev/null; then
    if said=$(mcs -warnaserror -r:System.Net.Http -out:"$work/Sale.exe" "$samples/Sale.cs" 2>&1); then
        try 'C# (mono)' mono "$work/Sale.exe"
    else
        bad "C# is not compiled by mono: $said"
    fi
fi
if command -v dotnet >/dev/null; then
    mkdir "$work/cs" && (cd "$work/cs" && dotnet new console --force >/dev/null && cp "$samples/Sale.cs" Program.cs)
    try 'C# (.NET)' dotnet run --project "$work/cs"
fi
command -v mcs >/dev/null || command -v dotnet >/dev/null || echo 'skipped: no C# here (mcs with mono, or dotnet)'
for file in "$samples"/*; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 30 ] || bad "$file has $lines lines, 30 is the most"
    grep -q "samples/$(basename "$file")" "$source/docs/api.md" || bad "docs/api.md does not show $(basename "$file")"
done
total=$(api http://localhost/v1/totals | grep -o '"net_minor":[0-9]*' | cut -d : -f 2)
[ "$total" = $((31016 * ran)) ] || bad "$ran samples sold, the till counts $total"
