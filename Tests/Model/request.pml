/*
 * The life of one request, as Tests/Model/check has spin search it: every interleaving of the replicas, the broker and
 * the service, with a bounded number of troubles, each at any step. One `d_step` is one numbered step of the life; a
 * crash or a lost connection falls between any two of them.
 *
 * How a request is served
 * - Look up before judging, unless it is a first delivery and duplicateCheck is `redelivered`. Found: adopt.
 * - A request is suspect when an attempt of somebody else's may be in flight: redelivered, off the dead queue, after an
 *   unclear answer, or when the header says so. A suspect request is neither started nor refused on the word of one
 *   look-up: it is deferred as long as the in-flight window, looked up again, and only then judged.
 * - Every copy we publish carries on what the delivery said: suspect (until the window is over; under TWINS again
 *   where the delivery was redelivered or the copy is published again, for there may be another), doomed (to be
 *   refused: dead-lettered, or at the poison guard), and the deliveries used up so far, for the broker counts each copy
 *   from nought. Every such copy is looked up, also a returned one.
 * - Defer and return: copy confirmed, then ack. Park: error copy confirmed, then reply confirmed, then ack.
 * - After a `failed` reply and before its ack: one more look-up. A run that exists by now is answered `started`.
 * - Memory: a start is answered from memory at once; a failure only after a look-up, and a crash forgets both.
 * - Fence: a replica that knows its consuming channel is gone drops the request, unless it waits for createRun.
 *
 * What is assumed of the broker
 * - A confirmed publish is stored for good; one without a confirm may be stored or not. A delayed copy may come twice.
 * - A lost connection gives back what was held on it at once, flagged redelivered and counted. The replica learns it
 *   any time later and goes on till then, publishes included. An ack on a channel that is gone does nothing.
 * - Beyond the delivery limit, or when it expires, a request moves to the dead queue, with flag and count cleared.
 *   The dead queue has no delivery limit.
 * What is assumed of the service
 * - createRun commits at once, or later inside the window, or never; whatever it answers: the id, throttled (not
 *   committed), a permanent refusal (not committed), or nothing clear. It need not answer alike twice.
 * - DEDUPE: a repeated id starts nothing. Otherwise every commit is a run of its own, the later ones under other ids.
 * - A look-up sees every commit before it, or fails.
 * - The window outlasts every POST sent before it began, and every POST of a holder who had been cut off by then and
 *   has not noticed: HTTP time-out + the time a replica needs to notice a dead connection + slack.
 * What is assumed of the replicas
 * - A request that kills its workers does so before the POST or at its answer, not while it is read or looked up.
 * - Troubles end. There is no fairness to assume: without new troubles no step can be repeated for ever.
 *
 * TWINS are what the worker does. They add a wait and nothing else, and make room for three copies more at a time, so
 * that the widest searches go without. They make it rare that two copies meet, which a model without time can't show;
 * what is searched is that they do no harm.
 *
 * Limits; `check` shows that the model finds them, so that nobody takes them for promised
 * - A service that does not dedupe, and two copies of one request at large at once (sent twice; a deferral or return in
 *   doubt, or cut off before its ack): both may be started.
 * - Two copies at large at once: `failed` may be said after `started`. `started` is then said once more, except when a
 *   holder who had been cut off unawares said the `failed`.
 * - A commit after the window on a service that does not dedupe.
 * Not in the model: requests without identity, marker parameter, `conflict`, generations and the error desk, time-outs
 * of the broker, flow control, several requests.
 */

/* Bounds of a search. What may go wrong, goes wrong at most so often, at any step. */
#ifndef TROUBLES
#define TROUBLES 3 /* how much goes wrong in all, each time at any step and of any of these kinds: */
#endif
#define CRASH 1    /* kill -9 of a replica, which starts again */
#define CUT 2      /* loss of a consuming connection */
#define LOSS 4     /* a publish lost, a confirm lost, a reply returned, a delayed copy doubled by the broker */
#define FAULT 8    /* a look-up that fails, createRun throttled, createRun answered with an unclear result */
#define STOP 16    /* SIGTERM */
#ifndef KINDS
#define KINDS 31
#endif
#define TROUBLE(kind) (troubles < TROUBLES && (KINDS & kind))
#ifndef SENT
#define SENT 1     /* how often the publisher sends the same request */
#endif
#ifndef REPLICAS
#define REPLICAS 2
#endif
#ifndef LIMIT
#define LIMIT 7    /* the request queue's delivery limit */
#endif
#ifndef FLIGHTS
#define FLIGHTS 3  /* POSTs in flight at once; asserted to be enough */
#endif
#ifndef COPIES
#define COPIES 3   /* copies of the request at once; asserted to be enough */
#endif
#ifdef NO_GUARD
#define GUARD 7
#else
#define GUARD (LIMIT - 1)
#endif

