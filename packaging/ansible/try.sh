#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What packaging/ansible_test.sh does in the machine it boots: a central, then site.yml on this very machine with a code of that central;
# the till enrols itself. Played again it changes nothing; with another setting it restarts what reads it. Says DONE.
set -eu
cd /root/try
export HOME=/root LC_ALL=C.UTF-8
within() { # SECONDS COMMAND...
    within_until=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$within_until" ] || { echo "FAILED: within its time: $*"; return 1; }
        sleep 0.2
    done
}
play() { ansible-playbook -i inventory site.yml -e "$1" >play.log 2>&1 || { cat play.log; return 1; }; }
changed() { sed -n 's/.*changed=\([0-9]*\).*/\1/p' play.log | tail -n 1; }
enrolled() { loyalctl api GET /v1/health | grep -q '"enrolled":true'; }
pid() { systemctl show -P MainPID "$1"; }

setpriv --reuid _loyal-central --regid _loyal-central --init-groups loyal-central init --host localhost
systemctl start loyal-central
within 30 loyal-central notice list
loyal-central chain create demo --currency RUB --language en
loyal-central store create demo S12
mkdir -p files
cp /usr/share/keyrings/loyald-archive-keyring.gpg files/
cp /var/lib/loyal-central/ca.pem files/
printf 'tills:\n  hosts:\n    till3:\n      ansible_connection: local\n      ansible_python_interpreter: /usr/bin/python3\n' >inventory

# A code is good for 15 minutes: it is asked for when it is needed.
play "loyald_repository=file:/root/try/repo loyald_central=https://localhost:8474 loyald_enrol_code=$(loyal-central till code demo S12 3)"
echo "played: $(changed) changes"
within 60 enrolled || { journalctl -u loyald -u loyald-sync --no-pager | tail -n 20; exit 1; }
[ ! -e /var/lib/loyald/enrol.code ]
for unit in loyald loyald-sync loyald.socket loyald-doctor.timer; do systemctl is-active "$unit"; done
loyalctl status || [ $? -eq 1 ]

play 'loyald_repository=file:/root/try/repo loyald_central=https://localhost:8474'
[ "$(changed)" = 0 ] || { echo 'FAILED: played again it changes something'; cat play.log; exit 1; }
was=$(pid loyald)
play 'loyald_repository=file:/root/try/repo loyald_central=https://localhost:8474 loyald_language=ru'
[ "$(pid loyald)" != "$was" ] || { echo 'FAILED: loyald was not restarted'; exit 1; }
within 30 enrolled
echo DONE
