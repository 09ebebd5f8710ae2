/* One text as the inside of a `<t>` element: the rules of `book/cells.py`, laws 1, 2 and 5. */
#ifndef SEALEDBOOK_TEXT_H
#define SEALEDBOOK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_MOST_UNITS = 32767, /* of UTF-16: what Excel lets one cell hold */
    TEXT_GROWTH = 7          /* the longest escape, `_xHHHH_`, stands for one byte at least */
};

/* Whether a text is UTF-8 (no surrogates, nothing overlong) and fits into a cell. */
bool text_is_writable(const uint8_t *text, size_t bytes);

/* Whether spaces at an end could be lost: anything but a visible ASCII character stands there. */
bool text_needs_preserving(const uint8_t *text, size_t bytes);

/* Writes a writable text escaped; `out` has room for TEXT_GROWTH times its bytes. Returns the end. */
uint8_t *text_write(uint8_t *out, const uint8_t *text, size_t bytes);

#endif
