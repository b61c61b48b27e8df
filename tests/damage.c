/* damage.c - damages files, see damage.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "damage.h"
#include "sextant.h"

size_t dice_roll(struct dice *d, size_t below)
{
    return below == 0 ? 0 : (size_t)(sx_random_bits(d->seed, d->round, d->draw++) % below);
}

/* Draws a position. Positions near the ends are more likely, because headers and directories
 * are there. */
static size_t place(struct dice *d, size_t size)
{
    size_t near = size < 400 ? size : 400;
    switch (dice_roll(d, 4)) {
    case 0:
    case 1:
        return dice_roll(d, near);
    case 2:
        return size - near + dice_roll(d, near);
    default:
        return dice_roll(d, size);
    }
}

/* Writes a number that often breaks programs, in one of the encodings that files have. */
static void put_number(struct dice *d, uint8_t *at, size_t room)
{
    static const uint64_t numbers[] = {
        0,           1,          2,         127,        128,        255,        256,
        0x7fff,      0xffff,     0x10000,   1 << 20,    0x7fffffff, 0x80000000, 0xffffffff,
        0x100000000, 1ULL << 40, INT64_MAX, 1ULL << 63, UINT64_MAX};
    uint64_t n = numbers[dice_roll(d, sizeof numbers / sizeof numbers[0])];
    size_t width = (size_t)1 << dice_roll(d, 4), how = dice_roll(d, 3);
    for (size_t i = 0; i < (how == 2 ? 10 : width) && i < room; i++)
        if (how == 2) { /* a varint */
            at[i] = (uint8_t)((n & 127) | (n > 127 ? 128 : 0));
            n >>= 7;
            if (n == 0)
                break;
        } else {
            at[i] = (uint8_t)(n >> 8 * (how == 0 ? i : width - 1 - i));
        }
}

static void put_word(struct dice *d, uint8_t *at, size_t room)
{
    static const char *const words[] = {
        "-1",
        "0",
        "1e999",
        "nan",
        "99999999999999999999",
        "(",
        ")",
        ",",
        "'",
        "\n",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (",
        "Reshape",
        "Loop",
        "Resize",
        "x",
    };
    const char *word = words[dice_roll(d, sizeof words / sizeof words[0])];
    size_t n = strlen(word);
    memcpy(at, word, n < room ? n : room);
}

/* Moves the bytes from `at` on, to make a gap or to close one. */
static void shift(struct dice *d, uint8_t *bytes, size_t *size, size_t room, size_t at)
{
    size_t n = 1 + dice_roll(d, dice_roll(d, 2) == 0 ? 8 : 300);
    if (dice_roll(d, 2) == 0) {
        n = n < *size - at ? n : *size - at;
        memmove(bytes + at, bytes + at + n, *size - at - n);
        *size -= n;
    } else if (*size + n <= room) {
        memmove(bytes + at + n, bytes + at, *size - at);
        memmove(bytes + at, bytes + dice_roll(d, *size), n < *size ? n : 0);
        *size += n;
    }
}

static void change(struct dice *d, uint8_t *bytes, size_t *size, size_t room)
{
    size_t at = place(d, *size);
    if (*size == 0)
        return;
    switch (dice_roll(d, 8)) {
    case 0:
    case 1:
        bytes[at] ^= (uint8_t)(1 << dice_roll(d, 8));
        break;
    case 2:
        bytes[at] = (uint8_t)dice_roll(d, 256);
        break;
    case 3:
    case 4:
        put_number(d, bytes + at, *size - at);
        break;
    case 5:
        put_word(d, bytes + at, *size - at);
        break;
    case 6:
        shift(d, bytes, size, room, at);
        break;
    default:
        if (dice_roll(d, 4) == 0)
            *size = at;
        break;
    }
}

void damage(struct dice *d, uint8_t *bytes, size_t *size, size_t room)
{
    for (size_t changes = 1 + dice_roll(d, 6); changes > 0; changes--)
        change(d, bytes, size, room);
}

void print_command(const char *statuses, size_t size, char *const *words, const char *copy)
{
    printf("%s\t%zu", statuses, size);
    for (; *words != NULL; words++) {
        const char *at = strchr(*words, '%');
        if (at == NULL)
            printf("\t%s", *words);
        else
            printf("\t%.*s%s%s", (int)(at - *words), *words, copy, at + 1);
    }
    putchar('\n');
}
