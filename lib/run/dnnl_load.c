/* dnnl_load.c - loads oneDNN. */
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "run/dnnl_load.h"

/* The Makefile reads the name from the library that tools are built with. */
static const char file[] = SX_ONEDNN_FILE;
_Static_assert(sizeof file > 1, "the name of oneDNN's library is not known");

struct sx_onednn sx_onednn;

#define ENTRY(name) {"dnnl_" #name, offsetof(struct sx_onednn, name)},
static const struct entry {
    const char *name;
    size_t offset;
} entries[] = {SX_ONEDNN_DATED(ENTRY) SX_ONEDNN_ALWAYS(ENTRY)};

/* Sets all entries of the table. The library stays loaded as long as the process runs. */
static bool load(struct sx_error *error)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library != NULL && i < sizeof entries / sizeof entries[0]; i++) {
        void *function = dlsym(library, entries[i].name);
        if (function == NULL)
            library = NULL;
        memcpy((char *)&sx_onednn + entries[i].offset, &function, sizeof function);
    }
    const char *why = library == NULL ? dlerror() : NULL;
    if (library == NULL) {
        bool refused = why != NULL && (strstr(why, "memory") || strstr(why, "failed to map"));
        sx_fail(error, refused ? SX_MEMORY : SX_FAILED, "oneDNN cannot be loaded: %s",
                why != NULL ? why : file);
    }
    return library != NULL;
}

bool sx_dnnl_load(struct sx_error *error)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool loaded;
    pthread_mutex_lock(&lock);
    loaded = loaded || load(error);
    bool ok = loaded;
    pthread_mutex_unlock(&lock);
    return ok;
}
