/* clones.h - functions compiled for several instruction sets; the processor decides at run time. */
#ifndef SX_CLONES_H
#define SX_CLONES_H

/* Not with sanitizers, which run before the choice can be made, and not without optimising, which
 * makes all of them alike. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&                         \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#ifdef SX_AT_MOST_AVX2
#define CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#else
#define CLONES
#endif

#endif
