/* gradients.c - writes the derivatives of ONNX's own cases for another runtime.
 *
 *     gradients TO DIRECTORY...
 *
 * Makes a directory in TO for each case. stdout has a line per case, see case_write_gradient.
 * stderr lists the cases that are not written, with the reasons. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cases.h"

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void write_all(const char *to, const char *from, int *number)
{
    struct dirent **entry = NULL;
    int n = scandir(from, &entry, visible, alphasort);
    for (int i = 0; i < n; i++) {
        char path[600], place[600];
        struct case_result result;
        snprintf(path, sizeof path, "%s/%s", from, entry[i]->d_name);
        snprintf(place, sizeof place, "%s/%d", to, ++*number);
        mkdir(place, 0777);
        case_write_gradient(path, place, &result);
        if (result.verdict != CASE_PASSED)
            fprintf(stderr, "%s: %s\n", entry[i]->d_name, result.why);
        free(entry[i]);
    }
    free(entry);
}

int main(int argc, char **argv)
{
    int number = 0;
    for (int k = 2; k < argc; k++)
        write_all(argv[1], argv[k], &number);
    return number == 0;
}
