/* check_starved.c - each allocation of a task fails once. Then the task fails with status 6, or
 * has the same result. It frees all its memory. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "arrays.h"
#include "base/base.h"
#include "flint_cases.h"
#include "formula.h"
#include "games.h"
#include "shapley/shapley.h"
#include "suite.h"

/* ---- Allocations that fail ---- */

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WITHOUT_FAULTS 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define WITHOUT_FAULTS 1
#endif

/* FRAMES: callers of an allocation are distinguished by so many stack frames. */
enum { FRAMES = 3, MOST_PLACES = 4096, MOST_LIVE = 1 << 16, MOST_FAULTS = 100 };

static struct {
    bool armed;               /* a task is running */
    bool resting;             /* the task does something that is not examined */
    const void *own, *parser; /* where the code under test, and cJSON, are loaded */
    /* at: allocations so far; fail: the number of the one that fails, 0: none */
    int64_t at, fail;
    bool for_good;              /* those after it fail, too */
    uint64_t seen[MOST_PLACES]; /* hashes of the callers */
    int64_t first[MOST_PLACES]; /* the first allocation of each caller */
    int64_t places;
    void *live[MOST_LIVE]; /* blocks that were not freed */
    int64_t n_live;
    atomic_flag busy;
} starve = {.busy = ATOMIC_FLAG_INIT};

#ifndef WITHOUT_FAULTS
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static _Thread_local bool inside;

static void note_place(void)
{
    void *frame[FRAMES + 3];
    uint64_t hash = 14695981039346656037u;
    int n = backtrace(frame, FRAMES + 3);
    for (int i = 3; i < n; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frame[i]) * 1099511628211u;
    for (int64_t i = 0; i < starve.places; i++)
        if (starve.seen[i] == hash)
            return;
    if (starve.places < MOST_PLACES) {
        starve.seen[starve.places] = hash;
        starve.first[starve.places++] = starve.at;
    }
}

static bool is_own(const void *caller)
{
    Dl_info info;
    return starve.armed && dladdr(caller, &info) != 0 &&
           (info.dli_fbase == starve.own || info.dli_fbase == starve.parser);
}

/* Whether an allocation is by the code under test, and is one that fails. */
static bool fails(const void *caller)
{
    if (starve.resting || inside || !is_own(caller))
        return false;
    inside = true;
    while (atomic_flag_test_and_set(&starve.busy)) {
    }
    starve.at++;
    if (starve.fail == 0)
        note_place();
    bool failed = starve.fail > 0 &&
                  (starve.for_good ? starve.at >= starve.fail : starve.at == starve.fail);
    atomic_flag_clear(&starve.busy);
    inside = false;
    return failed;
}

static size_t slot_of(const void *p)
{
    size_t at = ((uintptr_t)p >> 4) * 2654435761u % MOST_LIVE;
    while (starve.live[at] != NULL && starve.live[at] != p)
        at = (at + 1) % MOST_LIVE;
    return at;
}

/* Adds a block to `live`, if it is allocated while a task is examined. */
static void *born(void *p)
{
    if (p == NULL || starve.resting || inside)
        return p;
    while (atomic_flag_test_and_set(&starve.busy)) {
    }
    if (starve.n_live < MOST_LIVE / 2) {
        starve.live[slot_of(p)] = p;
        starve.n_live++;
    }
    atomic_flag_clear(&starve.busy);
    return p;
}

static void died(void *p)
{
    if (p == NULL || starve.n_live == 0)
        return;
    while (atomic_flag_test_and_set(&starve.busy)) {
    }
    size_t at = slot_of(p);
    if (starve.live[at] != NULL) {
        starve.n_live--;
        starve.live[at] = NULL;
        /* blocks that follow in the table are inserted again */
        for (size_t i = (at + 1) % MOST_LIVE; starve.live[i] != NULL; i = (i + 1) % MOST_LIVE) {
            void *moved = starve.live[i];
            starve.live[i] = NULL;
            starve.live[slot_of(moved)] = moved;
        }
    }
    atomic_flag_clear(&starve.busy);
}

