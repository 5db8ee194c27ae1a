/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points set aside (docs/protocol.md 5, 7): one member, two tills, a central that may be put back to a backup.
 *
 * The first till asks for a hold too, the other goes by leases alone: that is enough for each to stand in the other's way.
 * Records reach the central once and in order, at any time later: sync.pml is about that. Here is what they say of leases and
 * holds. A lease and a hold are of one point each. "given" is what tills may still spend and what they have spent: T1 says that
 * it never passes what the member has, whoever is silent for however long. Writing off, which is a decision to bear that, is
 * left out.
 *
 * MUTANT_TIMER_LEASE, MUTANT_TIMER_HOLD, MUTANT_GRANT_EARLY and MUTANT_CLOSE_FIRST break one rule each; spin.sh sees to it that
 * each is found.
 */
#ifndef POINTS
#define POINTS 2
#endif
#ifndef RECORDS
#define RECORDS 3 /* of a till, at most */
#endif
#define TILLS 2
#define SPARE (said[i] -> 0 : 1) /* for what is held, when the central is another */

mtype = { USE, USE_HOLD, VOID_HOLD, CLOSE, HOLDINGS };
mtype = { LEASE, ANOTHER };

/* ---- the tills: what they may spend, what they wrote down ---- */
byte left[TILLS];                        /* of the lease */
bool asked[TILLS], has_hold[TILLS];      /* a hold: asked for and not answered yet; granted */
bool hold_over[TILLS];                   /* one is asked for once */
byte length[TILLS];                      /* of the journal */
mtype record[TILLS * RECORDS];
byte holds_lease[TILLS], holds_hold[TILLS]; /* what the holdings record says */
bool said[TILLS];
byte spent;                              /* by both, in all */

/* ---- on the way down: rows come in order, one poll after the other; the answer about a hold comes in time or never ---- */
chan rows[TILLS] = [2] of { mtype };
bool granted[TILLS]; /* the answer about the hold, under way */

/* ---- the central ---- */
byte counted[TILLS], posted = POINTS;
byte leased[TILLS], held[TILLS];
bool ended[TILLS]; /* the hold: a question that comes later is refused */
bool told[TILLS];  /* since it was put back, what this till holds */
bool put_back, backed_up;
byte b_counted[TILLS], b_posted, b_leased[TILLS], b_held[TILLS];
bool b_ended[TILLS];

#define FREE      (posted - leased[0] - leased[1] - held[0] - held[1])
#ifdef MUTANT_GRANT_EARLY
#define MAY_GRANT true
#else
#define MAY_GRANT (!put_back || (told[0] && told[1]))
#endif

#define UNDER_WAY(i) (rows[i] ?? [LEASE])

/* What tills have in their hands or on the way to them, and what they spent, is there. */
inline check()
{
    assert(spent + left[0] + left[1] + has_hold[0] + has_hold[1] + granted[0] + granted[1] + UNDER_WAY(0) + UNDER_WAY(1) <= POINTS)
}
inline write_down(i, what)
{
    record[i * RECORDS + length[i]] = what;
    length[i]++
}

