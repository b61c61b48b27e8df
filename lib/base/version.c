/* version.c - which version of the library is linked. */
#include "base/base.h"

const char *sx_version(void)
{
    return SX_VERSION;
}
