/* flint_cases.c - the reference numbers of tests/data/flint_cases.json, and their small network as
 * a fit. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flint_cases.h"
#include "model.h"

static cJSON *cases;

bool fc_open(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = fopen("tests/data/flint_cases.json", "r");
    if (file == NULL || getdelim(&text, &n, '\0', file) < 0)
        return false;
    fclose(file);
    cases = cJSON_Parse(text);
    free(text);
    return cases != NULL;
}

void fc_close(void)
{
    cJSON_Delete(cases);
}

cJSON *fc_case(const char *path)
{
    return fc_at(cases, path);
}

cJSON *fc_at(cJSON *from, const char *path)
{
    char key[64];
    while (*path != '\0') {
        size_t n = strcspn(path, "/");
        memcpy(key, path, n);
        key[n] = '\0';
        from = cJSON_GetObjectItemCaseSensitive(from, key);
        ck_assert_msg(from != NULL, "no '%s' in the cases", key);
        path += n + (path[n] == '/');
    }
    return from;
}

double fc_number(cJSON *from, const char *path)
{
    return fc_at(from, path)->valuedouble;
}

/* Writes the numbers of nested lists one after the other. */
static void fill(const cJSON *list, double *to, int64_t *n)
{
    const cJSON *item;
    if (cJSON_IsNumber(list)) {
        to[(*n)++] = list->valuedouble;
        return;
    }
    cJSON_ArrayForEach(item, list) fill(item, to, n);
}

struct sx_tensor fc_array(cJSON *from, const char *path, enum sx_type type)
{
    static double values[4096];
    const cJSON *list = fc_at(from, path);
    struct sx_shape shape = {0};
    int64_t n = 0;
    fill(list, values, &n);
    for (; cJSON_IsArray(list); list = list->child)
        shape.dim[shape.rank++] = cJSON_GetArraySize(list);
    return ta_of(type, shape, values);
}

void fc_add_weights(struct tm_model *m, const char *name, int rank, const int64_t *dims)
{
    struct sx_shape shape = {.rank = rank};
    memcpy(shape.dim, dims, (size_t)rank * sizeof *dims);
    struct sx_tensor t = ta_random(SX_FLOAT, shape, 0, strlen(name) + 17);
    tm_const(m, name, SX_FLOAT, rank, dims, t.data);
    ta_free(&t, 1);
}

/* f of the reference numbers: convolution, ReLU, pooling, a fully connected layer. */
struct sx_model *fc_model(struct sx_error *error)
{
    cJSON *p = fc_case("train_step/in/params");
    static const char *const name[] = {"f.conv.w", "f.conv.b", "f.fc.w", "f.fc.b"};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (const int64_t[]){-1, 1, 8, 8});
    for (int i = 0; i < 4; i++) {
        struct sx_tensor t = fc_array(p, name[i], SX_FLOAT);
        tm_const(m, name[i], SX_FLOAT, t.shape.rank, t.shape.dim, t.data);
        ta_free(&t, 1);
    }
    tm_node(m, "Conv", "x f.conv.w f.conv.b", "c", "pads=1,1,1,1");
    tm_node(m, "Relu", "c", "r", NULL);
    tm_node(m, "MaxPool", "r", "hidden", "kernel_shape=2,2 strides=2,2");
    tm_node(m, "Flatten", "hidden", "flat", NULL);
    tm_node(m, "Gemm", "flat f.fc.w f.fc.b", "logits", "transB=1");
    tm_output(m, "logits");
    struct sx_model *model = tm_open(m, error);
    tm_free(m);
    return model;
}

/* The name in the reference numbers of a weight of a fitted file. */
const char *fc_name(const char *ours)
{
    static const char *const name[][2] = {{"flint/psi/conv/weight", "psi.conv.w"},
                                          {"flint/psi/conv/bias", "psi.conv.b"},
                                          {"flint/psi/phi/weight", "psi.fc.w"},
                                          {"flint/psi/phi/bias", "psi.fc.b"},
                                          {"flint/h/weight", "h.w"},
                                          {"flint/h/bias", "h.b"},
                                          {"flint/d/full/weight", "d.fc.w"},
                                          {"flint/d/full/bias", "d.fc.b"},
                                          {"flint/d/grow0/weight", "d.t1.w"},
                                          {"flint/d/grow0/bias", "d.t1.b"},
                                          {"flint/d/grow1/weight", "d.t2.w"},
                                          {"flint/d/grow1/bias", "d.t2.b"}};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        if (strcmp(name[i][0], ours) == 0)
            return name[i][1];
    return ours;
}

struct sx_dataset *fc_dataset(const struct sx_tensor *x)
{
    struct sx_error error = {0};
    struct sx_preprocess pre;
    struct sx_shape want = x->shape;
    char path[] = "/tmp/check-flint-XXXXXX.npy";
    want.dim[0] = -1;
    int fd = mkstemps(path, 4);
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert(fd >= 0 && sink != NULL && sx_npy_write(sink, x));
    ck_assert(sx_sink_finish(sink, true, &error) && sx_preprocess_preset(&pre, "unit", &error));
    const struct sx_input how = {.want = &want, .pre = &pre};
    struct sx_dataset *d = sx_dataset_open(path, &how, &error);
    ck_assert_msg(d != NULL, "%s", error.message);
    unlink(path);
    close(fd);
    return d;
}

void fc_train(struct fc_training *t, bool joint, size_t cache)
{
    cJSON *in = fc_case("train_step/in");
    static const char *const layer[] = {"hidden"};
    struct sx_error error = {0};
    struct sx_tensor x = fc_array(in, "x", SX_FLOAT), y = fc_array(in, "y", SX_DOUBLE);
    t->model = fc_model(&error);
    t->x = fc_dataset(&x);
    for (int i = 0; i < 5; i++)
        t->y[i] = (int64_t)sx_tensor_get(&y, i);
    t->o = (struct sx_flint_options){.layers = layer, .n_layers = 1};
    ck_assert(sx_flint_recipe(&t->o, "small", &error));
    t->o.attributes = 4;
    t->o.psi_maps = 3;
    t->o.decoder_maps[0] = t->o.decoder_maps[1] = 2;
    t->o.phi = SX_FLINT_RELU;
    t->o.joint = joint;
    t->o.epochs = 3;
    t->o.batch = 5;
    t->o.validation = 0;
    t->o.cache = cache;
    t->o.threads = 1;
    ck_assert(sx_schedule_parse(&t->o.beta, "0.5") && sx_schedule_parse(&t->o.delta, "0.2") &&
              sx_schedule_parse(&t->o.eta, "0.5") && sx_schedule_parse(&t->o.lr, "0.01"));
    struct sx_flint_data data = {.x = t->x, .y = t->y};
    t->fit = sx_flint_fit_new(t->model, &t->o, &data, &error);
    ck_assert_msg(t->fit != NULL, "%s", error.message);
    for (size_t i = 0; i < t->fit->params.n; i++) {
        struct sx_flint_param *p = &t->fit->params.item[i];
        struct sx_tensor v = fc_array(fc_at(in, "params"), fc_name(p->name), SX_FLOAT);
        ck_assert_msg(sx_shape_equal(&v.shape, &p->value.shape), "%s", p->name);
        memcpy(p->value.data, v.data, (size_t)sx_count(&v.shape) * sizeof(float));
        ta_free(&v, 1);
    }
    ta_free(&x, 1);
    ta_free(&y, 1);
}

void fc_stop(struct fc_training *t)
{
    sx_flint_fit_free(t->fit);
    sx_dataset_close(t->x);
    sx_model_close(t->model);
}
