/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded store makes its statements ready at their first use, so a start does not show that each of them can
 * be. */
#include <criterion/criterion.h>

#include <sqlite3.h>

#include "fixture.h"
#include "sync/central/store_engine.h"

TestSuite(central_statements, .timeout = 60);

Test(central_statements, each_can_be_made_ready_on_the_schema)
{
    struct fixture f;
    sqlite3 *db;
    int takes_some = 0;

    fixture_open(&f);
    db = store_sqlite_handle(f.central->store);
    for (int i = 0; db && i < STATEMENT_COUNT; i++) { /* on a server all are made ready when it is connected to */
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(db, statement_text((enum statement)i), -1, &stmt, NULL);

        cr_expect_eq(rc, SQLITE_OK, "%s: %s", statement_name((enum statement)i), sqlite3_errmsg(db));
        cr_expect_leq(sqlite3_bind_parameter_count(stmt), STORE_PARAMETERS_MAX, "%s",
                      statement_name((enum statement)i));
        takes_some += sqlite3_bind_parameter_count(stmt) > 0;
        sqlite3_finalize(stmt);
    }
    cr_expect(!db || takes_some > 100);
    fixture_close(&f);
}

/* Given another number of values than it takes, a statement that was never used is refused like one that was. */
Test(central_statements, one_that_is_misused_is_refused_from_the_first_time_on)
{
    struct fixture f;
    struct errmsg err = ERRMSG_INIT;

    fixture_open(&f);
    for (int i = 0; i < 2; i++)
        cr_expect_eq(STORE_RUN(f.central->store, STATEMENT_DEVICE_FORGET_KEYS, &err), ST_INTERNAL, "%s", err.text);
    cr_expect_eq(STORE_RUN(f.central->store, STATEMENT_DEVICE_FORGET_KEYS, &err, V_TEXT("d")), ST_OK);
    fixture_close(&f);
}
