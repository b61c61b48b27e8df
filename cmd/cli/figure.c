/* figure.c - pictures of records: one file per record, or one for the first sample, or one for all
 * samples. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

struct cli_figure {
    /* copies, because what records borrow is gone when they are drawn */
    struct sx_result **record;
    struct sx_drawn *item;
    struct sx_picture **behind; /* the samples' pictures, one after the other */
    int64_t counted;            /* number of samples before the sample of the last record */
    size_t n, n_behind;
};

/* Kinds of figures that show all samples do not need --sheet. */
bool cli_figure_check(struct cli *cli)
{
    int kind = cli->figure.kind;
    bool figure = cli_is_figure(cli) && (cli->formats >> CLI_SVG & 1) != 0;
    if (!figure || (cli->formats >> CLI_HTML & 1) != 0)
        return true; /* attr-plot draws by itself */
    cli->figure.sheet = cli->sheet;
    if (kind == SX_BEESWARM || kind == SX_SCATTER || kind == SX_SHEET)
        cli->sheet = true;
    return sx_figure_possible(&cli->error);
}

/* Makes *picture the sample's picture, or its input of three axes converted to one. Without a
 * picture it is empty. */
static bool take_picture(struct cli *cli, struct sx_picture *picture)
{
    struct sx_error ignored = {0};
    const struct cli_sample *at = cli->at;
    const struct sx_picture *p = at->picture;
    if (p != NULL) {
        size_t size = (size_t)p->width * (size_t)p->height * (size_t)p->channels;
        *picture = *p;
        picture->pixels = cli_must(cli, malloc(size + 1));
        memcpy(picture->pixels, p->pixels, size);
        return true;
    }
    int n = cli->model != NULL && at->feeds != NULL ? sx_model_input_count(cli->model) : 0;
    for (int i = 0; i < n; i++) {
        if (at->feeds[i].shape.rank == 4 &&
            sx_picture_of(&at->feeds[i], cli->pre.layout, picture, &ignored)) {
            if (picture->width > 1 && picture->height > 1)
                return true;
            sx_picture_free(picture);
        }
        if (ignored.status == SX_MEMORY)
            cli_must(cli, NULL);
    }
    return false;
}

/* The picture behind a record, made once for all records of a sample; NULL: none. */
static const struct sx_picture *picture_of(struct cli *cli, struct cli_figure *f)
{
    struct sx_picture picture = {0};
    if (f->n > 0 && f->counted == cli->done + cli->failed)
        return f->item[f->n - 1].behind;
    if (!take_picture(cli, &picture))
        return NULL;
    f->behind = cli_must(cli, realloc(f->behind, (f->n_behind + 1) * sizeof *f->behind));
    f->behind[f->n_behind] = cli_must(cli, malloc(sizeof picture));
    *f->behind[f->n_behind] = picture;
    return f->behind[f->n_behind++];
}

static void forget(struct cli_figure *f)
{
    for (size_t i = 0; i < f->n; i++)
        sx_result_free(f->record[i]);
    for (size_t i = 0; i < f->n_behind; i++) {
        sx_picture_free(f->behind[i]);
        free(f->behind[i]);
    }
    f->n = f->n_behind = 0;
}

struct sx_made cli_made(const struct cli *cli)
{
    static const enum sx_figure_format formats[] = {
        [CLI_PNG] = SX_FIGURE_PNG, [CLI_SVG] = SX_FIGURE_SVG, [CLI_PDF] = SX_FIGURE_PDF};
    return (struct sx_made){.o = &cli->figure, .format = formats[cli->format]};
}

bool cli_write_made(struct cli *cli, const struct sx_made *made, struct sx_error *error)
{
    return cli_write_bytes(cli, made->bytes, made->size, error);
}

static bool draw(struct cli *cli, struct sx_error *error)
{
    const struct sx_made made = cli_made(cli);
    struct cli_figure *f = cli->drawing;
    uint8_t *bytes = NULL;
    size_t size = 0;
    int64_t drawn;
    bool ok = sx_figure_make(&cli->figure, f->item, (int64_t)f->n, made.format, &bytes, &size,
                             &drawn, error) &&
              cli_write_bytes(cli, bytes, size, error);
    free(bytes);
    forget(f);
    return ok;
}

bool cli_figure_add(struct cli *cli, struct sx_error *error)
{
    if (cli->drawing == NULL)
        cli->drawing = cli_must(cli, calloc(1, sizeof *cli->drawing));
    struct cli_figure *f = cli->drawing;
    const struct sx_picture *behind = picture_of(cli, f);
    struct sx_result *copy = sx_result_copy(cli->result, error);
    if (copy == NULL)
        return false;
    f->record = cli_must(cli, realloc(f->record, (f->n + 1) * sizeof *f->record));
    f->item = cli_must(cli, realloc(f->item, (f->n + 1) * sizeof *f->item));
    f->record[f->n] = copy;
    f->item[f->n++] = (struct sx_drawn){sx_result_top(copy), behind};
    f->counted = cli->done + cli->failed;
    return !cli->each || cli->sheet || draw(cli, error);
}

bool cli_figure_flush(struct cli *cli, struct sx_error *error)
{
    return cli->drawing == NULL || cli->drawing->n == 0 || draw(cli, error);
}

void cli_figure_free(struct cli *cli)
{
    if (cli->drawing == NULL)
        return;
    forget(cli->drawing);
    free(cli->drawing->record);
    free(cli->drawing->item);
    free(cli->drawing->behind);
    free(cli->drawing);
}