/* The properties. A search asserts all of them, or ONLY one. */
#define RUNS 1     /* never two runs */
#define ACKS 2     /* never an ack before a stored answer, and a stored error copy where one is due */
#define KEPT 3     /* on a queue until it is answered; a deferred or returned copy is never lost */
#define ORDER 4    /* never two run ids, never `failed` after `started` */
#define LAST 5     /* at rest: answered, nothing left, a run that exists is the last thing said */
#define POISON 6   /* a request that kills its workers is answered before the broker takes it */
#ifdef ONLY
#define CHECK(property, holds) assert(property != ONLY || (holds))
#else
#define CHECK(property, holds) assert(holds)
#endif

/* Two copies of one request at large at once: see the limits above. */
#ifdef STRICT
#define EXCUSED false
#else
#define EXCUSED two
#endif

/* A service that does not dedupe is searched only as long as one copy is at large: beyond, nothing is promised. */
#if defined(DEDUPE) || defined(STRICT)
#define SCOPE (true)
#else
#define SCOPE (!two)
#endif

mtype:place = { nowhere, onRequests, onDelay, onDead, held };
mtype:step = { idle, decode, lookup, judge, post, waiting, move, moved, leave, park, parked, reply, store, replied,
    after, settle };
mtype:answer = { silent, ok, other, unclear, throttled, permanent };
mtype:outcome = { none, started, strange, failed };

typedef Copy {
    mtype:place place = nowhere;
    unsigned holder : 2;
    unsigned count : 3;   /* the broker's delivery count */
    unsigned carried : 3; /* header: deliveries that earlier copies had used up */
    unsigned wait : 7;    /* what its delay outlasts: POSTs in flight, holders that do not know yet */
    bit redelivered;
    bit suspect;          /* header: an attempt may be in flight */
    bit known;            /* header: was deferred */
    bit doomed;           /* header: is to be refused unless its run exists */
    bit dead;             /* came over the dead queue */
    bit expires           /* the property `expiration` */
}
Copy copy[COPIES];

typedef Flight {
    bit flying;
    unsigned owner : 2    /* replica + 1; 0: nobody waits for the answer */
}
Flight flight[FLIGHTS];

mtype:step step[REPLICAS] = idle;
mtype:answer answer[REPLICAS] = silent;
typedef Life {            /* what a replica knows */
    mtype:outcome outcome = none;
    mtype:outcome memory = none; /* of the identity; outlives a life, not a crash */
    unsigned current : 3; /* the copy it holds, and what that said when it was delivered: */
    unsigned used : 3;    /* deliveries, of this copy and of earlier ones */
    bit suspect;
    bit known;
    bit doomed;
    bit fromDead;
    bit twin;             /* another copy may be at large: redelivered, or a copy's confirm was lost */
    bit home;             /* the copy to publish is a return, not a deferral */
    bit window;           /* the deferral lasts as long as the in-flight window */
    bit noticed;
    bit stopping
}
Life life[REPLICAS];
#define my life[me]
bit stale[REPLICAS];      /* the broker has taken back what it holds, and it does not know yet */

unsigned runs : 2;
mtype:outcome last = none;
bit saidStarted, saidStrange, saidFailed, errorStored;
bit two;                  /* two copies were at large at once */
bit late;                 /* and a holder that had been cut off unawares said `failed` after another's `started` */
unsigned troubles : 3;
unsigned kills : 2;       /* the request kills its worker: 1 before the POST, 2 at its answer */

hidden byte x;            /* scratch, used within one step only */
hidden byte y;
hidden byte z;
hidden byte k;

#define FLYING(f) (1 << (f))
#define HOLDING(r) (1 << (FLIGHTS + (r)))

inline count_copies(without) {
    /* A holder that has published its copy and only waits to ack does no more work on the one it holds. */
    x = 0; y = 0;
    do
    :: x < COPIES ->
        if
        :: x == without || copy[x].place == nowhere -> skip
        :: x != without && copy[x].place == held &&
            (step[copy[x].holder] == moved || step[copy[x].holder] == leave) -> skip
        :: else -> y++
        fi;
        x++
    :: else -> break
    od
}

