/* damage.h - damages files as an attacker might, by random numbers of a seed. */
#ifndef TESTS_DAMAGE_H
#define TESTS_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

/* The state of the random numbers. */
struct dice {
    uint64_t seed, round, draw;
};

/* A number from 0 to below - 1. */
size_t dice_roll(struct dice *d, size_t below);

/* Damages `size` bytes in place: flips bits, and changes numbers, words, gaps and the end. The
 * size may grow to `room`. */
void damage(struct dice *d, uint8_t *bytes, size_t *size, size_t room);

/* Prints a line for endure.c: the allowed statuses of a command, the size of its input, and its
 * words, which end with NULL. "%" in a word stands for the name of the copy. */
void print_command(const char *statuses, size_t size, char *const *words, const char *copy);

#endif
