/* kept.c - writes cases of lowering as directories like those of ONNX's own cases. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "lowering.h"

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    ck_assert(f != NULL && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static void write_tensor(const char *path, struct sx_tensor t)
{
    static const int type[] = {[SX_FLOAT] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                               [SX_DOUBLE] = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
                               [SX_INT] = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
                               [SX_BOOL] = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL};
    Onnx__TensorProto proto = ONNX__TENSOR_PROTO__INIT;
    proto.has_data_type = proto.has_raw_data = 1;
    proto.data_type = type[t.type];
    proto.n_dims = (size_t)t.shape.rank;
    proto.dims = t.shape.dim;
    proto.raw_data.data = t.data;
    proto.raw_data.len = (size_t)sx_count(&t.shape) * sx_type_size(t.type);
    uint8_t *bytes = malloc(onnx__tensor_proto__get_packed_size(&proto) + 1);
    ck_assert(bytes != NULL);
    write_bytes(path, bytes, onnx__tensor_proto__pack(&proto, bytes));
    free(bytes);
}

void lc_keep(struct tm_model *m, const struct sx_tensor *feeds, int n)
{
    const char *directory = getenv("LOWERING_CASES");
    char path[400];
    size_t size;
    if (directory == NULL)
        return;
    const uint8_t *bytes = tm_pack(m, &size);
    const Onnx__GraphProto *g = tm_proto(m)->graph;
    const int length = snprintf(path, sizeof path, "%s/%s-%016llx", directory,
                                g->n_node > 0 ? g->node[g->n_node - 1]->op_type : "none",
                                (unsigned long long)sx_hash(SX_HASH_START, bytes, size));
    char *end = path + length;
    const size_t room = sizeof path - (size_t)length;
    mkdir(path, 0777);
    strcpy(end, "/model.onnx");
    write_bytes(path, bytes, size);
    strcpy(end, "/test_data_set_0");
    mkdir(path, 0777);
    for (int i = 0; i < n; i++) {
        snprintf(end, room, "/test_data_set_0/input_%d.pb", i);
        write_tensor(path, feeds[i]);
    }
}
