/* Quantities as SDL writes them.
 *
 * CPU is "100m" (milli-cores) or a number of cores; sizes are numbers with k, M, G, T, P, E (powers of 1000) or Ki to Ei (powers of
 * 1024). Fractions are multiplied out in binary64 and truncated, as Akash's reader does: "1.001k" is 1000 bytes. Nothing may be
 * negative, and no blank may stand between number and unit. Numbers are decimal, with exponents ("1e3"); what does not fit 63 bits,
 * infinity and NaN are refused. */
#ifndef NINES_MODELS_SDL_QUANTITY_H
#define NINES_MODELS_SDL_QUANTITY_H

#include "models/market/decimal.h"

#include <stdbool.h>
#include <stdint.h>

/* Each writes *out, or returns false and points *why at static words that read after "is no quantity: ". */
bool quantity_cpu(const char *text, int64_t *milli, const char **why);
bool quantity_bytes(const char *text, int64_t *bytes, const char **why);
/* Only Ki to Ei, or plain bytes. */
bool quantity_ram(const char *text, int64_t *bytes, const char **why);
/* A whole number in plain digits, up to high. */
bool quantity_whole(const char *text, int64_t high, int64_t *number, const char **why);
/* "24h", "1h30m", "1.5h": nanoseconds. Negative ones are read as such. */
bool quantity_duration(const char *text, int64_t *ns, const char **why);

enum quantity_price { QUANTITY_PRICE_OK, QUANTITY_PRICE_BAD, QUANTITY_PRICE_NEGATIVE, QUANTITY_PRICE_ZERO };

/* A decimal number above 0 with at most 18 decimals. */
enum quantity_price quantity_price(const char *text, decimal *price);

#endif
