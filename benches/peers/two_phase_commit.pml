/* Two-phase commit: TwoPhase.tla of Gray and Lamport ("Consensus on Transaction Commit", ACM TODS 31(1),
 * 2006) with N resource managers, to compare SPIN with the searches of this repository. Each action of the
 * specification is one atomic step, so the states are those of the specification: 296,448 for N = 7,
 * 1,745,408 for N = 8, 10,340,352 for N = 9. No property is asked, only the states are visited.
 *
 *     spin -DN=9 -a two_phase_commit.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan -w24
 */

#ifndef N
#define N 7
#endif

#define WORKING 0
#define PREPARED 1
#define COMMITTED 2
#define ABORTED 3

/* The width of a field must be a number. */
#if N == 3
#define TWICE_N 6
#elif N == 5
#define TWICE_N 10
#elif N == 7
#define TWICE_N 14
#elif N == 8
#define TWICE_N 16
#elif N == 9
#define TWICE_N 18
#endif

#define INIT 0
#define ALL ((1 << N) - 1)

/* Two bits for each resource manager (rmState). */
unsigned resource_managers : TWICE_N = 0;
/* tmState. Its message, once sent, stays, so this is its part of msgs too. */
unsigned manager : 2 = INIT;
/* Whose "prepared" message was sent, and whose has arrived (tmPrepared). */
unsigned sent : N = 0;
unsigned received : N = 0;

#define of(rm) ((resource_managers >> (2 * (rm))) & 3)
#define become(rm, decision) \
    resource_managers = (resource_managers & ~(3 << (2 * (rm)))) | (decision << (2 * (rm)))

active proctype protocol() {
    byte rm;
    do
    :: d_step { manager == INIT && received == ALL -> manager = COMMITTED }
    :: d_step { manager == INIT -> manager = ABORTED }
#define for_resource_manager(i) \
    :: d_step { manager == INIT && ((sent >> i) & 1) -> received = received | (1 << i) } \
    :: d_step { of(i) == WORKING -> become(i, PREPARED); sent = sent | (1 << i) } \
    :: d_step { of(i) == WORKING -> become(i, ABORTED) } \
    :: d_step { manager == COMMITTED -> become(i, COMMITTED) } \
    :: d_step { manager == ABORTED -> become(i, ABORTED) }
    for_resource_manager(0)
#if N > 1
    for_resource_manager(1)
#endif
#if N > 2
    for_resource_manager(2)
#endif
#if N > 3
    for_resource_manager(3)
#endif
#if N > 4
    for_resource_manager(4)
#endif
#if N > 5
    for_resource_manager(5)
#endif
#if N > 6
    for_resource_manager(6)
#endif
#if N > 7
    for_resource_manager(7)
#endif
#if N > 8
    for_resource_manager(8)
#endif
#if N > 9
    for_resource_manager(9)
#endif
    od
}
