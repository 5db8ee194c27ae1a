# SPDX-License-Identifier: Apache-2.0
# The blocks of code of a page, for tests that run them. Sourced; POSIX sh.
#
# blocks_of PAGE LANGUAGE SECTION COMMAND   the blocks of that language, each named as it begins and followed by COMMAND; of one
#                                           section ("## SECTION"), or with "! SECTION" of all others
# blocks_all_run PAGE LANGUAGE...           fails where the page has a block of another language, or an indented one, that does not say
#                                           why nobody runs it, in a comment on the line before: <!-- not executed: why -->; tells those

blocks_of() {
    awk -v language="$2" -v section="${3#! }" -v others="${3%"${3#! }"}" -v after="$4" '
        /^## / { there = ($0 == "## " section) }
        /^```/ && inside { inside = 0; if (wanted) print after; wanted = 0; next }
        /^```/ { inside = 1; wanted = ($0 == "```" language && before !~ /^<!-- not executed: / && there == (others == ""))
                 if (wanted) printf "echo \"--- block at line %d, $(date +%%s)\"\n", NR; next }
        wanted { print }
        { before = $0 }
    ' "$1"
}

blocks_all_run() {
    blocks_page=$1
    shift
    awk -v page="${blocks_page##*/}" -v run=" $* " '
        /^```/ && inside { inside = 0; before = ""; next }
        inside { next }
        /^```/ {
            inside = 1; language = substr($0, 4)
            if (before ~ /^<!-- not executed: .+ -->$/) {
                sub(/^<!-- /, "", before); sub(/ -->$/, "", before)
                printf "%s:%d: %s\n", page, NR, before
            } else if (language == "" || index(run, " " language " ") == 0) {
                printf "%s:%d: a block that no test runs, and nothing says why\n", page, NR; amiss = 1
            }
            next
        }
        /^    [^ ]/ && before == "" { printf "%s:%d: a block by its indent alone, which no test runs\n", page, NR; amiss = 1 }
        { before = $0 }
        END { exit amiss }
    ' "$blocks_page"
}
