/* random.c - hashing, and random numbers that are pure functions of three counters. */
#include <math.h>
#include <nettle/sha2.h>

#include "base/base.h"

uint64_t sx_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 1099511628211ULL;
    return hash;
}

void sx_sha256_passing(const void *bytes, size_t n,
                       void (*passed)(const void *context, size_t done), const void *context,
                       char hex[65])
{
    const size_t step = (size_t)8 << 20;
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&sha);
    for (size_t done = 0, now; done < n; done += now) {
        now = n - done < step ? n - done : step;
        sha256_update(&sha, now, (const uint8_t *)bytes + done);
        if (passed != NULL)
            passed(context, done + now);
    }
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void sx_sha256(const void *bytes, size_t n, char hex[65])
{
    sx_sha256_passing(bytes, n, NULL, NULL, hex);
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

uint64_t sx_random_bits(uint64_t seed, uint64_t stream, uint64_t draw)
{
    const uint64_t golden = 0x9e3779b97f4a7c15ULL;
    return mix(mix(mix(seed + golden) + golden * (stream + 1)) + golden * (draw + 1));
}

double sx_random_uniform(uint64_t seed, uint64_t stream, uint64_t draw)
{
    return (double)(sx_random_bits(seed, stream, draw) >> 11) * 0x1p-53;
}

/* Box-Muller; its two uniforms are draws 2 k and 2 k + 1. */
double sx_random_normal(uint64_t seed, uint64_t stream, uint64_t draw)
{
    double u = 1.0 - sx_random_uniform(seed, stream, 2 * draw);
    double v = sx_random_uniform(seed, stream, 2 * draw + 1);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}
