#include "measure.h"

#include <stdbool.h>
#include <string.h>

static bool is_valid(const uint8_t *validity, int64_t place) {
    return !validity || (validity[place >> 3] >> (place & 7) & 1);
}

static int64_t characters(const uint8_t *text, int64_t bytes) {
    int64_t count = 0;
    for (int64_t i = 0; i < bytes; i++)
        count += (text[i] & 0xc0) != 0x80;
    return count;
}

static enum sheet_status measure_texts(const struct ArrowArray *array, int64_t at, int64_t rows,
                                       int64_t sample, struct column_measure *out) {
    const uint8_t *validity = array->buffers[0], *bytes = array->buffers[2];
    const int32_t *offsets = (const int32_t *)array->buffers[1] + at;
    for (int64_t row = 0; row < rows; row++) {
        if (!is_valid(validity, at + row))
            continue;
        int64_t size = (int64_t)offsets[row + 1] - offsets[row];
        if (offsets[row] < 0 || size < 0)
            return SHEET_UNWRITABLE;
        out->filled += size > 0;
        /* No text has more characters than bytes. */
        if (row < sample && size > out->longest) {
            int64_t length = characters(bytes + offsets[row], size);
            out->longest = length > out->longest ? length : out->longest;
        }
    }
    return SHEET_OK;
}

static enum sheet_status measure_column(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                        int64_t at, int64_t rows, int64_t sample,
                                        struct column_measure *out) {
    static const char *const fixed[] = {"tdD", "d:9,2", "i", "b", "tsu:UTC"};
    if (schema->dictionary || rows < 0 || array->length < at + rows)
        return SHEET_UNKNOWN;
    at += array->offset;
    if (strcmp(schema->format, "u") == 0 && array->n_buffers == 3)
        return rows == 0 || array->buffers[1] ? measure_texts(array, at, rows, sample, out) : SHEET_UNKNOWN;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(schema->format, fixed[i]) == 0 && array->n_buffers == 2) {
            for (int64_t row = 0; row < rows; row++)
                out->filled += is_valid(array->buffers[0], at + row);
            return SHEET_OK;
        }
    return SHEET_UNKNOWN;
}

enum sheet_status columns_measure(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                                  int64_t sample, struct column_measure *out) {
    if (strcmp(schema->format, "+s") != 0 || schema->n_children != batch->n_children ||
        batch->n_children > SHEET_MOST_COLUMNS)
        return SHEET_UNKNOWN;
    memset(out, 0, sizeof *out * (size_t)batch->n_children);
    for (int64_t i = 0; i < batch->n_children; i++) {
        enum sheet_status status = measure_column(schema->children[i], batch->children[i], batch->offset,
                                                  batch->length, sample, &out[i]);
        if (status != SHEET_OK)
            return status;
    }
    return SHEET_OK;
}
