#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a shell offers after some words. usage: completion.sh BIN_DIR SOURCE_DIR
set -u
PATH=$1:$PATH
. "$2/packaging/completion/loyalctl"
cd "$2" || exit 1
failed=0

# offers WORDS... WANTED: the last of the words is being typed; all of WANTED, parted by blanks, are offered
offers() {
    local wanted=${*: -1} typed=("${@:1:$#-1}") word
    COMP_WORDS=("${typed[@]}")
    COMP_CWORD=$((${#typed[@]} - 1))
    _loyald_complete 2>/dev/null
    for word in $wanted; do
        if [[ " ${COMPREPLY[*]} " != *" $word "* ]]; then
            echo "FAILED: ${typed[*]}: no $word among: ${COMPREPLY[*]}"
            failed=1
            return
        fi
    done
    echo "ok: ${typed[*]}"
}

offers loyalctl '' 'status totals doctor outbox idle enrol sale events page evaluate refund bundle'
offers loyalctl st 'status'
offers loyalctl sale '' 'show copy'
offers loyalctl bundle '' 'check'
offers loyalctl bundle check REA 'README.md'
offers loyalctl --sta '--state-dir'
offers loyalctl --config README 'README.md'
offers loyal-central '' 'init serve chain store till member key bundle totals ledger difference dead notice'
offers loyal-central chain '' 'create key'
offers loyal-central chain key '' 'add'
offers loyal-central till '' 'code list revoke'
offers loyal-central bundle s 'sign'
offers loyal-sim '' 'scanner printer shop tell'
offers loyal-sim scanner --l '--link'
COMP_WORDS=(loyalctl nonsense '') COMP_CWORD=2
_loyald_complete 2>/dev/null
[[ " ${COMPREPLY[*]} " == *" status "* ]] && { echo 'FAILED: a command is offered after a word that is none'; failed=1; }
exit $failed
