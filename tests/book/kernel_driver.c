/* Feeds the kernel random batches whose buffers end exactly where they must, so that the sanitizers see any
 * step beyond; and compares every wide spin with the scalar one. Usage: kernel_driver SEED ROUNDS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "sheet.h"
#include "spin.h"

enum { COLUMNS = 12, ROWS = 9, LONGEST = 40 };

int spin_width(void);
int spin_digests(int width, uint8_t *digests, size_t count, uint32_t turns);

static uint64_t state;

static uint32_t draw(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static uint8_t *noise(size_t bytes) {
    static const char likely[] = "_x0041F&<>\r\n\t\x01 ab\xef\xbf\xbe\xed\xa0\x80\xf0\x9f\x98\x80\xc3\xa9";
    uint8_t *made = malloc(bytes ? bytes : 1);
    for (size_t i = 0; i < bytes; i++)
        made[i] = draw(8) ? (uint8_t)likely[draw(sizeof likely - 1)] : (uint8_t)draw(256);
    return made;
}

struct part {
    struct ArrowSchema schema, words;
    struct ArrowArray array, tails;
    const void *buffers[3], *tail_buffers[3];
};

static int32_t *offsets_of(int64_t count, uint32_t longest, int32_t *total) {
    int32_t *offsets = malloc(sizeof(int32_t) * (size_t)(count + 1));
    *total = 0;
    for (int64_t i = 0; i <= count; i++) {
        offsets[i] = *total;
        if (i < count)
            *total += (int32_t)draw(longest + 1);
    }
    if (draw(50) == 0)
        offsets[draw((uint32_t)count + 1)] = -1 - (int32_t)draw(100); /* broken: must be refused */
    return offsets;
}

static void fill(struct part *part, int64_t rows) {
    static const char *formats[] = {"u", "tdD", "d:9,2", "i", "b", "i"};
    static const size_t widths[] = {0, 4, 16, 4, 0, 4};
    uint32_t kind = draw(6);
    int32_t total = 0;
    memset(part, 0, sizeof *part);
    part->schema.format = draw(200) ? formats[kind] : "tsu:UTC";
    part->array.offset = draw(9);
    part->array.length = rows;
    part->array.buffers = part->buffers;
    part->array.n_buffers = kind == 0 ? 3 : 2;
    int64_t count = rows + part->array.offset;
    part->buffers[0] = draw(4) ? noise((size_t)(count + 7) / 8) : NULL;
    if (kind == 0) {
        part->buffers[1] = offsets_of(count, draw(20) ? LONGEST : 40000, &total);
        part->buffers[2] = noise((size_t)total);
    } else {
        part->buffers[1] = noise(kind == 4 ? (size_t)(count + 7) / 8 : widths[kind] * (size_t)count);
    }
    if (kind == 5) {
        part->words.format = "u";
        part->tails.length = 1 + draw(3), part->tails.offset = draw(3);
        part->tails.n_buffers = 3;
        part->tails.buffers = part->tail_buffers;
        part->tail_buffers[1] = offsets_of(part->tails.length + part->tails.offset, LONGEST, &total);
        part->tail_buffers[2] = noise((size_t)total);
        part->schema.dictionary = &part->words;
        part->array.dictionary = &part->tails;
        for (int64_t i = 0; i < count; i++)
            if (draw(30))
                ((int32_t *)part->buffers[1])[i] = (int32_t)draw((uint32_t)part->tails.length);
    }
}

static void write_one(void) {
    static struct part parts[COLUMNS];
    struct ArrowSchema *schemas[COLUMNS], schema = {0};
    struct ArrowArray *arrays[COLUMNS], batch = {0};
    int columns = (int)draw(COLUMNS + 1);
    batch.length = draw(ROWS + 1);
    batch.offset = draw(3);
    for (int i = 0; i < columns; i++) {
        fill(&parts[i], batch.length + batch.offset);
        schemas[i] = &parts[i].schema, arrays[i] = &parts[i].array;
    }
    schema.format = "+s", schema.n_children = batch.n_children = columns;
    schema.children = schemas, batch.children = arrays;
    size_t room = draw(4) ? 200 + draw(4000) : draw(200);
    struct column_measure *measures = malloc(sizeof *measures * (size_t)columns + 1);
    if (columns_measure(&schema, &batch, draw(ROWS), measures) == SHEET_OK)
        for (int i = 0; i < columns; i++)
            if (measures[i].filled < 0 || measures[i].filled > batch.length)
                abort();
    free(measures);
    struct sheet_progress progress = {0, 0};
    while (progress.row < batch.length) {
        uint8_t *out = malloc(room ? room : 1);
        enum sheet_status status = sheet_write(&schema, &batch, 2 + draw(1000000), out, room, &progress);
        int stuck = progress.bytes == 0;
        if (progress.bytes > room)
            abort();
        free(out);
        if (status != SHEET_OK)
            break;
        if (stuck)
            room = 2 * room + 64;
    }
    for (int i = 0; i < columns; i++)
        for (int n = 0; n < 3; n++)
            free((void *)parts[i].buffers[n]), free((void *)parts[i].tail_buffers[n]);
}

static void spin_one(void) {
    size_t count = draw(36), bytes = count * SPIN_DIGEST_BYTES;
    int widths[] = {4, 8, 16}, width = widths[draw(3)];
    uint8_t *wide = noise(bytes), *narrow = malloc(bytes ? bytes : 1);
    memcpy(narrow, wide, bytes);
    uint32_t turns = draw(4);
    if (width > spin_width())
        width = spin_width();
    if (spin_digests(width, wide, count, turns) || spin_digests(1, narrow, count, turns) ||
        memcmp(wide, narrow, bytes))
        abort();
    free(wide), free(narrow);
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    state = strtoull(argv[1], NULL, 10);
    for (unsigned long rounds = strtoul(argv[2], NULL, 10); rounds > 0; rounds--) {
        write_one();
        if (rounds % 16 == 0)
            spin_one();
    }
    return 0;
}
