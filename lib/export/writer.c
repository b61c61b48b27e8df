/* writer.c - writes a graph as ONNX: names, constants, and shapes that follow open dimensions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"

/* ---- Names ---- */

const char *sx_writer_name(struct sx_writer *w, const char *base)
{
    char text[SX_NAME_SHOWN + 24];
    do
        snprintf(text, sizeof text, "%.80s_%d", base, ++w->counter);
    while (sx_names_get(&w->used, text) >= 0);
    const char *name = sx_arena_strdup(&w->arena, text, w->error);
    if (name == NULL || !sx_names_put(&w->used, name, 0, w->error))
        return NULL;
    return name;
}

const char *sx_out_node(struct sx_writer *w, const char *op, const char *const *in,
                        const char *out, const struct sx_onnx_attr *attrs, int n_attrs)
{
    if (out == NULL)
        out = sx_writer_name(w, op);
    if (out != NULL && w->error->status == SX_OK)
        sx_onnx_write_node(w->to, op, in, out, attrs, n_attrs);
    return out;
}

/* ---- Constants ---- */

const char *sx_known_constant(const struct sx_writer *w, const char *key)
{
    int at = sx_names_get(&w->made, key);
    return at >= 0 ? w->constant[at] : NULL;
}

const char *sx_out_constant(struct sx_writer *w, const char *key, const struct sx_tensor *value)
{
    const char *known = sx_known_constant(w, key);
    if (known != NULL)
        return known;
    void *grown = w->constant;
    const char *name = sx_writer_name(w, "const"), *kept;
    if (name == NULL || (kept = sx_arena_strdup(&w->arena, key, w->error)) == NULL ||
        !sx_grow(&grown, &w->made_capacity, w->n_made + 1, sizeof *w->constant, w->error))
        return NULL;
    w->constant = grown;
    w->constant[w->n_made] = name;
    if (!sx_names_put(&w->made, kept, (int)w->n_made++, w->error))
        return NULL;
    sx_onnx_write_tensor(w->to, name, value);
    return name;
}

const char *sx_out_ints(struct sx_writer *w, const int64_t *values, int n)
{
    char key[32 * 24];
    size_t at = (size_t)snprintf(key, sizeof key, "ints");
    int64_t copy[32];
    for (int i = 0; i < n && i < 32; i++) {
        copy[i] = values[i];
        at += (size_t)snprintf(key + at, sizeof key - at, " %lld", (long long)values[i]);
    }
    struct sx_tensor t = {SX_INT, {1, {n}}, copy};
    return sx_out_constant(w, key, &t);
}

const char *sx_out_int(struct sx_writer *w, int64_t value)
{
    char key[40];
    struct sx_tensor t = {.type = SX_INT, .data = &value};
    snprintf(key, sizeof key, "int %lld", (long long)value);
    return sx_out_constant(w, key, &t);
}

const char *sx_out_real(struct sx_writer *w, double value)
{
    char key[40];
    float single = (float)value;
    bool narrow = w->g->real == SX_FLOAT;
    struct sx_tensor t = {.type = w->g->real, .data = narrow ? (void *)&single : &value};
    snprintf(key, sizeof key, "real %.17g", value);
    return sx_out_constant(w, key, &t);
}

/* ---- Dimensions ---- */

struct sx_dim sx_dim_fixed(int64_t length)
{
    return (struct sx_dim){.factor = length};
}

static bool stuck(struct sx_writer *w, int k, int node)
{
    w->stuck = k;
    return sx_fail(w->error, SX_MODEL, "'%.40s' cannot stay open: a %.40s does not follow it",
                   w->symbols->item[k].name, sx_row_of(w->g, &w->g->node[node])->name);
}

/* The power of a symbol in a number, which is `length` here and `other` in the graph where the
 * symbol has its other length. -1 if it is no power up to 3. */
static int power_of(const struct sx_symbol *s, int64_t length, int64_t other)
{
    enum { MOST = 3 };
    for (int power = 0; power <= MOST; power++) {
        if (length == other)
            return power;
        if (length % s->length != 0 || other % s->other != 0)
            return -1;
        length /= s->length;
        other /= s->other;
    }
    return -1;
}

/* Sets *d to the rule of a number that is `length` here, and at[k] in the graph where symbol k
 * has its other length. Fails if there is none. */
