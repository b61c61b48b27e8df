/* formula.c - writes a model of a function of a few numbers.
 *
 *     formula N TEXT FILE
 *
 * Writes TEXT, a function of x1 to xN in the form of formula.h, to FILE. */
#include <stdio.h>
#include <stdlib.h>

#include "formula.h"

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct tm_model *m = formula(strtoll(argv[1], NULL, 10), argv[2]);
    size_t n;
    const uint8_t *bytes = tm_pack(m, &n);
    FILE *f = fopen(argv[3], "wb");
    bool ok = f != NULL && fwrite(bytes, 1, n, f) == n;
    ok = f != NULL && fclose(f) == 0 && ok;
    tm_free(m);
    return ok ? 0 : 1;
}
