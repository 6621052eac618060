/* Included last by every file that runs inside the event loop: from here on the heap is a compile error. Memory comes
 * from an arena that was sized before the run. */
#ifndef NINES_SIM_NOMALLOC_H
#define NINES_SIM_NOMALLOC_H
#pragma GCC poison malloc calloc realloc free strdup
#endif