inline count_all() {
    x = 0; y = 0;
    do
    :: x < COPIES -> y = y + (copy[x].place != nowhere); x++
    :: else -> break
    od
}

inline outlasted(bits) {
    x = 0;
    do
    :: x < COPIES -> copy[x].wait = copy[x].wait & ~(bits); x++
    :: else -> break
    od
}

inline find_slot() {
    z = 0;
    do
    :: z < COPIES && copy[z].place != nowhere -> z++
    :: else -> break
    od;
    assert(z < COPIES)
}

inline remove(c) {
    copy[c].place = nowhere; copy[c].holder = 0; copy[c].count = 0; copy[c].carried = 0; copy[c].wait = 0;
    copy[c].redelivered = 0; copy[c].suspect = 0; copy[c].known = 0; copy[c].doomed = 0; copy[c].dead = 0;
    copy[c].expires = 0;
    count_all();
    CHECK(KEPT, y > 0 || last != none)
}

inline bury(c) {
    copy[c].place = onDead; copy[c].dead = 1; copy[c].count = 0; copy[c].redelivered = 0; copy[c].expires = 0
}

/* A broken connection gives back what was held on it. */
inline take_back(r) {
    k = 0;
    do
    :: k < COPIES && copy[k].place == held && copy[k].holder == r ->
        copy[k].holder = 0; copy[k].redelivered = 1;
        if :: copy[k].count < LIMIT + 1 -> copy[k].count++ :: else fi;
        if
        :: copy[k].dead -> copy[k].place = onDead
        :: !copy[k].dead && copy[k].count <= LIMIT -> copy[k].place = onRequests
        :: else ->
            bury(k);
            CHECK(POISON, kills == 0)
        fi;
#ifdef DEAD_QUEUE_LIMIT
        if :: copy[k].dead && copy[k].count > DEAD_QUEUE_LIMIT -> remove(k) :: else fi;
#endif
        count_copies(k);
        if :: y > 0 -> two = 1 :: else fi;
        k++
    :: k < COPIES && !(copy[k].place == held && copy[k].holder == r) -> k++
    :: else -> break
    od
}

/* A life is over: everything but the memory of identities goes back to how it was. */
inline end_life() {
    outlasted(HOLDING(me));
    if :: my.stopping -> my.stopping = 0; my.memory = none :: else fi;
    stale[me] = 0; my.current = 0; my.outcome = none; my.suspect = 0; my.known = 0; my.doomed = 0; my.fromDead = 0;
    my.twin = 0; my.used = 0;
    my.home = 0; my.window = 0; my.noticed = 0; step[me] = idle
}

inline crash() {
    take_back(me);
    x = 0;
    do
    :: x < FLIGHTS -> if :: flight[x].owner == me + 1 -> flight[x].owner = 0 :: else fi; x++
    :: else -> break
    od;
    answer[me] = silent; my.memory = none; end_life()
}

inline take(c) {
    copy[c].place = held; copy[c].holder = me; my.current = c;
#ifdef DEAD_FORGETS
    my.suspect = copy[c].redelivered || copy[c].suspect;
#else
    my.suspect = copy[c].redelivered || copy[c].suspect || copy[c].dead;
#endif
#ifdef TWINS
    my.twin = copy[c].redelivered || copy[c].dead;
#endif
    my.known = copy[c].known; my.doomed = copy[c].doomed || copy[c].dead; my.fromDead = copy[c].dead;
    my.used = copy[c].carried + copy[c].count;
    if :: my.used > LIMIT -> my.used = LIMIT :: else fi;
    step[me] = decode
}
#define TAKE(c) \
    :: d_step { step[me] == idle && (copy[c].place == onRequests || copy[c].place == onDead) -> take(c) }

