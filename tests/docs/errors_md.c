/* SPDX-License-Identifier: Apache-2.0 */
/* errors_md - writes docs/errors.md to standard output, from the one table of problems. */
#include "agent/till/problem.h"

#include <stdio.h>

static const struct {
    char first; /* digit of the code */
    const char *title;
} groups[] = {
    {'1', "The request"}, {'2', "The sale"}, {'3', "Cards and codes"}, {'4', "The link"},
    {'5', "Devices"},     {'6', "Storage"},  {'7', "Enrolment"},       {'8', "Rules"},
};

static const char head[] =
    "# Codes\n"
    "Made of the table in `agent/till/problem.c` by `packaging/made.sh`: change it there.\n"
    "\n"
    "Everything a till says is wrong, or worth knowing, has a code that never changes its meaning. The local API "
    "says it "
    "as\n"
    "`{\"code\",\"name\",\"text\",\"act\",\"detail\"}`, in the language of the chain; the texts here are the English "
    "ones. HTTP 200: no request\n"
    "failed, it is a notice beside the answer, and the sale goes on.\n";

static void write_problem(const struct problem_spec *spec)
{
    (void)printf("\n### %s %s\n", spec->code, spec->name);
    (void)printf("%s\n\n", spec->en.what);
    (void)printf("- Now: %s\n", spec->en.act);
    (void)printf("- IT: %s\n", spec->it);
    (void)printf("- HTTP %d. На русском: %s %s\n", spec->http_status, spec->ru.what, spec->ru.act);
}

int main(void)
{
    int written = 0;

    (void)fputs(head, stdout);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        (void)printf("\n## %cxx %s\n", groups[i].first, groups[i].title);
        for (int k = PROBLEM_NONE + 1; k < PROBLEM_COUNT; k++) {
            const struct problem_spec *spec = problem_spec((enum problem)k);

            if (spec->code[2] != groups[i].first)
                continue;
            write_problem(spec);
            written++;
        }
    }
    if (written != PROBLEM_COUNT - 1) {
        (void)fprintf(stderr, "errors_md: %d of %d codes belong to a group\n", written, PROBLEM_COUNT - 1);
        return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
