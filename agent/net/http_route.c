/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the route of a path; a part in braces takes one segment that is not empty. */
#include "agent/net/http_internal.h"

#include <string.h>

struct route_part {
    const char *text;
    size_t len;
};

static bool path_fits(const char *pattern, const char *path, struct route_part parts[HTTP_PARTS_MAX], int *out_count)
{
    int count = 0;

    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        if (count == HTTP_PARTS_MAX)
            return false;
        parts[count] = (struct route_part){path, strcspn(path, "/")};
        if (parts[count].len == 0)
            return false;
        path += parts[count++].len;
        pattern += strcspn(pattern, "}");
        pattern += *pattern == '}';
    }
    *out_count = count;
    return *path == '\0';
}

static bool keep_parts(struct http_request *request, const struct route_part *parts, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        request->parts[i] = strndup(parts[i].text, parts[i].len);
        if (!request->parts[i])
            return false;
        request->part_count = i + 1;
    }
    return true;
}

bool http_route_find(struct http_request *request, int *out_status)
{
    struct route_part parts[HTTP_PARTS_MAX];
    const struct http_route *route;
    struct strbuf allow = STRBUF_INIT(256);
    bool found = false;
    int count;

    *out_status = 404;
    for (route = request->server->routes; route->method && !found; route++) {
        if (!path_fits(route->path, request->path, parts, &count))
            continue;
        if (strcmp(route->method, request->method) == 0 && keep_parts(request, parts, count)) {
            request->route = route;
            found = true;
        } else {
            strbuf_printf(&allow, "%s%s", allow.len ? ", " : "", route->method);
        }
    }
    if (!found && allow.len) {
        *out_status = 405;
        http_add_header(request, "Allow", strbuf_text(&allow));
    }
    strbuf_free(&allow);
    return found;
}
