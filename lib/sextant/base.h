/* sextant/base.h - errors, shapes and tensors. */
#ifndef SEXTANT_BASE_H
#define SEXTANT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SX_VERSION "0.1.0"

/* The version of the library that is linked, "digits.digits.digits". */
const char *sx_version(void);

/* What went wrong; the numbers are the exit statuses of every tool. */
enum sx_status {
    SX_OK = 0,
    SX_FAILED = 1, /* a sample failed, or an input could not be read */
    SX_USAGE = 2,  /* the command line, or an argument, is wrong */
    SX_MODEL = 3,  /* the model cannot be read, is not supported, or was refused by a limit */
    SX_CHECK = 4,  /* a check that was asked for did not hold */
    SX_WRITE = 5,  /* the output could not be written whole */
    SX_MEMORY = 6, /* out of memory, or over the memory limit */
};

/* The reason of SX_MEMORY. */
enum sx_want {
    SX_WANT_LITTLE, /* the system refused a small allocation */
    SX_WANT_MUCH,   /* the system refused a large allocation */
    SX_OVER_LIMIT,  /* a limit forbids it, however much memory the system has */
};

/* The first failure of a call: its status, and one line of text without a newline. */
struct sx_error {
    enum sx_status status;
    char message[300];
    enum sx_want want;
};

/* A channel between a caller and the runs of a model. The caller sets `go_on`, `loaded`, `context`,
 * `planned`, `limited`, `many` and `exact_conv`; the runs set `done`, `stopped` and `inexact`. */
struct sx_watch {
    /* Called between the steps of a run. If it returns false, the run ends with status 1. */
    bool (*go_on)(struct sx_watch *watch);
    /* Called, unless NULL, when oneDNN is loaded, perhaps for the first time. As it is written in C++,
     * a process may now set the handler of exceptions that nobody catches. */
    void (*loaded)(void);
    void *context;
    int64_t done;    /* evaluations of the model so far */
    int64_t planned; /* evaluations in all, as far as is known; 0: unknown */
    bool stopped;    /* `go_on` has returned false; every later run fails at once */
    bool limited;    /* `go_on` may return false: estimators then keep a partial result ready */
    bool many;       /* many samples follow: weights are packed once for all of them */
    /* Computes float32 convolutions by their definition. Otherwise 3x3 convolutions may use the
     * minimal algorithm F(2x2, 3x3) (Lavin and Gray, CVPR 2016), which is faster and rounds more. */
    bool exact_conv;
    /* In some sample, a sum by that algorithm was off by more than 1e-5 of the sum of its terms'
     * magnitudes. */
    bool inexact;
};

/* Finds the names that are most like an unknown word, for the end of a message. Set `word` and zero
 * the rest, offer every known name, then append sx_nearest_text: "; nearest: a, b", or "" if no name
 * was offered. Offered names are borrowed. */
#define SX_NEAREST 3
struct sx_nearest {
    const char *word;
    int n;
    struct {
        const char *name;
        size_t length;
        int distance;
    } best[SX_NEAREST];
    char text[170];
};
void sx_nearest_offer(struct sx_nearest *near, const char *names); /* a list "a|b|c" */
void sx_nearest_offer_one(struct sx_nearest *near,
                          const char *name); /* a name that may hold '|' */
const char *sx_nearest_text(struct sx_nearest *near);

#define SX_MAX_RANK 10

/* Element types. Integers of every width in a file are held as int64. Floats of every width are
 * held in the precision of the run. A bool is one byte, 0 or 1. */
enum sx_type { SX_FLOAT, SX_DOUBLE, SX_INT, SX_BOOL };

struct sx_shape {
    int rank;
    int64_t dim[SX_MAX_RANK];
};

/* A dense row-major array. `data` is owned by whoever called sx_tensor_new. */
struct sx_tensor {
    enum sx_type type;
    struct sx_shape shape;
    void *data;
};

/* Bytes of one element of `type`. */
size_t sx_type_size(enum sx_type type);

/* The number of elements of a shape that sx_shape_count has accepted: it does not check for
 * overflow. */
int64_t sx_count(const struct sx_shape *shape);

/* Sets *count to the number of elements of `shape`. Status 3: a dimension is negative, the rank is
 * over SX_MAX_RANK, or the array would not fit in half of the address space. */
bool sx_shape_count(const struct sx_shape *shape, int64_t *count, struct sx_error *error);

/* Whether rank and every dimension are the same. */
bool sx_shape_equal(const struct sx_shape *a, const struct sx_shape *b);

/* Makes *tensor a zeroed array of `type` and `shape`, aligned to 64 bytes. Free with
 * sx_tensor_free. Fails with status 3 (shape) or 6 (memory). */
bool sx_tensor_new(struct sx_tensor *tensor, enum sx_type type, const struct sx_shape *shape,
                   struct sx_error *error);

/* Frees the data of a tensor made by sx_tensor_new, and empties it. NULL data are allowed. */
void sx_tensor_free(struct sx_tensor *tensor);

/* Makes *to a copy of *from with elements converted to `type` as C does (real to integer
 * truncates; anything to bool is "not zero"). */
bool sx_tensor_convert(struct sx_tensor *to, enum sx_type type, const struct sx_tensor *from,
                       struct sx_error *error);

/* Reads or writes element `i` as double. */
double sx_tensor_get(const struct sx_tensor *tensor, int64_t i);
void sx_tensor_set(struct sx_tensor *tensor, int64_t i, double value);

#ifdef __cplusplus
}
#endif

#endif
