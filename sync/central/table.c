/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/table.h"

#include <inttypes.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/base/civil_time.h"
#include "agent/base/json.h"
#include "agent/base/utf8.h"

enum { CELL_MAX = 512, COLUMNS_MAX = 16 };

static void format_time(int64_t us, char out_cell[CELL_MAX])
{
    struct civil_time time = {.day = (int32_t)(us / 1000000 / 86400), .second = (int32_t)(us / 1000000 % 86400)};
    char text[26];

    civil_format_time(&time, text);
    text[10] = ' ';
    (void)snprintf(out_cell, CELL_MAX, us > 0 ? "%.19s" : "-", text);
}

static void format_cell(const struct cJSON *row, const struct table_column *column, char out_cell[CELL_MAX])
{
    const struct cJSON *value = cJSON_GetObjectItemCaseSensitive(row, column->name);
    int64_t number = 0;

    if (cJSON_IsString(value))
        (void)snprintf(out_cell, CELL_MAX, column->kind == TABLE_SHORT ? "%.12s" : "%s", value->valuestring);
    else if (cJSON_IsBool(value))
        (void)snprintf(out_cell, CELL_MAX, "%s", cJSON_IsTrue(value) ? "yes" : "no");
    else if (json_value_int(value, -JSON_INT_MAX, JSON_INT_MAX, &number) != ST_OK)
        (void)snprintf(out_cell, CELL_MAX, "-");
    else if (column->kind == TABLE_TIME)
        format_time(number, out_cell);
    else
        (void)snprintf(out_cell, CELL_MAX, "%" PRId64, number);
    if (!out_cell[0])
        (void)snprintf(out_cell, CELL_MAX, "-");
}

static void print_cell(FILE *out, const char *cell, size_t width, bool right, bool last)
{
    size_t len = utf8_length(cell, strlen(cell));
    int pad = len < width ? (int)(width - len) : 0;

    fprintf(out, "%*s%s%*s%s", right ? pad : 0, "", cell, right || last ? 0 : pad, "", last ? "\n" : "  ");
}

void table_print(FILE *out, const struct cJSON *list, const struct table_column *columns)
{
    size_t widths[COLUMNS_MAX] = {0};
    char cell[CELL_MAX];
    const struct cJSON *row;
    int count = 0;

    if (cJSON_GetArraySize(list) == 0) {
        fprintf(out, "none\n");
        return;
    }
    for (; columns[count].heading && count < COLUMNS_MAX; count++) {
        widths[count] = strlen(columns[count].heading);
        cJSON_ArrayForEach(row, list)
        {
            format_cell(row, &columns[count], cell);
            if (utf8_length(cell, strlen(cell)) > widths[count])
                widths[count] = utf8_length(cell, strlen(cell));
        }
    }
    for (int i = 0; i < count; i++)
        print_cell(out, columns[i].heading, widths[i], columns[i].kind == TABLE_NUMBER, i + 1 == count);
    cJSON_ArrayForEach(row, list)
    {
        for (int i = 0; i < count; i++) {
            format_cell(row, &columns[i], cell);
            print_cell(out, cell, widths[i], columns[i].kind == TABLE_NUMBER, i + 1 == count);
        }
    }
}
