/* assumed.c - the note about pictures that no option says how to prepare. */
#include "cmd/cli/samples.h"

/* Whether the model accepts pictures of any size. */
static bool is_open(const struct sx_shape *shape)
{
    for (int i = 1; i < shape->rank; i++)
        if (shape->dim[i] < 0)
            return true;
    return false;
}

static void assume(struct cli *cli, int input, const struct sx_picture *picture)
{
    char size[40] = "kept in their size";
    if (!is_open(&sx_model_input(cli->model, input)->shape))
        snprintf(size, sizeof size, "resized to %dx%d", picture->width, picture->height);
    snprintf(cli->assumed, sizeof cli->assumed,
             "pictures are scaled to [0,1] and %s; --preset= or --mean=, --scale= say "
             "otherwise",
             size);
}

void cli_assume_pictures(struct cli *cli)
{
    const struct cli_samples *s = cli->samples;
    bool told = cli->pre_said != 0 || cli->assumed[0] != '\0' || cli->probing;
    for (int i = 0; !told && i < sx_model_input_count(cli->model); i++) {
        const struct sx_reader *reader = s->feed[i].reader;
        const struct sx_picture *picture = reader != NULL ? sx_reader_picture(reader) : NULL;
        told = picture != NULL;
        if (told)
            assume(cli, i, picture);
    }
}
