# SPDX-License-Identifier: Apache-2.0
# In the machine: runs what the host sends over a virtio port, one command a line in base64, and answers with a line of its exit
# status and what it said. It says "ready" first, so the host knows when the machine is up.
sh /opt/vm/network.sh
exec 3<>/dev/virtio-ports/hand
echo ready >&3
while read -r line <&3; do
    printf '%s' "$line" | base64 -d >/run/hand.command
    timeout 600 sh /run/hand.command >/run/hand.said 2>&1 </dev/null 3>&-
    printf '%s %s\n' $? "$(base64 -w 0 /run/hand.said)" >&3
done
