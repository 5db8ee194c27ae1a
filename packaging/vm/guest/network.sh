# SPDX-License-Identifier: Apache-2.0
# In the machine: its network, set up here where a store would have its own way. One without a card has none.
ip link set eth0 up &&
    ip address replace 10.0.2.15/24 dev eth0 &&
    ip route replace default via 10.0.2.2
