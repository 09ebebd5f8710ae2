#include "column.h"

#include <inttypes.h>
#include <string.h>

#include "digits.h"
#include "text.h"

uint8_t column_signals[2];

/* Days of Excel (`book/cells.py`): 1970-01-01, 1900-03-01, 9999-12-31. */
enum { EPOCH_SERIAL = 25569, FIRST_SERIAL = 61, LAST_SERIAL = 2958465 };

/* Constant pieces are copied whole, 32 bytes at a time, and overwritten by what follows. */
#define PIECE 32
#define PUT(out, piece)                             \
    do {                                            \
        static const char padded[PIECE] = piece;    \
        memcpy(out, padded, PIECE);                 \
        (out) += sizeof(piece) - 1;                 \
    } while (0)

static uint8_t *put_reference(uint8_t *out, const struct column *column, const struct row_digits *row) {
    memcpy(out, column->head, COLUMN_HEAD);
    out += column->head_length;
    memcpy(out, row->text, sizeof row->text);
    return out + row->length;
}

static uint8_t *put_text(uint8_t *out, const uint8_t *text, size_t bytes) {
    if (text_needs_preserving(text, bytes)) {
        PUT(out, "\" s=\"2\" t=\"inlineStr\"><is>");
        PUT(out, "<t xml:space=\"preserve\">");
    } else {
        PUT(out, "\" s=\"2\" t=\"inlineStr\"><is><t>");
    }
    out = text_write(out, text, bytes);
    PUT(out, "</t></is></c>");
    return out;
}

static uint8_t *write_text(const struct column *column, int64_t place, const struct row_digits *row,
                           uint8_t *out, const uint8_t *end) {
    const int32_t *offsets = column->values;
    if (offsets[place] < 0 || offsets[place + 1] < offsets[place])
        return COLUMN_UNWRITABLE;
    size_t bytes = (size_t)(offsets[place + 1] - offsets[place]);
    if (bytes == 0)
        return out;
    const uint8_t *text = column->bytes + offsets[place];
    if (!text_is_writable(text, bytes))
        return COLUMN_UNWRITABLE;
    if ((size_t)(end - out) < COLUMN_CELL + TEXT_GROWTH * bytes)
        return COLUMN_FULL;
    return put_text(put_reference(out, column, row), text, bytes);
}

static uint8_t *write_date(const struct column *column, int64_t place, const struct row_digits *row,
                           uint8_t *out, const uint8_t *end) {
    int64_t serial = (int64_t)((const int32_t *)column->values)[place] + EPOCH_SERIAL;
    if ((size_t)(end - out) < COLUMN_CELL)
        return COLUMN_FULL;
    if (serial > LAST_SERIAL)
        return COLUMN_UNWRITABLE;
    if (serial >= FIRST_SERIAL) {
        out = put_reference(out, column, row);
        PUT(out, "\" s=\"3\"><v>");
        out = digits_write(out, (uint64_t)serial);
        PUT(out, "</v></c>");
        return out;
    }
    uint8_t text[DIGITS_DAY];
    if (!digits_write_day(text, serial - EPOCH_SERIAL))
        return COLUMN_UNWRITABLE;
    return put_text(put_reference(out, column, row), text, sizeof text);
}

static uint8_t *write_int(const struct column *column, int64_t place, const struct row_digits *row,
                          uint8_t *out, const uint8_t *end) {
    int64_t number = ((const int32_t *)column->values)[place];
    if ((size_t)(end - out) < COLUMN_CELL)
        return COLUMN_FULL;
    out = put_reference(out, column, row);
    PUT(out, "\" s=\"6\"><v>");
    if (number < 0)
        *out++ = '-';
    out = digits_write(out, (uint64_t)(number < 0 ? -number : number));
    PUT(out, "</v></c>");
    return out;
}

