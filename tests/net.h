/* net.h - small networks for tests: built by hand, compiled, compared with the reference. */
#ifndef NET_H
#define NET_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "graph/derive.h"
#include "run/run.h"

#define NET_MOST 6

/* One graph, some inputs and outputs. */
struct net {
    struct sx_graph *g;
    int in[NET_MOST], out[NET_MOST], n_in, n_out;
    uint64_t draws;
};

extern struct sx_error net_error; /* the last failure */

struct net net_begin(void);
int net_input(struct net *net, struct sx_shape shape);
/* Random constants, scaled so that sums of `fan` squared products stay near 1. */
int net_weights(struct net *net, struct sx_shape shape, double fan);
struct sx_shape net_shape(int rank, int64_t a, int64_t b, int64_t c, int64_t d);

int net_linear(struct net *net, int x, int64_t n_in, int64_t n_out);
/* A square convolution with a bias. Its padding keeps the size at stride 1. */
int net_conv(struct net *net, int x, int64_t channels, int64_t kernel, int64_t stride,
             int64_t group);
int net_max_pool(struct net *net, int x); /* 3x3, stride 2 */
struct net net_mlp(int64_t n, int64_t width);
/* A stem, residual blocks, depthwise and grouped convolutions, pools, a classifier. */
struct net net_cnn(int64_t n);

/* Makes random feeds, and allocates results. */
void net_ready(struct net *net, struct sx_tensor *feeds, struct sx_tensor *results);
void net_drop(struct sx_tensor *t, int n);
void net_evaluate(struct net *net, const struct sx_tensor *feeds, struct sx_tensor *results);
struct sx_program *net_compile(struct net *net, int threads, bool plain);
/* Fails the test unless a is near b, relative to b's largest element. */
void net_same(const struct sx_tensor *a, const struct sx_tensor *b, double tolerance);

/* Runs plain and fast programs with 1 to 4 threads, twice each. Results are near the reference,
 * with the same bytes for any number of threads. Frees the net. */
void net_check(struct net *net);

/* The steps of the fast program, as sx_program_dump writes them; the caller frees the text. */
char *net_steps(struct net *net);
int net_count(const char *text, const char *word); /* the number of occurrences */

#endif