/* The copy that a deferral or a return publishes; `z` is its slot. */
inline publish_copy() {
    find_slot();
    copy[z].place = (my.home -> onRequests : onDelay);
#ifndef COUNT_STARTS_ANEW
    copy[z].carried = my.used;
#endif
#ifdef RETURN_UNKNOWN
    copy[z].known = my.known || !my.home;
#else
    copy[z].known = 1;
#endif
#ifdef RETURN_FORGETS
    copy[z].suspect = (my.suspect && !my.window || my.twin) && !my.home;
#elif defined(DEFER_FORGETS)
    copy[z].suspect = (my.suspect && !my.window || my.twin) && my.home;
#else
    copy[z].suspect = my.suspect && !my.window || my.twin;
#endif
    copy[z].doomed = my.doomed;
    if
    :: my.window ->
        x = 0;
        do
        :: x < FLIGHTS -> if :: flight[x].flying -> copy[z].wait = copy[z].wait | FLYING(x) :: else fi; x++
        :: else -> break
        od;
#ifndef WINDOW_IGNORES_LAG
        x = 0;
        do
        :: x < REPLICAS ->
            if :: x != me && stale[x] && step[x] != idle -> copy[z].wait = copy[z].wait | HOLDING(x) :: else fi; x++
        :: else -> break
        od;
#endif
#ifdef STARTS_ANYWAY
        copy[z].wait = 0;
#endif
    :: else
    fi;
    step[me] = moved;
    count_copies(z);
    if :: y > 0 -> two = 1 :: else fi
}

inline send() {
    z = 0;
    do
    :: z < FLIGHTS && flight[z].flying -> z++
    :: else -> break
    od;
    assert(z < FLIGHTS);
    flight[z].flying = 1; flight[z].owner = me + 1;
    x = 0;
    do
    :: x < COPIES -> if :: copy[x].wait & HOLDING(me) -> copy[x].wait = copy[x].wait | FLYING(z) :: else fi; x++
    :: else -> break
    od;
    step[me] = waiting
}

/* The broker has stored the reply. */
inline say() {
    if
    :: my.outcome == failed ->
        CHECK(ORDER, !(saidStarted || saidStrange) || EXCUSED);
        saidFailed = 1;
        if :: stale[me] && EXCUSED && (saidStarted || saidStrange) -> late = 1 :: else fi
    :: my.outcome == started -> saidStarted = 1
    :: else -> saidStrange = 1
    fi;
    CHECK(ORDER, !(saidStarted && saidStrange) || EXCUSED);
    last = my.outcome;
    step[me] = replied
}

#define CONDEMNED (my.doomed || my.used >= GUARD)

