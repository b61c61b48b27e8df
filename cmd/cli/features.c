/* features.c - the names of features: from files, from tables, from the model. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/cli/samples.h"

static void add(struct cli *cli, const char *name, size_t n)
{
    cli->features =
        cli_must(cli, realloc(cli->features, (cli->n_features + 1) * sizeof *cli->features));
    cli->features[cli->n_features++] = cli_must(cli, strndup(name, n));
}

/* Reads names from "a, b, c". */
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

/* Reads names from the model's metadata: a JSON list, or names separated by commas. */
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

/* Whether a word of a vocabulary marks the beginning or end of a text, a separator, or padding. */
static bool is_special(const char *word)
{
    static const char *const words[] = {"[pad]", "<pad>", "<|pad|>", "[cls]",        "<cls>",
                                        "[sep]", "<sep>", "<s>",     "</s>",         "[bos]",
                                        "<bos>", "[eos]", "<eos>",   "<|endoftext|>"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(word, words[i]) == 0)
            return true;
    return false;
}

/* Keeps special ids, unless --keep-ids was given. */
static void keep_special(struct cli *cli)
{
    size_t n = 0, at = 0;
    for (size_t i = 0; i < cli->n_vocabulary; i++)
        n += is_special(cli->vocabulary[i]);
    if (cli->keep != NULL || n == 0)
        return;
    cli->keep = cli_must(cli, calloc(n, sizeof *cli->keep));
    cli->kept_said = cli_must(cli, calloc(n, 24));
    for (size_t i = 0; i < cli->n_vocabulary; i++) {
        if (!is_special(cli->vocabulary[i]))
            continue;
        at += (size_t)sprintf(cli->kept_said + at, "%s%zu", at > 0 ? "," : "", i);
        cli->keep[cli->explain.n_keep++] = (int64_t)i;
    }
    cli->explain.keep = cli->keep;
}

static bool read_vocabulary(struct cli *cli)
{
    if (!cli_read_names(cli, cli->vocab_file, &cli->vocabulary, &cli->n_vocabulary))
        return false;
    keep_special(cli);
    return true;
}

/* Whether an input takes integers, or may take the embedding of a text: [N, tokens, channels] or
 * [N, tokens]. */
static bool takes_text(const struct cli *cli, bool embedded)
{
    for (int i = 0; i < sx_model_input_count(cli->model); i++) {
        const struct sx_port *port = sx_model_input(cli->model, i);
        if (port->type == SX_INT || (embedded && port->shape.rank != 4))
            return true;
    }
    return false;
}

static bool check_text(struct cli *cli)
{
    const char *option = cli->vocab_file != NULL    ? "--vocab"
                         : cli->tokens_file != NULL ? "--tokens"
                                                    : NULL;
    return option == NULL || cli->model == NULL || takes_text(cli, cli->vocab_file == NULL) ||
           cli_error(&cli->error, SX_USAGE, "%s: %.200s takes no %s", option, cli->model_path,
                     cli->vocab_file != NULL ? "token ids" : "text");
}

bool cli_features_begin(struct cli *cli)
{
    if (!check_text(cli))
        return false;
    if (cli->model != NULL)
        read_metadata(cli);
    cli->columns.feature = cli->features;
    cli->columns.n_features = cli->n_features;
    return (cli->names_file == NULL ||
            cli_read_names(cli, cli->names_file, &cli->names, &cli->n_names)) &&
           (cli->tokens_file == NULL ||
            cli_read_tokens(cli, cli->tokens_file, &cli->tokens, &cli->n_tokens)) &&
           (cli->vocab_file == NULL || read_vocabulary(cli));
}

/* ---- Tokens ---- */

static void forget_words(struct cli *cli)
{
    cli_free_lines(cli->word, cli->n_words);
    cli->word = NULL;
    cli->n_words = 0;
}

static void add_word(struct cli *cli, const char *word, size_t n)
{
    cli->word = cli_must(cli, realloc(cli->word, (cli->n_words + 1) * sizeof *cli->word));
    cli->word[cli->n_words++] = cli_must(cli, strndup(word, n));
}

/* Splits a line at tabs if it has one, else at blanks. */
static void split_line(struct cli *cli, const char *line)
{
    const char *between = strchr(line, '\t') != NULL ? "\t" : " ";
    while (*line != '\0') {
        size_t n = strcspn(line, between);
        if (n > 0 || *between == '\t')
            add_word(cli, line, n);
        line += line[n] != '\0' ? n + 1 : n;
    }
}

/* The ids of the sample: the input that INPUT feeds if it takes integers, else the first input that
 * does. */
static const struct sx_tensor *ids_of(const struct cli *cli)
{
    const struct cli_samples *s = cli->samples;
    if (s->main >= 0 && sx_model_input(cli->model, s->main)->type == SX_INT)
        return &s->sample[s->main];
    for (int i = 0; i < sx_model_input_count(cli->model); i++)
        if (sx_model_input(cli->model, i)->type == SX_INT)
            return &s->sample[i];
    return NULL;
}

