/* hash.c - lowering of com.microsoft's MurmurHash3, with which pipelines number texts and ids. It
 * is computed from the sample's values, which thereby decide. */
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

static uint32_t turned(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

static uint32_t mixed(uint32_t block)
{
    return turned(block * 0xcc9e2d51u, 15) * 0x1b873593u;
}

/* MurmurHash3_x86_32 of Austin Appleby. */
static uint32_t murmur(const void *key, size_t n, uint32_t hash)
{
    const uint8_t *byte = key;
    uint32_t rest = 0;
    for (size_t i = 0; i + 4 <= n; i += 4) {
        uint32_t block = byte[i] | (uint32_t)byte[i + 1] << 8 | (uint32_t)byte[i + 2] << 16 |
                         (uint32_t)byte[i + 3] << 24;
        hash = turned(hash ^ mixed(block), 13) * 5 + 0xe6546b64u;
    }
    for (size_t i = n; i > n / 4 * 4; i--)
        rest = rest << 8 | byte[i - 1];
    hash ^= mixed(rest);
    hash ^= (uint32_t)n;
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

/* Writes element i in the file's type, at most 8 bytes; returns their number. */
static size_t bytes_of(const struct sx_tensor *t, int64_t i, int kind, uint8_t *to)
{
    int64_t whole = t->type == SX_INT ? ((const int64_t *)t->data)[i] : 0;
    double real = t->type == SX_INT ? 0 : sx_tensor_get(t, i);
    float narrow = (float)real;
    int32_t half = (int32_t)(uint32_t)whole;
    switch (kind) {
    case SX_ONNX_FLOAT:
        memcpy(to, &narrow, sizeof narrow);
        return sizeof narrow;
    case SX_ONNX_DOUBLE:
        memcpy(to, &real, sizeof real);
        return sizeof real;
    case SX_ONNX_INT64:
    case SX_ONNX_UINT64:
        memcpy(to, &whole, sizeof whole);
        return sizeof whole;
    default:
        memcpy(to, &half, sizeof half);
        return sizeof half;
    }
}

static bool lower_murmur(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape shape = sx_arg_shape(l, 0);
    int kind = sx_arg_kind(l, 0);
    uint32_t seed = (uint32_t)sx_attr_int(l, "seed", 0);
    bool positive = sx_attr_int(l, "positive", 1) != 0;
    static const int kinds[] = {SX_ONNX_INT32,
                                SX_ONNX_INT64,
                                SX_ONNX_UINT64,
                                SX_ONNX_FLOAT,
                                SX_ONNX_DOUBLE,
                                SX_ONNX_STRING,
                                ONNX__TENSOR_PROTO__DATA_TYPE__UINT32};
    bool known = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        known = known || kinds[i] == kind;
    if (!known)
        return sx_reject(l, "a hash of %s is not supported", sx_onnx_type_name(kind));
    const void *data = sx_const_data(l, sx_arg(l, 0), "input 0");
    int64_t n = sx_count(&shape), *hash = sx_scratch(l, (size_t)n + 1, sizeof *hash);
    if (data == NULL || hash == NULL)
        return false;
    const struct sx_tensor t = {g->node[sx_arg(l, 0)].type, shape, (void *)(uintptr_t)data};
    for (int64_t i = 0; i < n; i++) {
        uint8_t room[8];
        const void *key = room;
        size_t size = kind == SX_ONNX_STRING ? 0 : bytes_of(&t, i, kind, room);
        if (kind == SX_ONNX_STRING) {
            key = sx_words_text(l->scope->model->words, ((const int64_t *)data)[i]);
            key = key != NULL ? key : "";
            size = strlen(key);
        }
        uint32_t h = murmur(key, size, seed);
        hash[i] = positive ? (int64_t)h : (int64_t)(int32_t)h;
    }
    return sx_give_as(l, 0, sx_const(g, SX_INT, &shape, hash),
                      positive ? (int)ONNX__TENSOR_PROTO__DATA_TYPE__UINT32 : SX_ONNX_INT32);
}

const struct sx_lowering_row sx_lower_hash[] = {
    {"com.microsoft", "MurmurHash3", 1, 0, 1, 1, lower_murmur, 0, false},
    {0},
};
