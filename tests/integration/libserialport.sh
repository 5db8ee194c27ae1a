#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scanner and printer through libserialport itself, in the real daemon: a shim makes the simulators' ptys pass for serial lines before that
# library (tests/devices/serial_shim.c says what it answers). usage: libserialport.sh BIN_DIR SOURCE_DIR SHIM
shim=$3
. "$(dirname "$0")/common.sh"
# The programs, with a loyald that loads the shim.
mkdir "$dir/bin" "$dir/loyald.conf.d"
for program in "$bin"/*; do ln -s "$program" "$dir/bin/${program##*/}"; done
rm "$dir/bin/loyald"
cat >"$dir/bin/loyald" <<SH
#!/bin/sh
exec env LD_PRELOAD="$shim" ASAN_OPTIONS=verify_asan_link_order=0 "$bin/loyald" "\$@"
SH
chmod +x "$dir/bin/loyald"
bin=$dir/bin
# strict: no falling back to termios.
printf '[scanner]\nport = serial:%s?strict=1\n[printer]\nport = serial:%s?strict=1\n' "$dir/ttySCANNER" "$dir/ttyPRINTER" \
    >"$dir/loyald.conf.d/lines.conf"
begin
check 'the scanner is a line of libserialport' says '"port":"serial:[^"]*strict=1","state":"ready"'
check 'nothing went through termios' sh -c "! grep -q 'through termios' '$dir/log/till.log'"
check 'a part of a day' sell --baskets 15
check 'all are sold' is sales 15
check 'their receipts are printed' is printed 15
check 'cards were read' is_more earned 1
settle
