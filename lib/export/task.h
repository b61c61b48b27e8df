/* task.h - derivatives under construction, shared by the files of this folder. */
#ifndef SX_EXPORT_TASK_H
#define SX_EXPORT_TASK_H

#include "export/export.h"
#include "export/names.h"
#include "graph/derive.h"

/* The origin of an input of `part`, which says what replaces it in the whole graph. */
enum sx_origin {
    OF_MODEL, /* the node `from` of the lowered graph */
    OF_USER,  /* an input of the file */
    OF_UNITS, /* all unit vectors, in order */
};

struct sx_part_input {
    enum sx_origin origin;
    int node, from;
    const char *name;      /* OF_USER */
    struct sx_shape shape; /* OF_USER: the shape of the input in the file */
    /* OF_USER: columns of a matrix whose seeds are side by side; 0: they are not */
    int64_t columns;
};

/* A derivative: a node of `part`, its name, and its shape in the file. */
struct sx_part_output {
    int node;
    const char *name;
    struct sx_shape shape;
};

struct sx_task {
    struct sx_derived *d;
    const struct sx_export_options *options;
    const struct sx_symbols *symbols;
    struct sx_graph *h;
    struct sx_tensor_list of, wrt;
    int *y, *x;   /* nodes of `part` */
    int64_t rows; /* the length of the batch axis that all y and x have; 0: there is none */
    int64_t seeds, directions; /* 0: there is no such axis */
    struct sx_part_input *input;
    size_t n_inputs, input_capacity;
    struct sx_part_output *output;
    size_t n_outputs, output_capacity;
    struct sx_error *error;
};

/* ---- parts.c: inputs, outputs and directions ---- */

bool sx_part_add_input(struct sx_task *t, struct sx_part_input input);
bool sx_part_add_output(struct sx_task *t, int node, const char *name, struct sx_shape shape);
/* Returns "kind_a", or with b "kind_a_b". */
const char *sx_part_name(struct sx_task *t, const char *kind, const char *a, const char *b);
/* A shape with one more axis of this length in front. Length 0: the shape itself. */
struct sx_shape sx_with_axis(int64_t length, const struct sx_shape *shape);
/* The number of elements of a sample. */
int64_t sx_part_elements(const struct sx_task *t, int node);
int sx_part_dot(struct sx_graph *g, int a, int b);
/* The sum of <a[i], b[i]>. */
int sx_part_dots(struct sx_task *t, const int *a, const int *b, int n);
/* Makes inputs of `part` with the shapes of the nodes `like`. */
void sx_part_inputs(struct sx_task *t, const int *like, int *made, int n);
/* Many directions or seeds at once: makes `results` for `size` values of `from`. Each result
 * becomes [size] + shape. */
bool sx_part_many(struct sx_task *t, int64_t size, const int *from, int *to, int n,
                  int *results, int n_results);
/* Makes a direction that is the same for every row of `like`. Returns its node. *repeated is
 * the direction for all rows. */
int sx_part_direction(struct sx_task *t, int like, int *repeated);
/* Makes *result for all n unit vectors v: [n] + its shape. */
bool sx_part_units(struct sx_task *t, int v, int *result);
/* Turns [a, b, .., N, rest] into [N, a, b, .., n], where n is the number of elements of rest. */
int sx_part_rows_first(struct sx_task *t, int node, int lead, int64_t n);

/* ---- kinds.c, casadi.c: the kinds of derivatives ---- */

bool sx_differentiate(struct sx_task *t);
bool sx_differentiate_casadi(struct sx_task *t);
/* Turns seeds side by side, [r, size c], into [size] + shape. */
int sx_casadi_apart(struct sx_graph *g, int node, int64_t columns,
                    const struct sx_shape *shape);

/* ---- masks.c ---- */

/* The ReLUs joined so far: joined[x] is 1 + the Concat that has ReLU x as an operand; 0: none. */
struct sx_masks {
    int *joined;
    size_t capacity;
};
/* Returns the node of `to` that replaces a node of the graph being rebuilt. SX_NONE: it is
 * copied. */
int sx_merge_masks(struct sx_masks *m, struct sx_graph *to, const struct sx_node *node,
                   const int *in);

/* ---- join.c ---- */

/* Joins `part` to the model. Removes nodes that outputs do not need. */
bool sx_join(struct sx_task *t);

#endif
