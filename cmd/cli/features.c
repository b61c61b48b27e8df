/* features.c - the names of features: of a file, of a table, of the model. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/samples.h"

static void add(struct cli *cli, const char *name, size_t n)
{
    cli->features =
        cli_must(cli, realloc(cli->features, (cli->n_features + 1) * sizeof *cli->features));
    cli->features[cli->n_features++] = cli_must(cli, strndup(name, n));
}

/* "a, b, c" */
static void split(struct cli *cli, const char *text)
{
    while (*text != '\0') {
        text += strspn(text, " \t\n");
        size_t n = strcspn(text, ","), all = n;
        while (n > 0 && strchr(" \t\n", text[n - 1]) != NULL)
            n--;
        add(cli, text, n);
        text += text[all] == ',' ? all + 1 : all;
    }
}

/* A JSON list, or names by commas. */
static void read_metadata(struct cli *cli)
{
    struct sx_error ignored = {0};
    const char *text = sx_model_metadata(cli->model, "feature_names");
    struct sx_result *r = NULL;
    if (text == NULL)
        return;
    if (text[strspn(text, " \t\n")] != '[') {
        split(cli, text);
        return;
    }
    r = sx_result_read(text, strlen(text), &ignored);
    const struct sx_datum *list = r != NULL ? sx_result_top(r) : NULL;
    if (list != NULL && list->kind == SX_LIST)
        for (const struct sx_datum *d = list->first; d != NULL; d = d->next) {
            const char *name = sx_datum_text(d, "");
            add(cli, name, strlen(name));
        }
    sx_result_free(r);
}

bool cli_features_begin(struct cli *cli)
{
    if (cli->model != NULL)
        read_metadata(cli);
    cli->columns.feature = cli->features;
    cli->columns.n_features = cli->n_features;
    return cli->names_file == NULL ||
           cli_read_lines(cli, cli->names_file, &cli->names, &cli->n_names);
}

const char *cli_feature(const struct cli *cli, size_t i)
{
    const struct cli_samples *s = cli->samples;
    const char *name = NULL;
    if (cli->n_names > 0)
        return i < cli->n_names ? cli->names[i] : NULL;
    if (s != NULL && s->main >= 0 && s->feed[s->main].reader != NULL)
        name = sx_reader_feature(s->feed[s->main].reader, i);
    bool unnamed = s == NULL || s->main < 0 || s->feed[s->main].reader == NULL ||
                   sx_reader_feature(s->feed[s->main].reader, 0) == NULL;
    return unnamed && i < cli->n_features ? cli->features[i] : name;
}

struct sx_columns cli_features_columns(const struct cli *cli, char ***names)
{
    size_t n = 0;
    while (cli_feature(cli, n) != NULL)
        n++;
    *names = cli_must(cli, calloc(n + 1, sizeof **names));
    for (size_t i = 0; i < n; i++)
        (*names)[i] = (char *)(uintptr_t)cli_feature(cli, i);
    if (n > 0)
        return (struct sx_columns){.feature = *names, .n_features = n};
    return (struct sx_columns){.only = cli->columns.only, .drop = cli->columns.drop};
}

void cli_features_free(struct cli *cli)
{
    cli_free_lines(cli->features, cli->n_features);
    cli_free_lines(cli->names, cli->n_names);
}
