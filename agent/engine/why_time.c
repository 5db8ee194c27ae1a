/* SPDX-License-Identifier: Apache-2.0 */
/* Why not here, not now: store, channel, date, hours, weekday. */
#include "agent/engine/why_internal.h"

#include "agent/base/civil_time.h"

#include <string.h>

static const char *const days[2][7] = {
    {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
    {"понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"}};

static void put_clock(struct strbuf *out, int32_t second)
{
    strbuf_printf(out, "%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60));
}

static void put_local(struct strbuf *out, const struct local_time *time)
{
    char date[11];

    civil_format_date(time->day, date);
    strbuf_printf(out, "%s ", date);
    put_clock(out, time->second);
}

static void say_date(struct why *why)
{
    const struct when *when = why->promotion->when;
    const struct local_time *now = &why->sale->at;
    bool early = when->has_from &&
                 (now->day < when->from.day || (now->day == when->from.day && now->second < when->from.second));

    if (!why->sale->has_at) {
        WHY_SAY(why, "it goes by the date, and the sale tells no time%s",
                "зависит от даты, а время покупки не указано%s", ".");
        return;
    }
    WHY_SAY(why, early ? "has not begun yet; it begins on %s" : "is over since %s",
            early ? "ещё не началась; начнётся %s" : "уже закончилась %s", "");
    put_local(why->out, early ? &when->from : &when->until);
    strbuf_puts(why->out, ".");
}

static void say_hours(struct why *why)
{
    const struct when *when = why->promotion->when;

    WHY_SAY(why, "not at this hour%s", "не в это время%s", "");
    if (why->sale->has_at) {
        strbuf_puts(why->out, " (");
        put_clock(why->out, why->sale->at.second);
        strbuf_puts(why->out, ")");
    }
    for (uint32_t i = 0; i < when->hours_count && i < WHY_NAMES_MAX; i++) {
        if (i > 0)
            strbuf_puts(why->out, ", ");
        else
            WHY_SAY(why, "; it is on from%s", "; действует с%s", " ");
        put_clock(why->out, when->hours[i].from_s);
        WHY_SAY(why, " to%s", " до%s", " ");
        put_clock(why->out, when->hours[i].until_s);
    }
    strbuf_puts(why->out, ".");
}

static void say_weekday(struct why *why)
{
    const struct when *when = why->promotion->when;
    bool any = false;

    WHY_SAY(why, "not on this day%s", "не в этот день%s", "");
    if (why->sale->has_date)
        strbuf_printf(why->out, " (%s)", days[why->russian][civil_weekday(why->sale->business_day)]);
    WHY_SAY(why, "; its days:%s", "; её дни:%s", " ");
    for (int day = 0; day < 7; day++) {
        if (when->weekdays >> day & 1) {
            strbuf_printf(why->out, "%s%s", any ? ", " : "", days[why->russian][day]);
            any = true;
        }
    }
    strbuf_puts(why->out, ".");
}

bool why_say_place_and_time(struct why *why)
{
    const char *reason = why->trace->reason;

    if (strcmp(reason, "store") == 0) {
        WHY_SAY(why, "not in this store%s", "не в этом магазине%s", ".");
    } else if (strcmp(reason, "channel") == 0) {
        WHY_SAY(why,
                "not for sales by \"%s\"; it is for: ", "не для покупок через «%s»; она для: ", why->sale->channel);
        why_put_names(why->out, &why->promotion->when->channels);
        strbuf_puts(why->out, ".");
    } else if (strcmp(reason, "date") == 0) {
        say_date(why);
    } else if (strcmp(reason, "hours") == 0) {
        say_hours(why);
    } else if (strcmp(reason, "weekday") == 0) {
        say_weekday(why);
    } else {
        return false;
    }
    return true;
}
