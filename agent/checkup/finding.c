/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/checkup/finding.h"

#include <stdarg.h>
#include <stdio.h>

const char *level_word(enum level level)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

    return words[level];
}

void findings_add(struct findings *findings, enum level level, const char *fix, const char *format, ...)
{
    struct finding *finding;
    va_list args;

    if (findings->count < FINDINGS_MAX)
        findings->count++;
    finding = &findings->list[findings->count - 1];
    finding->level = level;
    finding->check = findings->check;
    (void)snprintf(finding->fix, sizeof finding->fix, "%s", fix ? fix : "");
    va_start(args, format);
    (void)vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
}

enum level findings_worst(const struct findings *findings)
{
    static const int weight[] = {[LEVEL_OK] = 0, [LEVEL_UNKNOWN] = 1, [LEVEL_WARNING] = 2, [LEVEL_CRITICAL] = 3};
    enum level worst = LEVEL_OK;

    for (int i = 0; i < findings->count; i++)
        if (weight[findings->list[i].level] > weight[worst])
            worst = findings->list[i].level;
    return worst;
}

void findings_write(const struct findings *findings, struct json_writer *w)
{
    jw_array_begin(w);
    for (int i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];

        jw_object_begin(w);
        jw_field_text(w, "check", finding->check);
        jw_field_text(w, "level", level_word(finding->level));
        jw_field_text(w, "text", finding->text);
        if (finding->fix[0] != '\0')
            jw_field_text(w, "fix", finding->fix);
        jw_object_end(w);
    }
    jw_array_end(w);
}
