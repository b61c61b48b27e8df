/* fuzz_option.c - bytes as the argument of any option, as a number, and as --absent. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Larger than any struct that rows set. */
static _Alignas(64) char options[1 << 15];

static const struct sx_options *const tables[] = {
    &sx_study_table,     &sx_decompose_table,     &sx_plot_table,         &sx_flint_table,
    &sx_export_table,    &sx_flint_explain_table, &sx_flint_global_table, &sx_flint_show_table,
    &sx_flint_am_table,  &sx_figure_table,        &sx_score_table,        &sx_bounds_table,
    &sx_attribute_table, &sx_perturb_table,       &sx_shapley_table,      &sx_taylorcam_table,
};

static void set_option(struct fuzz *f, const char *text)
{
    struct sx_error error = {0};
    const struct sx_options *table = tables[fuzz_below(f, sizeof tables / sizeof *tables)];
    const struct sx_option *row = &table->row[fuzz_byte(f) % table->n];
    memset(options, 0, sizeof options);
    sx_option_defaults(table, options);
    fuzz_told(sx_option_set(row, options, row->argument != NULL ? text : NULL, &error), &error);
    error = (struct sx_error){0};
    struct sx_result *result = sx_result_new(SX_DOUBLE, &error);
    if (result == NULL)
        return;
    sx_put_object(result, NULL);
    sx_put_options(result, table, options);
    sx_put_end(result);
    char *line = sx_result_line(result, &error);
    fuzz_told(line != NULL, &error);
    free(line);
    sx_result_free(result);
}

static void read_words(const char *text)
{
    struct sx_error error = {0};
    struct sx_absent absent = {0};
    double number;
    sx_number_parse(text, strlen(text), &number);
    fuzz_told(sx_absent_parse(text, &absent, &error), &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 2 || n > 4096)
        return 0;
    struct fuzz f = {bytes, 2};
    char *text = malloc(n - 1);
    if (text == NULL)
        return 0;
    memcpy(text, bytes + 2, n - 2);
    text[n - 2] = '\0';
    set_option(&f, text);
    read_words(text);
    free(text);
    return 0;
}
