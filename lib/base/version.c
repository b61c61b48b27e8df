/* version.c - the version of the linked library. */
#include "base/base.h"

const char *sx_version(void)
{
    return SX_VERSION;
}