proctype Replica(byte me) provided (SCOPE) {
end:
    do
    TAKE(0)
    TAKE(1)
    TAKE(2)
#if COPIES > 3
    TAKE(3)
#endif
#if COPIES > 4
    TAKE(4)
#endif

    /* 1, 2: what this replica remembers; look up before judging. */
#ifdef MEMORY_FIRST
    :: d_step { step[me] == decode && my.memory == failed -> my.outcome = failed; step[me] = park }
#endif
    :: d_step { step[me] == decode && my.memory == started -> my.outcome = started; step[me] = reply }
#ifdef NO_LOOKUP
    :: d_step { step[me] == decode && my.memory != started -> step[me] = judge }
#else
    :: d_step { step[me] == decode && my.memory != started -> step[me] = lookup }
#if SENT == 1 /* duplicateCheck: redelivered; `always` is the line above */
    :: d_step { step[me] == decode && my.memory != started && !(my.suspect || my.known) -> step[me] = judge }
#endif
#endif
    :: d_step { step[me] == lookup && runs > 0 -> my.outcome = started; my.memory = started; step[me] = reply }
    :: d_step { step[me] == lookup && runs == 0 -> step[me] = judge }
    :: d_step { step[me] == lookup && TROUBLE(FAULT) -> troubles++; step[me] = move }

    /* 3: refuse (deadline, policy, poison guard, dead-lettered). An absent run proves nothing while a POST may be in
       flight, so whatever comes after a broken delivery is judged only after the window. */
#ifdef JUDGES_AT_ONCE
    :: d_step { step[me] == judge -> my.outcome = failed; step[me] = park }
    :: d_step { step[me] == judge && my.suspect && !CONDEMNED -> my.window = 1; step[me] = move }
#elif defined(NO_WINDOW)
    :: d_step { step[me] == judge -> my.outcome = failed; step[me] = park }
#else
    :: d_step { step[me] == judge && my.suspect ->
        my.window = 1; my.doomed = CONDEMNED; step[me] = move }
    :: d_step { step[me] == judge && !my.suspect -> my.outcome = failed; step[me] = park }
#endif

    /* 4: start. */
#ifdef NO_WINDOW
    :: d_step { step[me] == judge && !CONDEMNED -> step[me] = post }
#else
    :: d_step { step[me] == judge && !my.suspect && !CONDEMNED && my.memory != failed -> step[me] = post }
#endif
    :: d_step { step[me] == post && kills != 1 -> send() }
    :: d_step { step[me] == post && kills == 1 -> crash() }
    :: d_step { step[me] == waiting && answer[me] != silent && kills == 2 -> crash() }
    :: d_step { step[me] == waiting && answer[me] == ok && kills != 2 ->
        answer[me] = silent; my.outcome = started; my.memory = started; step[me] = reply }
    :: d_step { step[me] == waiting && answer[me] == other && kills != 2 ->
        answer[me] = silent; my.outcome = strange; step[me] = reply }
    :: d_step { step[me] == waiting && answer[me] == unclear && kills != 2 ->
        answer[me] = silent; my.suspect = 1; step[me] = lookup }
    :: d_step { step[me] == waiting && answer[me] == throttled && kills != 2 -> answer[me] = silent; step[me] = post }
    :: d_step { step[me] == waiting && answer[me] == throttled && kills != 2 -> answer[me] = silent; step[me] = move }
    :: d_step { step[me] == waiting && answer[me] == permanent && kills != 2 ->
        answer[me] = silent; my.outcome = failed; step[me] = park }

    /* Defer or return: a confirmed copy, then the ack. */
#ifdef ACK_THEN_MOVE
    :: d_step { step[me] == move && copy[my.current].place == held && copy[my.current].holder == me ->
        z = my.current; remove(z) }
    :: d_step { step[me] == move && !(copy[my.current].place == held && copy[my.current].holder == me) ->
        publish_copy() }
    :: d_step { step[me] == move && TROUBLE(LOSS) -> troubles++ }
    :: d_step { step[me] == moved -> end_life() }
#else
    :: d_step { step[me] == move -> publish_copy() }
    :: d_step { step[me] == move && TROUBLE(LOSS) -> troubles++
#ifdef MOVE_UNCONFIRMED
        ; step[me] = leave
#endif
        }
    :: d_step { step[me] == moved -> step[me] = leave }
    :: d_step { step[me] == moved && TROUBLE(LOSS) -> troubles++; step[me] = move
#ifdef TWINS
        ; my.twin = 1
#endif
        }
    :: d_step { step[me] == leave -> if :: !stale[me] -> z = my.current; remove(z) :: else fi; end_life() }
#endif

    /* Park: a confirmed error copy. */
    :: d_step { step[me] == park -> errorStored = 1; step[me] = parked }
    :: d_step { step[me] == park && TROUBLE(LOSS) -> troubles++
#ifdef PARK_UNCONFIRMED
        ; step[me] = reply
#endif
        }
    :: d_step { step[me] == parked -> step[me] = reply }
    :: d_step { step[me] == parked && TROUBLE(LOSS) -> troubles++; step[me] = park }

    /* 5: reply; a returned one is stored elsewhere, one in doubt is sent again. */
    :: d_step { step[me] == reply -> say() }
    :: d_step { step[me] == reply && TROUBLE(LOSS) -> troubles++
#ifdef ACK_UNCONFIRMED
        ; step[me] = settle
#endif
        }
    :: d_step { step[me] == reply && TROUBLE(LOSS) -> troubles++; step[me] = store }
    :: d_step { step[me] == store -> say() }
    :: d_step { step[me] == store && TROUBLE(LOSS) -> troubles++ }
    :: d_step { step[me] == replied && TROUBLE(LOSS) -> troubles++; step[me] = reply }
#ifdef NO_LOOKUP_AFTER_FAILED
    :: d_step { step[me] == replied -> step[me] = settle }
#else
    :: d_step { step[me] == replied -> step[me] = (my.outcome == failed -> after : settle) }
#endif
    :: d_step { step[me] == after && runs == 0 -> step[me] = settle }
    :: d_step { step[me] == after && runs > 0 -> my.outcome = started; step[me] = reply }

    /* 6: settle. An ack on a channel that is gone does nothing. */
    :: d_step { step[me] == settle ->
        CHECK(ACKS, (my.outcome == failed && saidFailed && errorStored) || (my.outcome == started && saidStarted) ||
            (my.outcome == strange && saidStrange));
        if :: !stale[me] -> z = my.current; remove(z) :: else fi;
        my.memory = (my.outcome == failed -> failed : started);
        end_life() }

    /* Fence: a replica that knows its channel is gone drops what it holds, once an answer of ADF is not awaited. */
#ifdef NO_FENCE
    :: d_step { stale[me] && !my.noticed && step[me] != waiting -> outlasted(HOLDING(me)); my.noticed = 1 }
#else
    :: d_step { stale[me] && step[me] != waiting -> end_life() }
#endif

    /* Stop: return what was not started, finish what was. */
    :: d_step { TROUBLE(STOP) && !my.stopping && step[me] != idle -> troubles++; my.stopping = 1 }
    :: d_step { my.stopping && !my.fromDead &&
        (step[me] == decode || step[me] == lookup || step[me] == judge || step[me] == post) ->
        my.home = 1; step[me] = move }

    :: d_step { TROUBLE(CUT) && step[me] != idle && !stale[me] -> troubles++; take_back(me); stale[me] = 1 }
    :: d_step { TROUBLE(CRASH) && (step[me] != idle || my.memory != none) -> troubles++; crash() }
    od
}

