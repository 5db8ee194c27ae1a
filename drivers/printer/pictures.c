/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/pictures.h"

#include "agent/base/file.h"
#include "agent/receipt/page.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES_MAX = 1024 };

struct pictures {
    size_t count;
    struct {
        char name[PAGE_PICTURE_NAME_MAX + 1];
        struct bitmap bitmap;
    } items[PICTURES_MAX];
};

/* Where the name ends, when it is that of a picture; else 0. */
static size_t stem(const char *file)
{
    size_t len = strlen(file);

    if (len < 5 || len - 4 > PAGE_PICTURE_NAME_MAX ||
        (strcmp(file + len - 4, ".png") != 0 && strcmp(file + len - 4, ".pbm") != 0))
        return 0;
    return len - 4;
}

static enum status load_one(struct pictures *pictures, const char *folder, const char *file, int dots,
                            struct errmsg *err)
{
    struct bitmap *bitmap = &pictures->items[pictures->count].bitmap;
    char path[PATH_BYTES_MAX], *bytes = NULL;
    size_t len = 0;
    enum status st;

    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    st = file_read(path, PICTURE_FILE_BYTES_MAX, &bytes, &len, err);
    if (st != ST_OK)
        return st;
    st = picture_load((const uint8_t *)bytes, len, bitmap, err);
    free(bytes);
    if (st == ST_OK && bitmap->width > dots) {
        errmsg_set(err, "it is %d dots wide, the paper has %d", bitmap->width, dots);
        bitmap_clear(bitmap);
        st = ST_INVALID;
    }
    if (st != ST_OK) {
        errmsg_wrap(err, "%s", path);
        return st;
    }
    memcpy(pictures->items[pictures->count].name, file, stem(file));
    pictures->count++;
    return ST_OK;
}

static enum status load_all(struct pictures *pictures, DIR *dir, const char *folder, int dots, struct errmsg *err)
{
    const struct dirent *entry;
    enum status st = ST_OK;

    while (st == ST_OK && (entry = readdir(dir))) {
        if (stem(entry->d_name) == 0)
            continue;
        if (pictures->count == PICTURES_MAX) {
            errmsg_set(err, "%s: more than %d pictures", folder, PICTURES_MAX);
            return ST_FULL;
        }
        st = load_one(pictures, folder, entry->d_name, dots, err);
    }
    return st;
}

enum status pictures_load(const char *folder, int dots, struct pictures **out_pictures, struct errmsg *err)
{
    struct pictures *pictures = calloc(1, sizeof *pictures);
    DIR *dir = pictures ? opendir(folder) : NULL;
    enum status st = pictures ? ST_NOT_FOUND : ST_NOMEM;

    if (dir)
        st = load_all(pictures, dir, folder, dots, err);
    else
        errmsg_set(err, "%s: %s", folder, strerror(errno));
    if (dir)
        (void)closedir(dir);
    if (st != ST_OK) {
        pictures_destroy(pictures);
        return st;
    }
    *out_pictures = pictures;
    return ST_OK;
}

void pictures_destroy(struct pictures *pictures)
{
    if (!pictures)
        return;
    for (size_t i = 0; i < pictures->count; i++)
        bitmap_clear(&pictures->items[i].bitmap);
    free(pictures);
}

const struct bitmap *pictures_find(const struct pictures *pictures, const char *name)
{
    for (size_t i = 0; pictures && i < pictures->count; i++) {
        if (strcmp(pictures->items[i].name, name) == 0)
            return &pictures->items[i].bitmap;
    }
    return NULL;
}
