/* outside.c - moves the larger weights of a model to another file.
 *
 *     outside MODEL TO NAME     writes TO, and NAME beside it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/write.h"

/* the least bytes of a weight that is moved */
enum { LARGE = 64 };

static bool fail(const char *why)
{
    fprintf(stderr, "outside: %s\n", why);
    return false;
}

/* Writes the path of a file with this name beside another file. */
static void beside(const char *path, const char *name, char *to, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(to, size, "%.*s%s", slash != NULL ? (int)(slash + 1 - path) : 0, path, name);
}

/* Copies the fields of the graph. Elements of large initializers go to `out`. */
static bool write_graph(const struct sx_model *m, const char *name, struct sx_wire *graph,
                        FILE *out, struct sx_error *error)
{
    Onnx__GraphProto rest = *m->graph;
    size_t offset = 0;
    rest.n_initializer = 0;
    size_t n = onnx__graph_proto__get_packed_size(&rest);
    uint8_t *bytes = malloc(n + 1);
    if (bytes == NULL)
        return fail("out of memory");
    onnx__graph_proto__pack(&rest, bytes);
    sx_wire_raw(graph, bytes, n);
    free(bytes);
    for (size_t i = 0; i < m->graph->n_initializer; i++) {
        struct sx_tensor t;
        const Onnx__TensorProto *proto = m->graph->initializer[i];
        if (!sx_onnx_tensor_read(m, proto, SX_FLOAT, &t, NULL, error))
            return fail(error->message);
        size_t size = (size_t)sx_count(&t.shape) * sx_type_size(t.type);
        if (size < LARGE) {
            sx_onnx_write_tensor(graph, proto->name, &t);
        } else {
            sx_onnx_write_external(graph, proto->name, &t, name, offset);
            offset += fwrite(t.data, 1, size, out);
        }
        sx_tensor_free(&t);
    }
    return true;
}

int main(int argc, char **argv)
{
    char path[4096];
    struct sx_error error = {0};
    struct sx_wire graph = {.error = &error}, file = {.error = &error};
    struct sx_model *m = argc == 4 ? sx_model_open(argv[1], NULL, &error) : NULL;
    if (m == NULL)
        return !fail(argc == 4 ? error.message : "MODEL TO NAME");
    beside(argv[2], argv[3], path, sizeof path);
    FILE *out = fopen(path, "wb");
    bool ok = out != NULL && write_graph(m, argv[3], &graph, out, &error);
    ok = out != NULL && fclose(out) == 0 && ok;
    sx_onnx_write_model(&file, m->proto->opset_import[0]->version, "outside", &graph);
    out = ok ? fopen(argv[2], "wb") : NULL;
    ok = out != NULL && fwrite(file.bytes, 1, file.size, out) == file.size;
    ok = out != NULL && fclose(out) == 0 && ok && error.status == SX_OK;
    sx_wire_free(&graph);
    sx_wire_free(&file);
    sx_model_close(m);
    return !ok;
}
