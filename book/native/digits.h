/* Numbers and days in digits. */
#ifndef SEALEDBOOK_DIGITS_H
#define SEALEDBOOK_DIGITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { DIGITS_MOST = 20, DIGITS_DAY = 10 };

/* Writes a number of at most DIGITS_MOST digits; returns the end. */
static inline uint8_t *digits_write(uint8_t *out, uint64_t number) {
    static const char pairs[201] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
        "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
        "9899";
    char digits[DIGITS_MOST];
    int at = DIGITS_MOST;
    while (number >= 100) {
        at -= 2;
        memcpy(digits + at, pairs + 2 * (number % 100), 2);
        number /= 100;
    }
    if (number >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + 2 * number, 2);
    } else {
        digits[--at] = (char)('0' + number);
    }
    memcpy(out, digits + at, (size_t)(DIGITS_MOST - at));
    return out + (DIGITS_MOST - at);
}

/* Writes a day, counted from 1970-01-01, as `YYYY-MM-DD`; false outside the years 1 to 9999.
 * Years begin in March here, so that the leap day ends one (Howard Hinnant, "chrono-compatible
 * low-level date algorithms"). */
static inline bool digits_write_day(uint8_t *out, int64_t day) {
    if (day < -719162 || day > 2932896)
        return false;
    int64_t since = day + 719468;
    int64_t era = since / 146097;
    int64_t of_era = since - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    int64_t of_month = of_year - (153 * from_march + 2) / 5 + 1;
    for (int at = 3; at >= 0; at--, year /= 10)
        out[at] = (uint8_t)('0' + year % 10);
    out[4] = out[7] = '-';
    out[5] = (uint8_t)('0' + month / 10), out[6] = (uint8_t)('0' + month % 10);
    out[8] = (uint8_t)('0' + of_month / 10), out[9] = (uint8_t)('0' + of_month % 10);
    return true;
}

#endif
