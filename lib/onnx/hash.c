/* hash.c - the SHA-256 of a model's file, computed when it is asked for, or concurrently. */
#include <signal.h>

#include "onnx/onnx.h"

/* Gives memory back: hashed pages need not stay in memory. */
static void rest(const void *file, size_t done)
{
    (void)done;
    sx_file_rest(file);
}

static void *hash(void *model)
{
    struct sx_model *m = model;
    sx_sha256_passing(m->file.bytes, m->file.size, rest, &m->file, m->sha256);
    return NULL;
}

/* Larger files take longer to hash than a thread takes to start. */
#define LARGE ((size_t)4 << 20)

void sx_model_hash_ahead(struct sx_model *m)
{
    sigset_t all, before;
    if (m->sha256[0] != '\0' || m->hashing || m->file.size < LARGE)
        return;
    sigfillset(&all);        /* signals are delivered to the caller's threads */
    sigdelset(&all, SIGBUS); /* but if the file becomes shorter, this comes from reading it */
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return;
    m->hashing = pthread_create(&m->hasher, NULL, hash, m) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

const char *sx_model_sha256(struct sx_model *m)
{
    if (m->hashing)
        pthread_join(m->hasher, NULL);
    m->hashing = false;
    if (m->sha256[0] == '\0')
        hash(m);
    return m->sha256;
}
