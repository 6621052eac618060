/* Whether this program looks for slips of memory or threads. The numbers of such a program are the release's, bit for bit
 * (tests/golden/digest.sh), and so is what they prove; what it looks for shows in a part of the rounds. A test that takes fewer says
 * so, and leaves its claims about numbers to the release. */
#ifndef NINES_TESTS_SANITIZED_H
#define NINES_TESTS_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#endif