proctype till(byte i)
{
    mtype row;
end:
    do
    /* A row of a lease, or the word that the central is another one: then what is held is said, before any row of it counts. */
    :: atomic { rows[i] ? row ->
        if
        :: row == LEASE -> left[i] = 1
        :: row == ANOTHER -> said[i] = true; holds_lease[i] = left[i]; holds_hold[i] = has_hold[i]; write_down(i, HOLDINGS)
        fi; row = 0; check() }
    /* Spent from the lease: on disk before anybody hears of it. */
    :: d_step { left[i] > 0 && length[i] < RECORDS - SPARE -> left[i]--; spent++; write_down(i, USE); check() }
    /* Its time is over, or it is recalled. */
    :: d_step { left[i] > 0 && length[i] < RECORDS - SPARE -> left[i] = 0; write_down(i, CLOSE);
#ifdef MUTANT_CLOSE_FIRST
        leased[i] = 0;
#endif
        check() }
    :: d_step { i == 0 && !asked[i] && !hold_over[i] -> asked[i] = true; hold_over[i] = true }
    :: d_step { granted[i] && asked[i] -> granted[i] = false; asked[i] = false; has_hold[i] = true; check() }
    /* No answer in time: given up by a record; an answer that comes later is nobody's. */
    :: d_step { asked[i] && length[i] < RECORDS - SPARE -> asked[i] = false; granted[i] = false; write_down(i, VOID_HOLD); check() }
    :: d_step { has_hold[i] && length[i] < RECORDS - SPARE -> has_hold[i] = false; spent++; write_down(i, USE_HOLD); check() }
    :: d_step { has_hold[i] && length[i] < RECORDS - SPARE -> has_hold[i] = false; write_down(i, VOID_HOLD); check() }
    od
}

inline count(i)
{
    if
    :: record[i * RECORDS + counted[i]] == USE -> posted--;
        if
        :: leased[i] > 0 -> leased[i]--
        :: else
        fi
    :: record[i * RECORDS + counted[i]] == USE_HOLD -> posted--; held[i] = 0; ended[i] = true
    :: record[i * RECORDS + counted[i]] == VOID_HOLD -> held[i] = 0; ended[i] = true
    :: record[i * RECORDS + counted[i]] == CLOSE -> leased[i] = 0
    :: record[i * RECORDS + counted[i]] == HOLDINGS ->
        told[i] = true;
        if
        :: holds_lease[i] > leased[i] -> leased[i] = holds_lease[i]
        :: else
        fi;
        if
        :: holds_hold[i] > held[i] && !ended[i] -> held[i] = holds_hold[i]
        :: else
        fi
    fi;
    counted[i]++
}

proctype central_of(byte i)
{
end:
    do
    :: d_step { counted[i] < length[i] -> count(i) }
    :: d_step { MAY_GRANT && FREE > 0 && leased[i] == 0 && left[i] == 0 && !UNDER_WAY(i) && nfull(rows[i]) -> leased[i] = 1; rows[i] ! LEASE; check() }
    :: d_step { MAY_GRANT && asked[i] && !granted[i] && !ended[i] && held[i] == 0 && FREE > 0 -> held[i] = 1; granted[i] = true; check() }
    :: d_step { asked[i] && !granted[i] && held[i] == 0 -> asked[i] = false; ended[i] = true } /* refused, and so it stays */
#ifdef MUTANT_TIMER_LEASE
    :: d_step { leased[i] > 0 -> leased[i] = 0 }
#endif
#ifdef MUTANT_TIMER_HOLD
    :: d_step { held[i] > 0 -> held[i] = 0; ended[i] = true }
#endif
    od
}

proctype backups()
{
end:
    do
    :: d_step { !backed_up -> backed_up = true; b_posted = posted;
        b_counted[0] = counted[0]; b_counted[1] = counted[1]; b_leased[0] = leased[0]; b_leased[1] = leased[1];
        b_held[0] = held[0]; b_held[1] = held[1]; b_ended[0] = ended[0]; b_ended[1] = ended[1] }
    /* Put back: takes longer than an answer about a hold may. Polls of before are answered, or never will be. */
    :: d_step { backed_up && !put_back && !granted[0] && !granted[1] && nfull(rows[0]) && nfull(rows[1]) -> put_back = true; posted = b_posted;
        counted[0] = b_counted[0]; counted[1] = b_counted[1]; leased[0] = b_leased[0]; leased[1] = b_leased[1];
        held[0] = b_held[0]; held[1] = b_held[1]; ended[0] = b_ended[0]; ended[1] = b_ended[1];
        rows[0] ! ANOTHER; rows[1] ! ANOTHER }
    od
}

init { atomic { run till(0); run till(1); run central_of(0); run central_of(1); run backups() } }
