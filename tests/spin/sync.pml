/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal on its way up, and what may be pruned of it (docs/protocol.md 2, 7): one till, a network, a central.
 *
 * Every fault has a budget, so that the state space is finite and "in the end" means something; within it each may come
 * at any moment. A record is its number and the life it was written in: a disk put back to an old image begins the
 * second life. The hash chain is modelled by what it does: a message carries the lives of all records up to its last, so
 * "prev is the head hash" is "the lives before the first are those known here".
 *
 * MUTANT_NO_DEDUP, MUTANT_ACK_FIRST, MUTANT_SEQ_AT_SEND, MUTANT_PRUNE_FIRST and MUTANT_NO_FORK break one rule each;
 * spin.sh sees to it that each is found. SHOP_CLOSED shows what the protocol does not promise: see SELLS_ON.
 */
#ifndef SALES
#define SALES 2
#endif
#ifndef FAULTS
#define FAULTS 1 /* losses, copies and changes of order, in all */
#endif

#define LIFE(lives, n) ((lives >> (n)) & 1)
#define UP_TO(n) ((1 << ((n) + 1)) - 1) /* bits 0 to n; bit 0 is never set */
#define MIN(a, b) ((a) < (b) -> (a) : (b))

/* A till learns what a central put back lacks when it sends it something: with its next sale. */
#ifdef SHOP_CLOSED
#define SELLS_ON true
#else
#define SELLS_ON (head < SALES)
#endif

mtype = { ACK, EXPECT, FORK };

/* first, last, the lives of 1 to last, and by how much seq is off the sale's own number: 0 but for a mutant */
chan up = [2] of { byte, byte, byte, byte };
chan down = [2] of { mtype, byte, byte, byte }; /* seq, the lives that its hash stands for, incarnation */

/* The till's disk, and what it keeps in memory. */
byte head, kept_acked, pruned, lives;
byte acked;
byte row;          /* the last record that the rows in its cache include */
byte next_seq = 1; /* of the mutant that numbers at sending */
bool waiting, stopped;
bool second_life;

/* The central's disk. */
byte c_acked, c_counted, c_lives, incarnation;
byte booked[2 * SALES + 2]; /* by sale of the first life, then of the second */
bool quarantined;
byte b_acked, b_counted, b_lives; /* its backup */
bool backed_up;

byte faults = FAULTS;
byte till_restarts = 1, central_crashes = 1, restores = 1, images = 1;
byte i; /* of the loops below, 0 between */

inline check_central()
{
    d_step {
        i = 1;
        do
        :: i <= SALES ->
            assert(booked[i] <= 1 && booked[SALES + i] <= 1);                 /* exactly once: not twice */
            assert(!(booked[i] && booked[SALES + i]));                        /* one history, not two */
            assert((i <= c_acked) == (booked[i] + booked[SALES + i] == 1));   /* no gap, nothing beyond the cursor */
            i++
        :: else -> break
        od;
        i = 0
    }
}

/* What a backup brings back: the records beyond it are gone. */
inline drop_beyond(limit)
{
    d_step {
        i = limit + 1;
        do
        :: i <= SALES -> booked[i] = 0; booked[SALES + i] = 0; i++
        :: else -> break
        od;
        i = 0
    }
}

inline send_batch()
{
    atomic {
#ifdef MUTANT_SEQ_AT_SEND
        byte shift = next_seq - (acked + 1);
        up ! acked + 1, head, lives, shift;
        next_seq = next_seq + (head - acked);
        shift = 0;
#else
        up ! acked + 1, head, lives, 0;
#endif
        waiting = true
    }
}

active proctype till()
{
    mtype kind;
    byte seq, its, inc;

    do
    :: head < SALES && !stopped -> /* the sale's commit gives it its number */
        atomic {
            head++;
            lives = (second_life -> lives | (1 << head) : lives)
        }
    :: !waiting && !stopped && acked < head && nfull(up) -> send_batch()
    :: waiting && empty(up) && empty(down) -> waiting = false /* the time-out of a question: it is asked again */
    :: atomic { down ? kind, seq, its, inc ->
            if
            :: !waiting || stopped -> skip /* an answer to nobody's question */
            :: else ->
                waiting = false;
                if
                :: kind == ACK && seq <= head && ((lives ^ its) & UP_TO(seq)) != 0 -> stopped = true /* not our hash */
                :: kind == ACK && seq <= head && ((lives ^ its) & UP_TO(seq)) == 0 ->
                    assert(inc != incarnation || seq <= c_acked || quarantined); /* acked is stored */
                    acked = seq
                :: kind == ACK && seq > head -> stopped = true /* not our history */
                :: kind == EXPECT && seq > head + 1 -> stopped = true
                :: kind == EXPECT && seq <= head + 1 ->
                    assert(seq > pruned); /* what is asked for again is still there */
                    acked = seq - 1;
                    next_seq = seq
                :: kind == FORK -> stopped = true
                fi
            fi;
            kind = 0; seq = 0; its = 0; inc = 0
        }
    :: row != c_counted && !quarantined -> row = c_counted /* rows, then what they count, in one slice */
    :: kept_acked != acked -> kept_acked = acked
    :: atomic {
        /* Old enough only if the central's last backup is younger: that is what the fourteen days are for. */
#ifdef MUTANT_PRUNE_FIRST
        pruned < MIN(acked, b_acked) -> pruned = MIN(acked, b_acked);
#else
        pruned < MIN(MIN(acked, row), MIN(b_acked, b_counted)) ->
            pruned = MIN(MIN(acked, row), MIN(b_acked, b_counted));
#endif
        assert(pruned <= row) /* else the balance shown has lost a sale */
    }
    :: atomic { till_restarts > 0 -> till_restarts--; waiting = false; acked = kept_acked }
    :: atomic { images > 0 && head > 0 && pruned == 0 && restores == 1 -> /* an image from before the last sale */
        images--;
        restores = 0;
        head--;
        lives = lives & UP_TO(head);
        acked = MIN(acked, head);
        kept_acked = MIN(kept_acked, head);
        row = MIN(row, head);
        waiting = false;
        second_life = true
    }
    :: stopped || quarantined || (acked == SALES && c_acked == SALES && row == c_counted && c_counted == SALES && empty(up) &&
                   empty(down)) -> break
    od
}

