#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What docs/protocol.md says is the code's: each number it gives, each operation with its path, each type of record the central books,
# each code it refuses with. usage: protocol.sh SOURCE_DIR
set -u
cd "$1" || exit 1
page=docs/protocol.md
text=$(tr '\n' ' ' <$page)
failed=0
count=0

wrong() {
    echo "FAILED: $*"
    failed=1
}

# The value of a constant: NAME = EXPRESSION of numbers, or #define NAME EXPRESSION.
value_of() { # FILE NAME
    expression=$(sed -nE "s/.*(^|[^A-Z_])$2 *= *([0-9][0-9 *+-]*[0-9]|[0-9]).*/\2/p; s/^#define $2 (INT64_C\()?([0-9][0-9 *]*).*/\2/p" "$1" | head -n 1)
    [ -n "$expression" ] || return 1
    echo $(($expression))
}

# says FILE NAME DIVISOR PHRASE: the phrase is on the page, with the constant's value divided where it has a #
says() {
    count=$((count + 1))
    value=$(value_of "$1" "$2") || {
        wrong "$1 has no $2"
        return
    }
    [ $((value % $3)) -eq 0 ] || wrong "$2 is $value, no multiple of $3"
    figure=$(printf '%d' $((value / $3)) | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta')
    phrase=$(printf '%s' "$4" | sed "s/#/$figure/")
    case $text in
    *"$phrase"*) ;;
    *) wrong "$page does not say \"$phrase\" ($2 in $1 is $value)" ;;
    esac
}

kib=1024
mib=1048576
says sync/protocol/record.h RECORD_BATCH_MAX 1 'consecutive, at most # and 1 MiB'
says sync/central/journal.h JOURNAL_BODY_MAX $mib 'at most # MiB unpacked'
says sync/protocol/frame.h FRAME_HEADER_MAX 1 'header at most # bytes'
says sync/protocol/frame.h FRAME_PAYLOAD_MAX 1 'payload at most #.'
says sync/protocol/frame.h MESSAGE_PAYLOAD_MAX $mib "A message's payload is at most # MiB"
says sync/central/updates.h UPDATES_WAIT_MAX_S 1 'S at most #;'
says sync/central/till_server_internal.h POLLS_OF_TILL_MAX 1 'of one till at most # wait'
says sync/central/updates.h UPDATES_BYTES_MAX $kib 'The answer is at most # KiB'
says sync/central/updates.h UPDATES_ROWS_MAX 1 'and # rows'
says agent/link/link_internal.h UPDATES_ANSWER_BYTES_MAX $mib 'a till takes # MiB'
says sync/central/publish.h BLOB_RANGE_MAX $mib 'at most # MiB of it'
says sync/central/hold.h HOLD_BODY_MAX 1 'their bodies have at most # bytes'
says sync/central/coupon.h COUPON_BODY_MAX 1 'their bodies have at most # bytes'
says sync/central/enrol.h ENROL_BODY_MAX $kib '`enroll` and `renew` # KiB'
says sync/central/renew.h RENEW_BODY_MAX $kib '`enroll` and `renew` # KiB'
says sync/central/device.h DEVICE_TOLD_MAX $kib 'at most # KiB are kept'
says agent/base/json.h JSON_DEPTH_MAX 1 'nested at most # deep'
says sync/protocol/operation.h OPERATION_ARG_BYTES_MAX 1 'at most # bytes of `A-Z a-z 0-9 . _ - :`'
says agent/db/journal.h JOURNAL_KEPT_DAYS 1 'the central said # days ago'
says sync/central/office.h CODE_LIFE_S 60 'live # minutes, serve once'
says sync/central/renew.h RENEW_FAILURES_MAX 1 "one till's # refused renewals within a minute"
says sync/central/central.h DEVICE_CERTIFICATE_DAYS 1 'A certificate lives # days'
says sync/central/counting.h COUNTING_RECORDS_MAX 1 'in transactions of at most # records'
says sync/central/counting.h COUNTING_BEFORE_QUESTION 1 'up to # records'
says sync/central/restore.h RESTORE_WAIT_S 3600 'After # hours it grants'
says sync/central/coupon.h COUPON_LOST_DAYS 1 'or in another epoch, for # days'
says sync/central/circle.h CIRCLE_DAYS 1 'seen in it within # days'
says agent/till/rulebook_health.c TRIAL_BASKETS 1 'after # baskets worked out'
says agent/till/rulebook_health.c TRIAL_MS 60000 'or # minutes, it is healthy'
says agent/till/enrol_member.h ENROL_FORM_STEP 1 'a multiple of # bytes'
says agent/base/signers.h SIGNERS_MAX 1 'A root has at most # keys a role'
says sync/protocol/root.h ROOT_BYTES_MAX $kib 'and # KiB, a timestamp'
says sync/protocol/timestamp.h TIMESTAMP_MANIFESTS_MAX 1 'a timestamp # manifests'
[ $count -ge 30 ] || wrong "only $count numbers were looked at"

# Operations: {"name", "METHOD", "/path", ...}; a path's part in braces is written in words on the page.
operations=0
while IFS='|' read -r name method path; do
    operations=$((operations + 1))
    grep -q "^| \`$name\` | \`$method ${path%%\{*}" $page || wrong "operation $name, $method $path, has no row"
done <<EOF
$(sed -nE 's/.*\[OP_[A-Z_]*\] = \{"([a-z_]*)", "([A-Z]*)", "([^"]*)".*/\1|\2|\3/p' sync/protocol/operation.c)
EOF
[ $operations -ge 10 ] || wrong "only $operations operations were read"

types=$(sed -nE 's/^ *\{"([a-z_]+)", [a-z_]+\},$/\1/p; /kept\[\] = /{s/[^"]*"([a-z_]*)"/\1 /g; s/}.*//; p}' sync/central/interpret.c)
[ "$(echo $types | wc -w)" -ge 14 ] || wrong "the types of records were not read: $types"
for type in sale return $types; do
    grep -q "^| \`$type\` 1 |" $page || wrong "the record $type is not there"
done

codes=$(grep -hoE 'answer_error\([^"]*[0-9]{3}, "[a-z_]+"' sync/central/device.c sync/central/enrol.c sync/central/renew.c \
    sync/central/till_*.c sync/central/publish.c sync/central/trust.c sync/central/hold.c sync/central/coupon.c sync/central/answer.c |
    sed 's/.*"\(.*\)"/\1/' | sort -u)
[ "$(echo $codes | wc -w)" -ge 6 ] || wrong "the codes of refusals were not read: $codes"
for code in $codes; do
    grep -q "\`$code\`" $page || wrong "the code $code is not there"
done
[ $failed -eq 0 ] && echo "ok: $count numbers, $operations operations, $(echo $types | wc -w) types of records, $(echo $codes | wc -w) codes"
exit $failed
