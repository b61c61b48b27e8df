/* error.c - records the first failure of a call, as one line with its place. */
#include <stdarg.h>
#include <string.h>

#include "base/base.h"
#include "sextant/output.h"

SX_PRINTF(3, 0)
static void record(struct sx_error *error, enum sx_status status, const char *format,
                   va_list args)
{
    /* A name may be as long as a path, and the reason follows it. */
    char whole[4096 + sizeof error->message];
    error->status = status;
    error->want = SX_WANT_LITTLE;
    vsnprintf(whole, sizeof whole, format, args);
    sx_make_plain(whole, ""); /* one line whatever the names inside it hold */
    sx_cut_middle(whole, sizeof error->message);
    strcpy(error->message, whole);
}

bool sx_fail(struct sx_error *error, enum sx_status status, const char *format, ...)
{
    if (error == NULL || error->status != SX_OK)
        return false;
    va_list args;
    va_start(args, format);
    record(error, status, format, args);
    va_end(args);
    return false;
}

bool sx_over_limit(struct sx_error *error, const char *format, ...)
{
    if (error == NULL || error->status != SX_OK)
        return false;
    va_list args;
    va_start(args, format);
    record(error, SX_MEMORY, format, args);
    va_end(args);
    error->want = SX_OVER_LIMIT;
    return false;
}

bool sx_fail_as(struct sx_error *error, const struct sx_error *from)
{
    if (error != NULL && error->status == SX_OK)
        *error = *from;
    return false;
}

bool sx_exhausted(const struct sx_error *error)
{
    return error->status == SX_MEMORY && error->want != SX_OVER_LIMIT;
}

bool sx_fail_at(struct sx_error *error, const char *format, ...)
{
    if (error == NULL)
        return false;
    char joined[sizeof error->message];
    va_list args;
    va_start(args, format);
    vsnprintf(joined, sizeof joined / 2, format, args);
    va_end(args);
    sx_make_plain(joined, ""); /* one line whatever the names inside it hold */
    size_t at = strlen(joined);
    const char *parts[] = {": ", error->message};
    for (int i = 0; i < 2; i++)
        for (const char *p = parts[i]; *p != '\0' && at + 1 < sizeof joined; p++)
            joined[at++] = *p;
    joined[at] = '\0';
    memcpy(error->message, joined, at + 1);
    return false;
}
