/* turn.h - transposes 4 x 4 numbers in registers. */
#ifndef SX_RUN_TURN_H
#define SX_RUN_TURN_H

typedef float sx_four __attribute__((vector_size(16)));
typedef int sx_four_truths __attribute__((vector_size(16)));
typedef float sx_loose_four __attribute__((vector_size(16), aligned(1), may_alias));

static inline sx_four sx_load_four(const void *from)
{
    return *(const sx_loose_four *)from;
}

static inline void sx_turn_four(sx_four v[4])
{
    const sx_four low = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5);
    const sx_four high = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
    const sx_four low2 = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5);
    const sx_four high2 = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);
    v[0] = __builtin_shufflevector(low, low2, 0, 1, 4, 5);
    v[1] = __builtin_shufflevector(low, low2, 2, 3, 6, 7);
    v[2] = __builtin_shufflevector(high, high2, 0, 1, 4, 5);
    v[3] = __builtin_shufflevector(high, high2, 2, 3, 6, 7);
}

#endif
