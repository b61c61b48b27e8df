/* check_bounds.c - no kernel touches a byte beyond its operands or its result. Each of them
 * ends at a page that can neither be read nor written. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "examples.h"
#include "graph/op.h"
#include "net.h"
#include "suite.h"

struct guarded {
    char *pages;
    size_t bytes;
};

/* Makes a copy of a tensor that ends at the end of a page. */
static struct guarded guard(struct sx_tensor *t)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t need = (size_t)sx_count(&t->shape) * sx_type_size(t->type);
    struct guarded room = {.bytes = (need / page + 2) * page};
    room.pages =
        mmap(NULL, room.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(room.pages != MAP_FAILED);
    ck_assert_int_eq(mprotect(room.pages + room.bytes - page, page, PROT_NONE), 0);
    t->data = room.pages + room.bytes - page - need;
    return room;
}

static void run_guarded(const struct fd *t, int result, bool plain)
{
    struct sx_error error = {0};
    const struct sx_run_options options = {.threads = 1, .plain = plain};
    struct guarded room[FD_INPUTS + 1];
    struct sx_tensor feed[FD_INPUTS];
    const struct sx_node *node = &t->g->node[result];
    struct sx_tensor out = {.type = node->type, .shape = node->shape};
    for (int k = 0; k < t->n; k++) {
        feed[k] = t->at[k];
        room[k] = guard(&feed[k]);
        memcpy(feed[k].data, t->at[k].data,
               (size_t)sx_count(&feed[k].shape) * sx_type_size(feed[k].type));
    }
    room[t->n] = guard(&out);
    struct sx_program *program = sx_compile(t->g, t->in, t->n, &result, 1, &options, &error);
    ck_assert_msg(program != NULL, "%s", error.message);
    ck_assert_msg(sx_run(program, feed, &out, &error), "%s", error.message);
    sx_program_free(program);
    for (int k = 0; k <= t->n; k++)
        munmap(room[k].pages, room[k].bytes);
}

START_TEST(example_within_bounds)
{
    for (int how = 0; how < 4; how++) {
        struct fd t;
        fd_begin(&t, how % 2 == 0 ? SX_FLOAT : SX_DOUBLE, false);
        int y = examples[_i].build(&t, examples[_i].arg);
        ck_assert(sx_graph_ok(t.g, NULL));
        run_guarded(&t, y, how / 2 == 0);
        fd_end(&t);
    }
}
END_TEST

/* Vectors and rows have all lengths around those of registers, tiles and blocks. */
START_TEST(lengths_within_bounds)
{
    static const int64_t lengths[] = {1, 3, 7, 8, 15, 16, 17, 31, 33, 63, 65, 511, 513, 1025};
    int64_t n = lengths[_i];
    for (int how = 0; how < 4; how++) {
        struct fd t;
        char text[40];
        fd_begin(&t, how % 2 == 0 ? SX_FLOAT : SX_DOUBLE, false);
        snprintf(text, sizeof text, "3,%d", (int)n);
        int x = fd_input(&t, text, 0.5, 1), z = fd_input(&t, text, 0.5, 1);
        snprintf(text, sizeof text, "%d", (int)n);
        int b = fd_input(&t, text, 0.5, 1);
        int last = 1;
        int y[] = {
            sx_mul(t.g, sx_unary(t.g, SX_EXP, x), sx_add(t.g, z, b)),
            sx_softmax(t.g, x, 1),
            sx_matmul(t.g, x, z, false, true),
            sx_sum(t.g, x, &last, 1),
            sx_cumsum(t.g, x, 1, true, true),
        };
        for (size_t i = 0; i < sizeof y / sizeof y[0]; i++) {
            ck_assert_msg(sx_graph_ok(t.g, NULL), "%s", t.g->error.message);
            run_guarded(&t, y[i], how / 2 == 0);
        }
        fd_end(&t);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("bounds");
    tcase_add_loop_test(c, example_within_bounds, 0, n_examples);
    tcase_add_loop_test(c, lengths_within_bounds, 0, 14);
    return suite_run();
}
