/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the first release at today's loyald-sync: what loyald asks, what a central answers that it reads
 * itself. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/x509.h"
#include "sync/client/client_internal.h"
#include "tests/skew/shape.h"

static const char *text_of(const struct cJSON *root, const char *name)
{
    const char *text = "";

    cr_expect_eq(json_text(root, name, X509_PEM_BYTES_MAX, &text, NULL), ST_OK, "%s", name);
    return text;
}

static void expect_question(const char *file, enum operation op, int64_t after)
{
    struct cJSON *root = shape_load_json(file);

    for (int round = 0; round < 2; round++) { /* then with names of tomorrow */
        struct errmsg err = ERRMSG_INIT;
        struct client_question asked;

        cr_expect_eq(client_question_read(root, &asked, &err), ST_OK, "%s: %s", file, err.text);
        cr_expect_eq(asked.op, op, "%s", file);
        cr_expect_eq(asked.after, after, "%s", file);
        cr_expect_gt(asked.deadline_ms, 0);
        cr_expect_str_eq(asked.epoch, text_of(root, "epoch"));
        shape_add_unknown(root);
    }
    json_free(root);
}

Test(client_wire, questions_of_an_old_loyald_and_of_one_to_come_are_read)
{
    expect_question("frame.request.json", OP_UPDATES, 0);
    expect_question("frame.request.behind.json", OP_JOURNAL, 8);
    expect_question("frame.request.more.json", OP_JOURNAL, 0);
}

Test(client_wire, certificates_of_an_old_central_are_of_its_authority)
{
    static const char *const files[] = {"enrol.answer.json", "renew.answer.json"};

    for (size_t i = 0; i < 2; i++) {
        struct cJSON *root = shape_load_json(files[i]);
        struct errmsg err = ERRMSG_INIT;
        char dev[X509_NAME_BYTES_MAX];
        int64_t until_s;

        cr_expect_eq(x509_read(text_of(root, "certificate"), dev, &until_s, &err), ST_OK, "%s", err.text);
        cr_expect_str_eq(dev, "3f6c1d20a4b5e677");
        cr_expect_eq(x509_check_issuer(text_of(root, "certificate"), text_of(root, "ca"), true, &err), ST_OK, "%s",
                     err.text);
        json_free(root);
    }
}
