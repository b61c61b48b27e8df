/* baseline.c - the reference input that --baseline names. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

static bool file_baseline(struct cli *cli, const struct sx_explainer *explainer,
                          double *baseline, struct sx_error *error)
{
    double *points = NULL;
    int64_t n = 0, size = sx_count(&sx_explainer_input(explainer)->shape);
    bool ok = cli_read_points(cli, cli->baseline, explainer, &points, &n, error);
    if (ok)
        memcpy(baseline, points, (size_t)size * sizeof *baseline);
    free(points);
    return ok;
}

/* Whether sx_baseline reads the specification; if not, it names a file. */
static bool is_plain(const char *text)
{
    double value;
    return strcmp(text, "zero") == 0 || strcmp(text, "mean") == 0 ||
           strcmp(text, "black") == 0 || strcmp(text, "white") == 0 ||
           strncmp(text, "blur:", 5) == 0 || sx_number_parse(text, strlen(text), &value);
}

/* Fails if the argument looks like a misspelt word. A file that cannot be read fails the samples
 * instead. */
bool cli_baseline_check(struct cli *cli)
{
    const char *text = cli->baseline;
    if ((cli->groups & CLI_BASELINE) == 0 || text == NULL || is_plain(text) ||
        strcmp(text, "-") == 0 || strpbrk(text, "./") != NULL || access(text, F_OK) == 0)
        return true;
    struct sx_nearest near = {.word = text};
    sx_nearest_offer(&near, "zero|mean|black|white|blur:");
    return cli_error(
        &cli->error, SX_USAGE,
        "--baseline '%.80s' is none of zero, mean, black, white, blur:S, a number or "
        "a file%s",
        text, sx_nearest_text(&near));
}

bool cli_baseline(struct cli *cli, const struct sx_explainer *explainer,
                  const double *background, int64_t n_background, double **baseline,
                  struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(explainer)->shape;
    *baseline = calloc((size_t)sx_count(shape) + 1, sizeof **baseline);
    if (*baseline == NULL)
        return cli_error(error, SX_MEMORY, "out of memory");
    if (is_plain(cli->baseline))
        return sx_baseline(explainer, cli->baseline, &cli->pre, background, n_background,
                           *baseline, error);
    return file_baseline(cli, explainer, *baseline, error);
}