active proctype network()
{
    byte first, last, its_lives, shift, seq, its, inc;
    mtype kind;

end_network:
    do
    :: atomic { faults > 0 && nempty(up) -> up ? first, last, its_lives, shift; faults--;
        if
        :: skip
        :: up ! first, last, its_lives, shift /* behind the others */
        :: len(up) == 0 -> up ! first, last, its_lives, shift; up ! first, last, its_lives, shift
        fi;
        first = 0; last = 0; its_lives = 0; shift = 0 }
    :: atomic { faults > 0 && nempty(down) -> down ? kind, seq, its, inc; faults--;
        if
        :: skip
        :: down ! kind, seq, its, inc
        :: len(down) == 0 -> down ! kind, seq, its, inc; down ! kind, seq, its, inc
        fi;
        kind = 0; seq = 0; its = 0; inc = 0 }
    od
}

inline answer(kind, seq)
{
    if
    :: nfull(down) -> down ! kind, seq, c_lives & UP_TO(seq), incarnation
    :: full(down) -> skip /* nobody reads that much: the connection is gone */
    fi
}

active proctype central()
{
    byte first, last, its_lives, shift, n;

end_central:
    do
    :: atomic { up ? first, last, its_lives, shift ->
            first = first + shift;
            last = last + shift;
            if
            :: quarantined -> answer(FORK, 0)
#ifndef MUTANT_NO_FORK
            /* A known record with another hash, or a first one whose prev is not the head. */
            :: !quarantined && shift == 0 && first <= c_acked + 1 &&
               (its_lives & UP_TO(MIN(last, c_acked))) != (c_lives & UP_TO(MIN(last, c_acked))) ->
                quarantined = true;
                answer(FORK, 0)
#endif
            :: else ->
                if
                :: first > c_acked + 1 -> answer(EXPECT, c_acked + 1)
                :: else ->
#ifdef MUTANT_NO_DEDUP
                    n = first;
#else
                    n = c_acked + 1;
#endif
#ifdef MUTANT_ACK_FIRST
                    if
                    :: last > c_acked && central_crashes > 0 -> central_crashes--; answer(ACK, last); goto crashed
                    :: skip
                    fi;
#endif
                    do
                    :: n <= last && n - shift <= SALES ->
                        if
                        :: LIFE(its_lives, n - shift) -> booked[SALES + n - shift]++
                        :: else -> booked[n - shift]++
                        fi;
                        n++
                    :: else -> break
                    od;
                    if
                    :: last > c_acked ->
                        c_lives = (c_lives & UP_TO(c_acked)) | (its_lives & ~UP_TO(c_acked));
                        c_acked = last;
                        assert(((c_lives ^ its_lives) & UP_TO(last)) == 0) /* one history, the sender's */
                    :: else -> skip
                    fi;
                    check_central();
                    if /* it is on its disk; the power may go before the answer does */
                    :: central_crashes > 0 -> central_crashes--
                    :: answer(ACK, c_acked)
                    fi
                fi
            fi;
crashed:
            first = 0; last = 0; its_lives = 0; shift = 0; n = 0
        }
    :: c_counted < c_acked -> c_counted = c_acked /* interpreting is a step of its own */
    :: atomic { !backed_up && c_acked > 0 -> backed_up = true;
                b_acked = c_acked; b_counted = c_counted; b_lives = c_lives }
    :: atomic { backed_up && restores > 0 && c_acked > b_acked && SELLS_ON -> restores--; images = 0;
        c_acked = b_acked; c_counted = b_counted; c_lives = b_lives; incarnation++;
        drop_beyond(c_acked);
        check_central() }
    od
}

/* When the faults are over, every sale is booked and every balance told; or the till was found to be a copy. */
ltl delivered { <> ((c_acked == SALES && acked == SALES && row == SALES) || stopped || quarantined) }