static bool follow(struct sx_writer *w, int node, int64_t length, const int64_t *at,
                   struct sx_dim *d)
{
    *d = (struct sx_dim){.factor = length};
    for (int k = 0; k < w->symbols->n; k++) {
        const struct sx_symbol *s = &w->symbols->item[k];
        d->power[k] = power_of(s, length, at[k]);
        if (d->power[k] < 0)
            return stuck(w, k, node);
        for (int i = 0; i < d->power[k]; i++) {
            if (d->factor % s->length != 0)
                return stuck(w, k, node);
            d->factor /= s->length;
            d->open = true;
        }
    }
    return true;
}

bool sx_dims_of(struct sx_writer *w, int node, struct sx_dim *dims)
{
    const struct sx_shape *shape = &w->g->node[node].shape;
    for (int i = 0; i < shape->rank; i++) {
        int64_t at[SX_MOST_SYMBOLS];
        for (int k = 0; k < w->symbols->n; k++)
            at[k] = w->other[k]->node[node].shape.dim[i];
        if (!follow(w, node, shape->dim[i], at, &dims[i]))
            return false;
    }
    return true;
}

bool sx_attr_fixed(struct sx_writer *w, int node, int attr)
{
    for (int k = 0; k < w->symbols->n; k++)
        if (w->other[k]->node[node].attr[attr] != w->g->node[node].attr[attr])
            return stuck(w, k, node);
    return true;
}

/* The place where the length of a symbol is read. */
static struct sx_seed_count place_of(const struct sx_writer *w, int k)
{
    const struct sx_symbol *s = &w->symbols->item[k];
    const struct sx_seed_count *count = w->count;
    for (int i = 0; i < k; i++)
        count += w->symbols->item[i].input == NULL;
    return s->input != NULL ? (struct sx_seed_count){s->input, s->axis, 1} : *count;
}

/* A tensor [1] that holds the length of a symbol. */
static const char *symbol_length(struct sx_writer *w, int k)
{
    const struct sx_seed_count at = place_of(w, k);
    const struct sx_onnx_attr part[] = {{.name = "start", .i = at.axis},
                                        {.name = "end", .i = at.axis + 1}};
    if (w->length[k] != NULL)
        return w->length[k];
    w->length[k] = sx_out_node(w, "Shape", SX_IN(at.input), NULL, part, 2);
    if (at.divisor > 1)
        w->length[k] = sx_out_node(
            w, "Div", SX_IN(w->length[k], sx_out_ints(w, &at.divisor, 1)), NULL, NULL, 0);
    return w->length[k];
}

static const char *put_dim(struct sx_writer *w, const struct sx_dim *d)
{
    const char *product = d->factor != 1 ? sx_out_ints(w, &d->factor, 1) : NULL;
    for (int k = 0; k < w->symbols->n; k++)
        for (int i = 0; i < d->power[k]; i++) {
            const char *length = symbol_length(w, k);
            product = product == NULL
                          ? length
                          : sx_out_node(w, "Mul", SX_IN(product, length), NULL, NULL, 0);
        }
    return product != NULL ? product : sx_out_ints(w, (const int64_t[]){1}, 1);
}

const char *sx_out_dims(struct sx_writer *w, const struct sx_dim *dims, int rank)
{
    const char *part[SX_MAX_RANK + 2] = {NULL};
    int64_t fixed[SX_MAX_RANK];
    int n = 0, run = 0;
    for (int i = 0; i <= rank; i++) {
        if (i < rank && !dims[i].open) {
            fixed[run++] = dims[i].factor;
            continue;
        }
        if (run > 0 || (i == rank && n == 0))
            part[n++] = sx_out_ints(w, fixed, run);
        run = 0;
        if (i < rank)
            part[n++] = put_dim(w, &dims[i]);
    }
    const struct sx_onnx_attr axis = {.name = "axis", .i = 0};
    return n == 1 ? part[0] : sx_out_node(w, "Concat", part, NULL, &axis, 1);
}

/* Writes a Reshape. One open dimension is -1, which ONNX infers, unless the tensor may be
 * empty. */
const char *sx_out_reshape(struct sx_writer *w, const char *in, const struct sx_dim *dims,
                           int rank, const char *out)
{
    struct sx_dim to[SX_MAX_RANK] = {{0}};
    int open = 0;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        open += dims[i].open;
        empty = empty || dims[i].factor == 0;
    }
    for (int i = 0; i < rank; i++)
        to[i] = dims[i].open && open == 1 && !empty ? sx_dim_fixed(-1) : dims[i];
    const struct sx_onnx_attr zeros = {.name = "allowzero", .i = 1};
    return sx_out_node(w, "Reshape", SX_IN(in, sx_out_dims(w, to, rank)), out, &zeros,
                       empty ? 1 : 0);
}