inline land(f) {
    outlasted(FLYING(f)); flight[f].flying = 0; flight[f].owner = 0
}

#ifdef DEDUPE
#define COMMIT if :: runs == 0 -> runs = 1 :: else fi; z = ok
#else
#define COMMIT z = (runs == 0 -> ok : other); if :: runs < 2 -> runs++ :: else fi; CHECK(RUNS, runs < 2 || EXCUSED)
#endif
#define OWNER(f) flight[f].owner - 1

#define RESOLVE(f) \
    :: d_step { flight[f].flying && flight[f].owner -> COMMIT; answer[OWNER(f)] = z; land(f) } \
    :: d_step { flight[f].flying && flight[f].owner -> answer[OWNER(f)] = permanent; land(f) } \
    :: d_step { flight[f].flying && flight[f].owner && TROUBLE(FAULT) -> \
        troubles++; answer[OWNER(f)] = throttled; land(f) } \
    :: d_step { flight[f].flying && flight[f].owner && TROUBLE(FAULT) -> \
        troubles++; answer[OWNER(f)] = unclear; flight[f].owner = 0 } \
    :: d_step { flight[f].flying && !flight[f].owner -> COMMIT; land(f) } \
    :: d_step { flight[f].flying && !flight[f].owner -> land(f) }

#define PASS(c) \
    :: d_step { copy[c].place == onDelay && !copy[c].wait -> copy[c].place = onRequests } \
    :: d_step { copy[c].place == onDelay && !copy[c].wait && TROUBLE(LOSS) -> \
        troubles++; find_slot(); copy[z].place = onRequests; copy[z].carried = copy[c].carried; copy[z].known = 1; \
        copy[z].suspect = copy[c].suspect; copy[z].doomed = copy[c].doomed; two = 1 } \
    :: d_step { copy[c].place == onRequests && copy[c].expires -> bury(c) }

proctype World() provided (SCOPE) {
end:
    do
    RESOLVE(0)
    RESOLVE(1)
    RESOLVE(2)
#if FLIGHTS > 3
    RESOLVE(3)
#endif
    PASS(0)
    PASS(1)
    PASS(2)
#if COPIES > 3
    PASS(3)
#endif
#if COPIES > 4
    PASS(4)
#endif
#ifndef LIVENESS
    :: timeout ->
        d_step {
            count_all();
            CHECK(LAST, !SCOPE || (y == 0 && last != none && (runs == 0 || last != failed || late) &&
                (last != failed || errorStored)));
            y = 0
        }
        break
#endif
    od
}

init {
    atomic {
        copy[0].place = onRequests;
        if :: true -> copy[0].expires = 1 :: true fi;
#if SENT > 1
        copy[1].place = onRequests; two = 1;
#endif
#ifdef KILLER
        if :: true -> kills = 1 :: true -> kills = 2 fi;
#endif
        x = 0;
        do
        :: x < REPLICAS -> run Replica(x); x++
        :: else -> break
        od;
        run World()
    }
}

#ifdef LIVENESS
#define GONE(c) (copy[c].place == nowhere)
#if COPIES == 3
#define ALL_GONE (GONE(0) && GONE(1) && GONE(2))
#elif COPIES == 4
#define ALL_GONE (GONE(0) && GONE(1) && GONE(2) && GONE(3))
#else
#define ALL_GONE (GONE(0) && GONE(1) && GONE(2) && GONE(3) && GONE(4))
#endif
ltl answered { <> [] (!SCOPE || (ALL_GONE && last != none && (runs == 0 || last != failed || late))) }
#endif