/* Hundredths in 16 little-endian bytes, of which a decimal of 9 digits fills the first 8. */
static uint8_t *write_money(const struct column *column, int64_t place, const struct row_digits *row,
                            uint8_t *out, const uint8_t *end) {
    int64_t halves[2];
    memcpy(halves, (const uint8_t *)column->values + 16 * place, sizeof halves);
    if ((size_t)(end - out) < COLUMN_CELL)
        return COLUMN_FULL;
    if (halves[1] != halves[0] >> 63)
        return COLUMN_UNWRITABLE;
    uint64_t cents = halves[0] < 0 ? 0 - (uint64_t)halves[0] : (uint64_t)halves[0];
    out = put_reference(out, column, row);
    PUT(out, "\" s=\"5\"><v>");
    if (halves[0] < 0)
        *out++ = '-';
    out = digits_write(out, cents / 100);
    *out++ = '.';
    *out++ = (uint8_t)('0' + cents / 10 % 10);
    *out++ = (uint8_t)('0' + cents % 10);
    PUT(out, "</v></c>");
    return out;
}

static uint8_t *write_bool(const struct column *column, int64_t place, const struct row_digits *row,
                           uint8_t *out, const uint8_t *end) {
    bool is_true = ((const uint8_t *)column->values)[place >> 3] >> (place & 7) & 1;
    if ((size_t)(end - out) < COLUMN_CELL)
        return COLUMN_FULL;
    out = put_reference(out, column, row);
    PUT(out, "\" t=\"b\"><v>");
    *out++ = is_true ? '1' : '0';
    PUT(out, "</v></c>");
    return out;
}

/* A cell whose rest, after the reference, cells.py has written: one for all rows of the same value. */
static uint8_t *write_ready(const struct column *column, int64_t place, const struct row_digits *row,
                            uint8_t *out, const uint8_t *end) {
    int32_t which = ((const int32_t *)column->values)[place];
    if (which < 0 || which >= column->tails)
        return COLUMN_UNWRITABLE;
    const int32_t *offsets = column->tail_offsets + which;
    if (offsets[0] < 0 || offsets[1] < offsets[0])
        return COLUMN_UNWRITABLE;
    size_t bytes = (size_t)(offsets[1] - offsets[0]);
    if ((size_t)(end - out) < COLUMN_CELL + bytes)
        return COLUMN_FULL;
    out = put_reference(out, column, row);
    memcpy(out, column->tail_bytes + offsets[0], bytes);
    return out + bytes;
}

static const struct {
    const char *format;
    column_writer *write;
    int64_t buffers;
} known[] = {
    {"u", write_text, 3}, {"tdD", write_date, 2}, {"d:9,2", write_money, 2},
    {"i", write_int, 2},  {"b", write_bool, 2},
};

static void name_column(struct column *column, int64_t number) {
    char letters[8];
    size_t count = 0;
    for (int64_t left = number + 1; left > 0; left = (left - 1) / 26)
        letters[count++] = (char)('A' + (left - 1) % 26);
    memcpy(column->head, "<c r=\"", 6);
    column->head_length = 6;
    while (count > 0)
        column->head[column->head_length++] = letters[--count];
}

bool column_open(struct column *column, int64_t number, const struct ArrowSchema *schema,
                 const struct ArrowArray *array, int64_t offset) {
    memset(column, 0, sizeof *column);
    name_column(column, number);
    column->offset = offset + array->offset;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(schema->format, known[i].format) == 0 && array->n_buffers == known[i].buffers) {
            column->write = known[i].write;
            column->validity = array->buffers[0];
            column->values = array->buffers[1];
            column->bytes = known[i].buffers == 3 ? array->buffers[2] : NULL;
        }
    if (schema->dictionary && array->dictionary) {
        const struct ArrowArray *tails = array->dictionary;
        if (strcmp(schema->format, "i") != 0 || strcmp(schema->dictionary->format, "u") != 0 ||
            tails->n_buffers != 3 || (tails->length > 0 && !tails->buffers[1]))
            return false;
        column->write = write_ready;
        column->tails = tails->length;
        column->tail_offsets = tails->length > 0 ? (const int32_t *)tails->buffers[1] + tails->offset : NULL;
        column->tail_bytes = tails->buffers[2];
    }
    return column->write && (column->values || array->length == 0);
}