void *malloc(size_t n)
{
    const void *caller = __builtin_return_address(0);
    if (fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    void *p = __libc_malloc(n);
    return is_own(caller) ? born(p) : p;
}

void *calloc(size_t n, size_t size)
{
    const void *caller = __builtin_return_address(0);
    if (fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    void *p = __libc_calloc(n, size);
    return is_own(caller) ? born(p) : p;
}

void *realloc(void *old, size_t n)
{
    const void *caller = __builtin_return_address(0);
    if (fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    died(old);
    void *p = __libc_realloc(old, n);
    return is_own(caller) ? born(p) : p;
}

int posix_memalign(void **to, size_t alignment, size_t n)
{
    const void *caller = __builtin_return_address(0);
    if (fails(caller))
        return ENOMEM;
    void *p = __libc_memalign(alignment, n);
    if (p == NULL)
        return ENOMEM;
    *to = is_own(caller) ? born(p) : p;
    return 0;
}

void free(void *p)
{
    died(p);
    __libc_free(p);
}
#endif

/* ---- Tasks ---- */

/* Does its work, and sets *digest to a number that depends on the whole result. False on
 * failure. */
typedef bool task(struct sx_error *error, double *digest);

static void begin(int64_t fail)
{
    Dl_info info;
    ck_assert(dladdr((const void *)(uintptr_t)sx_new, &info) != 0);
    starve.own = info.dli_fbase;
    ck_assert(dladdr((const void *)(uintptr_t)cJSON_Delete, &info) != 0);
    starve.parser = info.dli_fbase;
    starve.at = 0;
    starve.fail = fail;
    starve.n_live = 0;
    memset(starve.live, 0, sizeof starve.live);
    starve.armed = true;
}

/* Runs the task once for each caller of an allocation, whose first allocation then fails. If
 * there are over MOST_FAULTS callers, only some are tried. `keeps`: the objects that the task
 * uses may keep blocks. */
static void starved(const char *name, task *work, bool keeps)
{
    struct sx_error error = {0};
    double want = 0, got = 0;
    void *frame[2];
    ck_assert(backtrace(frame, 2) > 0); /* backtrace itself allocates at its first call */
    ck_assert_msg(work(&error, &want), "%s: %s", name, error.message);
    starve.places = 0;
    begin(0);
    bool ok = work(&error, &got);
    starve.armed = false;
    ck_assert_msg(ok && (got == want || (isnan(got) && isnan(want))), "%s: %.17g, not %.17g",
                  name, got, want);
    ck_assert_msg(keeps || starve.n_live == 0, "%s keeps %lld blocks", name,
                  (long long)starve.n_live);
    for (int64_t i = 0; i < starve.places; i += 1 + starve.places / MOST_FAULTS) {
        error = (struct sx_error){0};
        got = 0;
        begin(starve.first[i]);
        ok = work(&error, &got);
        starve.armed = false;
        long long at = starve.first[i];
        if (ok)
            ck_assert_msg(got == want || (isnan(got) && isnan(want)),
                          "%s without allocation %lld: %.17g, not %.17g", name, at, got, want);
        else
            ck_assert_msg(error.status == SX_MEMORY, "%s without allocation %lld: %d, %s", name,
                          at, (int)error.status, error.message);
        ck_assert_msg(keeps || starve.n_live == 0,
                      "%s without allocation %lld keeps %lld blocks", name, at,
                      (long long)starve.n_live);
    }
}

static double sum_of(const struct sx_tensor *t)
{
    double sum = 0;
    for (int64_t i = 0; i < sx_count(&t->shape); i++)
        sum += sx_tensor_get(t, i) * (double)(i % 7 + 1);
    return sum;
}

/* A small picture classifier: convolutions with kinks, a pool, a softmax. */
static struct tm_model *pictures(void)
{
    float w1[36], w2[48], w3[12];
    struct tm_model *m = tm_new(13);
    for (int i = 0; i < 48; i++) {
        double v = sin(1.7 * i + 1) / 2;
        w1[i % 36] = w2[i] = (float)v;
        w3[i % 12] = (float)v;
    }
    tm_input(m, "x", SX_FLOAT, 4, (const int64_t[]){1, 1, 8, 8});
    tm_const(m, "w1", SX_FLOAT, 4, (const int64_t[]){4, 1, 3, 3}, w1);
    tm_const(m, "w2", SX_FLOAT, 4, (const int64_t[]){3, 4, 2, 2}, w2);
    tm_const(m, "w3", SX_FLOAT, 2, (const int64_t[]){3, 4}, w3);
    tm_node(m, "Conv", "x w1", "c1", "pads=1,1,1,1");
    tm_node(m, "Relu", "c1", "r1", NULL);
    tm_node(m, "MaxPool", "r1", "p1", "kernel_shape=2,2 strides=2,2");
    tm_node(m, "Conv", "p1 w2", "c2", NULL);
    tm_node(m, "Sigmoid", "c2", "s2", NULL);
    tm_node(m, "GlobalAveragePool", "s2", "g", NULL);
    tm_node(m, "Flatten", "g", "f", NULL);
    tm_node(m, "MatMul", "f w3", "z", NULL);
    tm_node(m, "Softmax", "z", "y", NULL);
    tm_output(m, "y");
    return m;
}

static struct sx_tensor x;

static void make_picture(void)
{
    struct sx_error error = {0};
    ck_assert(sx_tensor_new(&x, SX_FLOAT, &(struct sx_shape){4, {1, 1, 8, 8}}, &error));
    for (int i = 0; i < 64; i++)
        sx_tensor_set(&x, i, cos(0.7 * i));
}

/* Writes a file in memory, and returns its path. */
static void keep_file(char path[40], const void *bytes, size_t n)
{
    int fd = memfd_create("file", 0);
    ck_assert(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    snprintf(path, 40, "/proc/self/fd/%d", fd);
}

static char model_path[40];

static void write_model(struct tm_model *m)
{
    size_t n;
    const uint8_t *bytes = tm_pack(m, &n);
    keep_file(model_path, bytes, n);
    tm_free(m);
}

/* ---- Models ---- */

static bool infer(struct sx_error *error, double *digest)
{
    const struct sx_model_options mo = {0};
    const struct sx_infer_options io = {.threads = 1};
    struct sx_model *model = sx_model_open(model_path, &mo, error);
    struct sx_inference *i = model != NULL ? sx_inference_new(model, &io, error) : NULL;
    bool ok = i != NULL && sx_inference_run(i, &x, error);
    if (ok)
        *digest = sum_of(sx_inference_output(i, 0, NULL));
    sx_inference_free(i);
    sx_model_close(model);
    return ok;
}

START_TEST(test_infer)
{
    write_model(pictures());
    make_picture();
    starved("inference", infer, false);
}
END_TEST

/* ---- Attributions ---- */

static const char *const methods[] = {
    "ggig",          "ig",          "grad",           "guided-backprop",
    "smoothgrad-sq", "geg-max",     "guided-ig",      "blur-ig",
    "idgi",          "expected",    "gradcam++",      "eigencam",
    "scorecam",      "ablationcam", "guided-gradcam", "edge",
    "rise",          "lime",        "occlusion",      "xrai"};
static const char *method;

static struct sx_explainer *explainer;

static bool attribute(struct sx_error *error, double *digest)
{
    static const double zeros[64];
    struct sx_attribute_options o = sx_attribute_defaults();
    struct sx_attribution a = {0};
    o.method = method;
    o.baseline = zeros;
    o.steps = 5;
    o.samples = 12;
    o.n_background = 1;
    o.background = zeros;
    bool ok =
        sx_explainer_sample(explainer, &x, error) && sx_attribute(explainer, &o, &a, error);
    if (ok)
        *digest = sum_of(&a.map);
    sx_attribution_free(&a);
    return ok;
}

START_TEST(test_attribute)
{
    write_model(pictures());
    make_picture();
    struct sx_error error = {0};
    const struct sx_explain_options o = {
        .precise = true, .threads = 1, .score = SX_SCORE_LOGIT};
    struct sx_model *model = sx_model_open(model_path, NULL, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    explainer = sx_explainer_new(model, &o, &error);
    ck_assert_msg(explainer != NULL, "%s", error.message);
    method = methods[_i];
    starved(method, attribute, true);
    sx_explainer_free(explainer);
    sx_model_close(model);
}
END_TEST

/* ---- Games ---- */

static const struct {
    const char *index, *sampling;
    int64_t order, budget;
} indices[] = {{"sv", NULL, 1, 0},           {"sii", NULL, 2, 0},
               {"ksii", NULL, 2, 0},         {"fsii", NULL, 2, 0},
               {"bT", NULL, 2, 0},           {"owen", NULL, 1, 0},
               {"sv", "permutation", 1, 60}, {"sv", "kernel", 1, 60},
               {"sv", "leverage", 1, 60},    {"sii", "svarmiq", 2, 100},
               {"stii", NULL, 2, 100},       {"sii", "shapiq", 2, 100},
               {"sii", "adjusted", 2, 100},  {"fsii", "regression", 2, 100},
               {"sii", "sparse", 2, 300},    {"jointsv", NULL, 2, 0}};
static int at_index;
static struct game_table game;

static bool interact(struct sx_error *error, double *digest)
{
    struct sx_shapley r;
    struct sx_shapley_options o = sx_shapley_defaults();
    starve.resting = true;
    struct sx_game *g = game_of(&game);
    starve.resting = false;
    o.index = indices[at_index].index;
    o.sampling = indices[at_index].sampling;
    o.order = indices[at_index].order;
    o.budget = indices[at_index].budget;
    bool ok = sx_shapley(g, &o, &r, error);
    for (int64_t i = 0; ok && i < r.terms.count; i++)
        *digest += r.terms.value[i] * (double)(i % 5 + 1);
    if (ok && r.n_sets > 0)
        *digest += r.benefit[0].B;
    if (ok)
        sx_shapley_free(&r);
    sx_game_free(g);
    return ok;
}

START_TEST(test_interact)
{
    at_index = _i;
    game_network(&game, indices[_i].budget > 0 ? 9 : 6, 3);
    starved(indices[_i].index, interact, false);
}
END_TEST

/* ---- Other methods, of one function of four numbers ---- */

static struct sx_tensor numbers;
static struct sx_players *players;

static void open_formula(struct tm_model *m)
{
    struct sx_error error = {0};
    const struct sx_explain_options o = {.precise = true, .threads = 1, .target = "0"};
    write_model(m);
    struct sx_model *model = sx_model_open(model_path, NULL, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    explainer = sx_explainer_new(model, &o, &error);
    ck_assert_msg(explainer != NULL, "%s", error.message);
    ck_assert(sx_tensor_new(&numbers, SX_DOUBLE, &(struct sx_shape){2, {1, 4}}, &error));
    for (int i = 0; i < 4; i++)
        sx_tensor_set(&numbers, i, 0.5 + i);
    players = sx_players_new(&numbers.shape, "elements", SX_LAYOUT_AUTO, &error);
    ck_assert_ptr_nonnull(players);
}

static void close_formula(void)
{
    struct sx_model *model = sx_explainer_model(explainer);
    sx_players_free(players);
    sx_tensor_free(&numbers);
    sx_explainer_free(explainer);
    sx_model_close(model);
}

static bool study(struct sx_error *error, double *digest)
{
    static const double zeros[4];
    struct sx_study_options o = sx_study_defaults();
    struct sx_effects r;
    o.method = method;
    o.steps = 4;
    struct sx_study *t = sx_study_new(&o, error);
    bool ok = t != NULL;
    if (ok) {
        sx_study_background(t, zeros, 1);
        ok = sx_explainer_sample(explainer, &numbers, error) &&
             sx_study_add(t, explainer, zeros, error) && sx_study_run(t, &r, error);
    }
    for (int64_t i = 0; ok && i < r.n; i++)
        *digest += r.item[i].strength * (double)(i % 5 + 1) + r.item[i].mean;
    sx_study_free(t);
    return ok;
}

START_TEST(test_study)
{
    open_formula(formula(4, "x1 x2 Mul x3 Mul x4 Sin Add x1 Exp Add"));
    method = sx_study_method(_i, NULL);
    if (method != NULL)
        starved(method, study, true);
    close_formula();
}
END_TEST

/* Options of attr-decompose, and the function that they are for. */
static const struct {
    const char *of; /* NULL: a network */
    const char *methods, *neuron_of;
    int64_t taylor, fit, budget, rows, path_samples;
    struct sx_absent absent;
    double gauss;
} decompositions[] = {
    {"x1 x2 Mul x3 Add x4 Relu Add x1 Relu Mul", "all", NULL, .budget = 0},
    {"x1 x2 Mul x3 Exp Add x4 Add", "gxi,ig,occpatch", NULL, .taylor = 2},
    {"x1 x2 Mul x3 Exp Add x4 Add", "preddiff,expgrad", NULL, .fit = 1, .gauss = 0.5},
    {"x1 x2 Mul x3 Exp Add x4 Mul Sin", "shapley", NULL, .budget = 12},
    {"x1 x2 Mul x3 Exp Add", "shapley,expgrad", NULL, .rows = 3, .path_samples = 6,
     .absent.kind = SX_ABSENT_GAUSSIAN},
    {"x1 x2 Mul x3 Exp Add", "shapley", NULL, .rows = 3, .absent.kind = SX_ABSENT_COPULA},
    {NULL, "lrp-eps,deepshap,deeptaylor", "", .rows = 2}};
static int at_decomposition;

static bool decompose(struct sx_error *error, double *digest)
{
    static const double zeros[4], rows[12] = {1, 0, 2, 1, -1, 1, 0, 3, 2, 2, 1, 0.5};
    static const double scores[] = {1, -1, 0.5, 2};
    struct sx_decompose_options o = sx_decompose_defaults();
    struct sx_decomposition r;
    o.players = players;
    o.baseline = zeros;
    o.background = rows;
    o.foreign = scores;
    o.methods = decompositions[at_decomposition].methods;
    o.neuron_of = decompositions[at_decomposition].neuron_of;
    o.taylor = decompositions[at_decomposition].taylor;
    o.fit = decompositions[at_decomposition].fit;
    o.budget = decompositions[at_decomposition].budget;
    o.n_background = decompositions[at_decomposition].rows;
    o.path_samples = decompositions[at_decomposition].path_samples;
    o.absent = decompositions[at_decomposition].absent;
    o.gauss = decompositions[at_decomposition].gauss;
    bool ok = sx_explainer_sample(explainer, &numbers, error);
    struct sx_decomposer *d = ok ? sx_decomposer_new(explainer, error) : NULL;
    ok = d != NULL && sx_decompose(d, &o, &r, error);
    for (int i = 0; ok && i < r.n_methods; i++)
        for (int64_t k = 0; k < r.players && r.method[i].attribution != NULL; k++)
            *digest += isfinite(r.method[i].attribution[k]) ? r.method[i].attribution[k] : 0;
    sx_decomposer_free(d);
    return ok;
}

START_TEST(test_decompose)
{
    const char *of = decompositions[_i].of;
    at_decomposition = _i;
    open_formula(of != NULL ? formula(4, of) : formula_network(4));
    starved("decompose", decompose, true);
    close_formula();
}
END_TEST

static bool score(struct sx_error *error, double *digest)
{
    static const double zeros[4];
    double values[] = {3, -1, 2, 0.5};
    const struct sx_record_map map = {.contributions = true,
                                      .values = {SX_DOUBLE, {2, {1, 4}}, values}};
    struct sx_score_options o = {
        .steps = 10, .draws = 8, .baseline = zeros, .filler = SX_FILL_BASELINE};
    struct sx_scored scored[SX_METRICS];
    int filler;
    o.metrics = 1u << SX_INSERTION | 1u << SX_DELETION | 1u << SX_SENSITIVITY_N |
                1u << SX_INFIDELITY | 1u << SX_COMPLETENESS;
    struct sx_score_tally *tally = sx_score_tally_new(error);
    bool ok = tally != NULL && sx_explainer_sample(explainer, &numbers, error) &&
              sx_score(explainer, explainer, NULL, &o, &map, scored, &filler, error) &&
              sx_score_tally_add(tally, "ig", scored, error);
    for (int i = 0; ok && i < SX_METRICS; i++)
        if ((o.metrics >> i & 1) != 0)
            *digest += scored[i].value;
    sx_score_tally_free(tally);
    return ok;
}

START_TEST(test_score)
{
    open_formula(formula(4, "x1 x2 Mul x3 Add x4 Sin Add"));
    starved("score", score, true);
    close_formula();
}
END_TEST

/* ---- Places of a picture ---- */

static struct sx_taylorcam_options relation_options;

static bool relate(struct sx_error *error, double *digest)
{
    const struct sx_explain_options eo = {
        .precise = true, .threads = 1, .wrt = "r1", .target = "0", .score = SX_SCORE_PROB};
    static const double zeros[256];
    struct sx_taylorcam_result r = {0};
    struct sx_model *model = sx_model_open(model_path, NULL, error);
    struct sx_explainer *e = model != NULL ? sx_explainer_new(model, &eo, error) : NULL;
    struct sx_taylorcam *t = NULL;
    bool ok = e != NULL && sx_explainer_sample(e, &x, error) &&
              (t = sx_taylorcam_new(e, &relation_options, error)) != NULL &&
              sx_taylorcam_explain(t, zeros, NULL, NULL, 0, &r, error);
    if (ok)
        *digest = sum_of(&r.relations.effect) + sum_of(&r.relations.marginal);
    sx_taylorcam_result_free(&r);
    sx_taylorcam_free(t);
    sx_explainer_free(e);
    sx_model_close(model);
    return ok;
}

START_TEST(test_relate)
{
    static const struct sx_taylorcam_options options[] = {
        {.order = 2,
         .axes = {-1, -1},
         .pairs = 2,
         .cam = {"gradcam", "gradcam++"},
         .n_cams = 2},
        {.order = 3, .axes = {-1, -1}, .grid = {2, 2}, .pairs = 2},
        {.order = 2,
         .axes = {-1, -1},
         .grid = {2, 2},
         .form = SX_TAYLOR_INTEGRATED,
         .steps = 2,
         .pairs = 1,
         .has_from = true,
         .from = {1, 0},
         .deletion = true},
        {.order = 2,
         .axes = {-1, -1},
         .grid = {2, 2},
         .form = SX_TAYLOR_OCCLUSION,
         .pairs = 1}};
    relation_options = options[_i];
    write_model(pictures());
    make_picture();
    starved("taylorcam", relate, false);
}
END_TEST

/* ---- Models that are written ---- */

/* Sets *digest to a hash of the text of a sink. */
static bool digest_of(struct sx_sink *sink, bool ok, struct sx_error *error, double *digest)
{
    char *text = NULL;
    if (!ok)
        sx_sink_finish(sink, false, &(struct sx_error){0});
    else
        text = sx_sink_text(sink, error);
    for (const char *p = text; p != NULL && *p != '\0'; p++)
        *digest = fmod(*digest * 31 + *p, 1e9 + 7);
    free(text);
    return text != NULL;
}

static struct sx_export_options export_options;

static bool export_model(struct sx_error *error, double *digest)
{
    struct sx_model *model = sx_model_open(model_path, NULL, error);
    struct sx_sink *sink = model != NULL ? sx_sink_memory(error) : NULL;
    bool ok = sink != NULL && sx_export(model, &export_options, NULL, sink, error);
    ok = sink != NULL && digest_of(sink, ok, error, digest);
    sx_model_close(model);
    return ok;
}

START_TEST(test_export)
{
    static const struct sx_export_options options[] = {
        {.kind = SX_EXPORT_GRADIENT, .order = 2},
        {.kind = SX_EXPORT_HVP},
        {.kind = SX_EXPORT_JACOBIAN, .precise = true},
        {.kind = SX_EXPORT_REVERSE, .seeds = "S"},
        {.kind = SX_EXPORT_FORWARD},
        {.kind = SX_EXPORT_GRADIENT, .target = "1"},
        {.kind = SX_EXPORT_HVP, .casadi = true},
        {.kind = SX_EXPORT_FORWARD, .of = "f,y", .wrt = "c1", .seeds = "2"}};
    export_options = options[_i];
    write_model(pictures());
    starved("export", export_model, false);
}
END_TEST

static bool perturb(struct sx_error *error, double *digest)
{
    const struct sx_perturb_options o = {.noise = 10, .seed = 3};
    struct sx_layer *layers = NULL;
    int64_t n;
    struct sx_model *model = sx_model_open(model_path, NULL, error);
    struct sx_sink *sink = model != NULL ? sx_sink_memory(error) : NULL;
    bool ok = sink != NULL && sx_layers(model, &layers, &n, error) &&
              sx_perturb(model, &o, sink, error);
    ok = sink != NULL && digest_of(sink, ok, error, digest);
    free(layers);
    sx_model_close(model);
    return ok;
}

START_TEST(test_perturb)
{
    write_model(pictures());
    starved("perturb", perturb, false);
}
END_TEST

/* ---- Inputs and records ---- */

static char input_path[40];

static bool read_table(struct sx_error *error, double *digest)
{
    const struct sx_input how = {0};
    struct sx_reader *r = sx_reader_open(input_path, &how, error);
    bool end = false, ok = r != NULL;
    while (ok && !end) {
        struct sx_tensor sample = {0};
        ok = sx_reader_next(r, &sample, &end, error);
        if (ok && !end)
            *digest += sum_of(&sample);
        sx_tensor_free(&sample);
    }
    sx_reader_close(r);
    return ok;
}

START_TEST(test_table)
{
    static const char text[] = "a,b,c\n1,2,3\n4,5.5,6\n7,8,1e3\n";
    keep_file(input_path, text, sizeof text - 1);
    starved("table", read_table, false);
}
END_TEST

static const char line[] =
    "{\"tool\":\"ggig\",\"version\":\"1\",\"id\":\"a.csv\",\"index\":0,\"target\":{\"output\":"
    "\"y\",\"index\":1,\"value\":2.5},\"names\":[\"a\",\"b\",\"c\"],\"x\":[1,2,3],\"method\":"
    "\"ig\",\"shape\":[1,3],\"attribution\":[1,-2,3.5],\"sum\":2.5}";

static bool read_record(struct sx_error *error, double *digest)
{
    struct sx_result *r = sx_result_read(line, sizeof line - 1, error);
    struct sx_sink *sink = r != NULL ? sx_sink_memory(error) : NULL;
    bool ok = sink != NULL && sx_result_json(r, sink, error);
    ok = sink != NULL && digest_of(sink, ok, error, digest);
    sx_result_free(r);
    return ok;
}

START_TEST(test_record)
{
    starved("record", read_record, false);
    starve.for_good = true;
    starved("record", read_record, false);
    starve.for_good = false;
}
END_TEST

static const char set_line[] =
    "{\"tool\":\"shapley-int\",\"version\":\"1\",\"id\":\"a.csv\",\"index\":0,\"target\":{"
    "\"output\":\"y\",\"index\":1,\"value\":2.5},\"names\":[\"a\",\"b\",\"c\"],\"players\":3,"
    "\"index_name\":\"sii\",\"order\":2,\"interactions\":[{\"set\":[0],\"names\":[\"a\"],\"value\":1},"
    "{\"set\":[1],\"names\":[\"b\"],\"value\":-2},{\"set\":[0,1],\"names\":[\"a\",\"b\"],\"value\":0.5},"
    "{\"set\":[1,2],\"names\":[\"b\",\"c\"],\"value\":-0.25}]}";
static const char method_line[] =
    "{\"id\":\"r\",\"players\":3,\"methods\":[{\"name\":\"a\",\"attribution\":[1,-2,3],\"principles\":{\"p1\":{"
    "\"holds\":true,\"violation\":0}}}],\"effects\":[{\"set\":[0],\"value\":1},{\"set\":[0,2],\"value\":2}],"
    "\"agreement\":{\"methods\":[\"a\"],\"spearman\":[[1]]},\"curves\":{\"sic\":{\"x\":[0,1],\"y\":[0,1]}}}";
static const char place_line[] =
    "{\"id\":\"r\",\"input\":{\"shape\":[1,1,8,8]},\"params\":{},\"grid\":[2,3],\"pairs\":[{\"a\":[0,0],\"b\":[1,2],"
    "\"box_a\":[0,0,4,3],\"box_b\":[4,5,8,8],\"strength\":2}],\"relations\":{\"shape\":[2,2],\"values\":[0,1,1,0]}}";
static const char part_line[] =
    "{\"id\":\"r\",\"input\":{\"shape\":[1,1,4,4]},\"params\":{\"players\":\"patches:2x2\"},\"players\":4,"
    "\"partition_max\":[[0,3],[1,2]],\"partition_min\":[[0],[1,2,3]],\"B_max\":0.5,\"B_min\":-0.25}";
static const struct {
    const char *line;
    int kind;
} further[] = {{method_line, SX_MATRIX},     {method_line, SX_CURVE}, {method_line, SX_EFFECTS},
               {method_line, SX_PRINCIPLES}, {place_line, SX_MATRIX}, {place_line, SX_NETWORK},
               {part_line, SX_TOKENS},       {set_line, SX_SHEET}};
static int kind;
static const char *drawn_line;

static bool draw(struct sx_error *error, double *digest)
{
    struct sx_figure_options o;
    uint8_t *bytes = NULL;
    size_t size = 0;
    int64_t drawn = 0;
    sx_figure_default(&o);
    o.kind = kind;
    struct sx_result *r = sx_result_read(drawn_line, strlen(drawn_line), error);
    const struct sx_drawn item = {.record = r != NULL ? sx_result_top(r) : NULL};
    bool ok =
        r != NULL && sx_figure_make(&o, &item, 1, SX_FIGURE_SVG, &bytes, &size, &drawn, error);
    for (size_t i = 0; ok && i < size; i++)
        *digest = fmod(*digest * 31 + bytes[i], 1e9 + 7);
    free(bytes);
    sx_result_free(r);
    return ok;
}

/* Draws each kind of figure that two records have, then some kinds of others. */
START_TEST(test_draw)
{
    static const char *const lines[] = {line, set_line};
    struct sx_error error = {0};
    double digest = 0;
    char name[40];
    drawn_line = _i < 2 * SX_SHEET ? lines[_i % 2] : further[_i - 2 * SX_SHEET].line;
    kind = _i < 2 * SX_SHEET ? _i / 2 : further[_i - 2 * SX_SHEET].kind;
    if (sx_figure_possible(&error) && draw(&error, &digest)) {
        snprintf(name, sizeof name, "kind %d, %d", kind, _i);
        starved(name, draw, false);
    }
}
END_TEST

/* ---- A fit of an interpreter ---- */

static struct sx_dataset *samples;
static const int64_t classes[8] = {0, 1, 2, 0, 1, 2, 0, 1};

/* A step, the fitted file, and its explanation of a sample. */
static bool fit(struct sx_error *error, double *digest)
{
    struct sx_flint_options o = sx_flint_defaults();
    const struct sx_flint_data data = {.x = samples, .y = classes};
    struct sx_flint_progress progress;
    o.epochs = 1;
    o.batch = 8;
    o.threads = 1;
    o.validation = 0;
    struct sx_model *model = sx_model_open(model_path, NULL, error);
    struct sx_flint_fit *f = model != NULL ? sx_flint_fit_new(model, &o, &data, error) : NULL;
    bool ok = f != NULL && sx_flint_fit_step(f, &progress, error);
    struct sx_sink *sink = ok ? sx_sink_memory(error) : NULL;
    ok = sink != NULL && sx_flint_fit_write(f, sink, error);
    ok = sink != NULL && digest_of(sink, ok, error, digest);
    sx_flint_fit_free(f);
    sx_model_close(model);
    return ok;
}

START_TEST(test_fit)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){-1, 5});
    fc_add_weights(m, "w1", 2, (const int64_t[]){5, 6});
    fc_add_weights(m, "w2", 2, (const int64_t[]){6, 3});
    tm_node(m, "MatMul", "x w1", "a", NULL);
    tm_node(m, "Relu", "a", "h", NULL);
    tm_node(m, "MatMul", "h w2", "y", NULL);
    tm_output(m, "y");
    write_model(m);
    struct sx_tensor values = ta_random(SX_FLOAT, SHAPE(8, 5), 0, 3);
    samples = fc_dataset(&values);
    starved("fit", fit, true);
    sx_dataset_close(samples);
    sx_tensor_free(&values);
}
END_TEST

/* ---- Views of records, baselines, players ---- */

static bool view_record(struct sx_error *error, double *digest)
{
    static const struct sx_view view = {
        .scalars = "sum,target.value:f", .columns = "attribution", .names = "names", .top = 2};
    struct sx_table table = {.view = &view, .separator = ','};
    struct sx_result *r = sx_result_read(line, sizeof line - 1, error);
    struct sx_sink *sink = r != NULL ? sx_sink_memory(error) : NULL;
    bool ok = sink != NULL && sx_result_text(r, &view, NULL, sink, error) &&
              sx_table_add(&table, r, sink, error);
    ok = sink != NULL && digest_of(sink, ok, error, digest);
    sx_result_free(r);
    return ok;
}

START_TEST(test_view)
{
    starved("views", view_record, false);
}
END_TEST

static const char *specification;

static bool divide(struct sx_error *error, double *digest)
{
    struct sx_players *p =
        sx_explainer_players(explainer, specification, SX_LAYOUT_AUTO, error);
    if (p != NULL)
        *digest = (double)sx_players_count(p);
    sx_players_free(p);
    return p != NULL;
}

static bool blur(struct sx_error *error, double *digest)
{
    struct sx_preprocess pre;
    double baseline[64];
    if (!sx_preprocess_preset(&pre, "unit", error) ||
        !sx_baseline(explainer, specification, &pre, NULL, 0, baseline, error))
        return false;
    for (int i = 0; i < 64; i++)
        *digest += baseline[i] * (i % 7 + 1);
    return true;
}

START_TEST(test_specifications)
{
    static const char *const some[] = {"elements",    "columns",       "tokens:2", "pixels",
                                       "patches:2x2", "superpixels:6", "grid:3x3"};
    struct sx_error error = {0};
    const struct sx_explain_options o = {.precise = true, .threads = 1};
    write_model(pictures());
    make_picture();
    struct sx_model *model = sx_model_open(model_path, NULL, &error);
    ck_assert_ptr_nonnull(model);
    explainer = sx_explainer_new(model, &o, &error);
    ck_assert(explainer != NULL && sx_explainer_sample(explainer, &x, &error));
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        specification = some[i];
        starved(some[i], divide, false);
    }
    specification = "blur:1";
    starved("blur", blur, false);
    sx_explainer_free(explainer);
    sx_model_close(model);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("starved");
    SUITE_ADD(c, test_infer, test_score, test_perturb, test_fit, test_view, test_specifications,
              test_table, test_record);
    tcase_add_loop_test(c, test_draw, 0,
                        2 * SX_SHEET + (int)(sizeof further / sizeof *further));
    tcase_add_loop_test(c, test_attribute, 0, sizeof methods / sizeof *methods);
    tcase_add_loop_test(c, test_interact, 0, sizeof indices / sizeof *indices);
    tcase_add_loop_test(c, test_study, 0, 7);
    tcase_add_loop_test(c, test_export, 0, 8);
    tcase_add_loop_test(c, test_relate, 0, 4);
    tcase_add_loop_test(c, test_decompose, 0, sizeof decompositions / sizeof *decompositions);
    return suite_run();
}