static void look_up(struct cli *cli, const struct sx_tensor *ids)
{
    for (int64_t i = 0; i < sx_count(&ids->shape); i++) {
        char number[32];
        double id = sx_tensor_get(ids, i);
        bool known = id >= 0 && id < (double)cli->n_vocabulary;
        snprintf(number, sizeof number, "%.0f", id);
        const char *word = known ? cli->vocabulary[(size_t)id] : number;
        add_word(cli, word, strlen(word));
    }
}

/* Fails if there are more names than the INPUT has elements: they belong to something else. */
static bool check_names(const struct cli *cli, struct sx_error *error)
{
    const struct cli_samples *s = cli->samples;
    int64_t n = s->main >= 0 ? sx_count(&s->sample[s->main].shape) : -1;
    bool of_input = n >= 0 && s->columns == 0 && cli->explain.wrt == NULL;
    return !of_input || (int64_t)cli->n_names <= n ||
           cli_error(error, SX_USAGE, "--names has %zu names, and the input %lld elements",
                     cli->n_names, (long long)n);
}

/* Sets the words of sample `at`. Positions after the last word of its line are padding. */
bool cli_features_sample(struct cli *cli, int64_t at, struct sx_error *error)
{
    if (!check_names(cli, error))
        return false;
    const struct sx_tensor *ids = ids_of(cli);
    forget_words(cli);
    if (cli->tokens_file == NULL && cli->vocab_file == NULL)
        return true;
    size_t n = ids != NULL ? (size_t)sx_count(&ids->shape) : 0;
    if (cli->tokens_file != NULL && at < (int64_t)cli->n_tokens)
        split_line(cli, cli->tokens[at]);
    else if (cli->tokens_file == NULL && ids != NULL)
        look_up(cli, ids);
    if (ids != NULL && cli->n_words > n)
        return cli_error(error, SX_FAILED,
                         "line %lld of --tokens has %zu tokens, and the sample has %zu",
                         (long long)at + 1, cli->n_words, n);
    while (ids != NULL && cli->n_words > 0 && cli->n_words < n)
        add_word(cli, "", 0);
    return true;
}

/* ---- Names ---- */

/* Whether inputs of one number each are joined and explained together. */
static bool explains_columns(const struct cli *cli)
{
    const char *wrt = cli->explain.wrt;
    return (cli->groups & CLI_EXPLAIN) != 0 && cli->model != NULL &&
           (wrt == NULL || strcmp(wrt, "auto") == 0) &&
           sx_model_column(cli->model, cli->explain.values_only, 0) != NULL;
}

const char *cli_feature(const struct cli *cli, size_t i)
{
    const struct cli_samples *s = cli->samples;
    const char *name = NULL;
    if (cli->n_names > 0)
        return i < cli->n_names ? cli->names[i] : NULL;
    if (cli->n_words > 0)
        return i < cli->n_words ? cli->word[i] : NULL;
    if (explains_columns(cli))
        return sx_model_column(cli->model, cli->explain.values_only, (int)i);
    if (s != NULL && s->main >= 0 && s->feed[s->main].reader != NULL)
        name = sx_reader_feature(s->feed[s->main].reader, i);
    bool unnamed = s == NULL || s->main < 0 || s->feed[s->main].reader == NULL ||
                   sx_reader_feature(s->feed[s->main].reader, 0) == NULL;
    return unnamed && i < cli->n_features ? cli->features[i] : name;
}

static int64_t known(const struct cli *cli)
{
    int64_t n = 0;
    while (cli_feature(cli, (size_t)n) != NULL)
        n++;
    return n;
}

const char *cli_player_name(const struct cli *cli, const struct sx_explainer *explainer,
                            const struct sx_players *players, int64_t i)
{
    int64_t n = known(cli), tokens = sx_count(&sx_explainer_elements(explainer)->shape);
    int64_t elements = sx_count(&sx_explainer_input(explainer)->shape);
    if (n == sx_players_count(players))
        return cli_feature(cli, (size_t)i);
    if (n != tokens || tokens == elements || tokens == 0)
        return NULL;
    int64_t first = sx_players_first(players, i);
    return first >= 0 ? cli_feature(cli, (size_t)(first / (elements / tokens))) : NULL;
}

bool cli_features_fit(const struct cli *cli, int64_t n)
{
    return known(cli) == n;
}

struct sx_columns cli_features_columns(const struct cli *cli, char ***names)
{
    size_t n = (size_t)known(cli);
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
    cli_free_lines(cli->tokens, cli->n_tokens);
    cli_free_lines(cli->vocabulary, cli->n_vocabulary);
    forget_words(cli);
    free(cli->keep);
    free(cli->kept_said);
}
