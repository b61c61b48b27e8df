/* attr-plot.c - records of any tool as pictures. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

struct plot {
    struct cli cli;
    struct sx_figure_options o;
    const char *image_dir, *title;
    struct cli_records records;
    struct sx_drawn *item; /* the records to draw */
    struct sx_picture *behind;
    int64_t n;
};

static struct plot self;

/* ---- The records to draw ---- */

/* The sample of a record. A record without an id is drawn, too. */
static struct cli_sample sample_of(const struct sx_datum *record)
{
    struct cli_sample sample = cli_sample_of(record);
    sample.id = sample.id != NULL ? sample.id : "record";
    return sample;
}

/* Whether a record's maps are drawn on a picture, which then has to be found. */
static bool wants_picture(const struct sx_datum *record)
{
    return sx_datum_count(sx_datum_at(record, "input.shape")) == 4 ||
           sx_datum_at(record, "grid") != NULL;
}

/* Finds the picture of record i. It is that of the previous record if both are of the same sample. */
static void find_picture(struct plot *s, int64_t i)
{
    struct sx_error error = {0};
    const struct sx_datum *record = s->item[i].record;
    const struct cli_sample sample = sample_of(record);
    const char *dir = s->image_dir != NULL ? s->image_dir : s->cli.data_dir;
    if (!wants_picture(record))
        return;
    if (i > 0 && cli_record_of(s->item[i - 1].record, sample.id, sample.index))
        s->item[i].behind = s->item[i - 1].behind;
    else if (sx_figure_behind(record, dir, &s->behind[i], &error))
        s->item[i].behind = &s->behind[i];
    if (error.status == SX_MEMORY)
        s->cli.error = error;
    else if (error.status != SX_OK)
        cli_warn(&s->cli, 0, "without the picture, which --image-dir says where to find");
}

/* Chooses the records to draw. Records of failed samples are left out, except in HTML, which shows
 * their messages. */
static bool choose_records(struct plot *s)
{
    bool html = s->cli.format == CLI_HTML;
    s->item = cli_must(&s->cli, calloc(s->records.n + 1, sizeof *s->item));
    s->behind = cli_must(&s->cli, calloc(s->records.n + 1, sizeof *s->behind));
    for (size_t i = 0; i < s->records.n; i++) {
        const struct sx_datum *record = sx_result_top(s->records.record[i]);
        const struct cli_sample sample = sample_of(record);
        if (sx_datum_at(record, "error") != NULL) {
            struct sx_error error = {.status = SX_FAILED};
            snprintf(error.message, sizeof error.message, "%.280s",
                     sx_datum_text(sx_datum_at(record, "error.message"), "it failed"));
            cli_complain_sample(&s->cli, sample.id, &error);
            if (!html)
                continue;
        }
        s->item[s->n++].record = record;
        find_picture(s, s->n - 1);
        cli_forget_warnings(&s->cli);
    }
    return s->cli.error.status == SX_OK;
}

/* ---- Pictures ---- */

static bool draw_one(struct plot *s, const struct sx_drawn *item, int64_t n, int64_t *drawn)
{
    static const enum sx_figure_format formats[] = {
        [CLI_PNG] = SX_FIGURE_PNG, [CLI_SVG] = SX_FIGURE_SVG, [CLI_PDF] = SX_FIGURE_PDF};
    const struct cli_sample sample = sample_of(item[0].record);
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool ok = sx_figure_make(&s->o, item, n, formats[s->cli.format], &bytes, &size, drawn,
                             &s->cli.error) &&
              cli_write_file(&s->cli, &sample, bytes, size, &s->cli.error);
    free(bytes);
    return ok || (s->cli.error.status == SX_FAILED && cli_place(&s->cli, sample.id));
}

/* Writes a file for each record. A record that cannot be drawn does not stop the others. */
static void draw_each(struct plot *s)
{
    for (int64_t i = 0; i < s->n; i++) {
        int64_t drawn;
        if (draw_one(s, &s->item[i], 1, &drawn))
            continue;
        if (s->cli.error.status != SX_FAILED)
            return;
        cli_complain_sample(&s->cli, NULL, &s->cli.error);
        s->cli.error = (struct sx_error){0};
    }
}

static void draw(struct plot *s)
{
    int64_t drawn = 0;
    s->o.sheet = s->cli.sheet;
    if (draw_one(s, s->item, s->n, &drawn) && drawn < s->n)
        cli_say(&s->cli, "only the first %lld of %lld records %s drawn; see --sheet",
                (long long)drawn, (long long)s->n, drawn > 1 ? "are" : "is");
}

static void write_html(struct plot *s)
{
    bool ok = sx_html_begin(s->cli.sink, s->title != NULL ? s->title : "Sextant");
    for (int64_t i = 0; i < s->n && ok; i++)
        ok = sx_html_record(&s->o, &s->item[i], s->cli.sink, &s->cli.error);
    if (ok && sx_html_end(s->cli.sink))
        s->cli.wrote = sx_sink_flush(s->cli.sink, &s->cli.error);
}

static void run(struct plot *s)
{
    if (!cli_read_records(&s->cli, "-", &s->records) || !choose_records(s))
        return;
    if (s->n == 0)
        cli_error(&s->cli.error, SX_FAILED, "no record has anything to draw");
    else if (s->cli.format == CLI_HTML)
        write_html(s);
    else if (s->cli.each)
        draw_each(s);
    else
        draw(s);
}

static void free_all(struct plot *s)
{
    for (int64_t i = 0; i < s->n; i++)
        sx_picture_free(&s->behind[i]);
    free(s->behind);
    free(s->item);
    cli_records_free(&s->records);
}

static const struct cli_option options[] = {
    {.name = "image-dir",
     .argument = "DIRECTORY",
     .kind = CLI_TEXT,
     .to = &self.image_dir,
     .help = "directory of the pictures that records name"},
    {.name = "sheet",
     .kind = CLI_FLAG,
     .to = &self.cli.sheet,
     .help = "draw all samples on one sheet"},
    {.name = "top",
     .argument = "N",
     .kind = CLI_COUNT,
     .to = &self.o.top,
     .help = "number of features, sets or pairs that are shown"},
    {.name = "title",
     .argument = "TEXT",
     .kind = CLI_TEXT,
     .to = &self.title,
     .help = "html: title of the page"},
    {.name = NULL}};
static const struct cli_table tables[] = {
    {&sx_figure_table, &self.o}, {&sx_plot_table, &self.o.map}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct plot *s = &self;
    s->cli = (struct cli){.tool = "attr-plot",
                          .summary = "Draw records that are read from standard input.",
                          .operands = "<RECORDS",
                          .options = options,
                          .tables = tables,
                          .formats = CLI_FIGURES | 1u << CLI_HTML,
                          .without = "seed,batch,double,max-time",
                          .format = CLI_PNG,
                          .no_model = true};
    sx_figure_default(&s->o);
    cli_parse(&s->cli, argc, argv);
    if (!sx_figure_possible(&s->cli.error))
        cli_misuse(&s->cli, "%s", s->cli.error.message);
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
