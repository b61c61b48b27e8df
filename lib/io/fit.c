/* fit.c - makes a model's input of a picture: framed, with its channels arranged, scaled. */
#include <math.h>
#include <string.h>

#include "io/picture.h"

/* The side of pictures if the model leaves it open. */
#define USUAL_SIDE 224

enum { CHANNEL, ROW, COLUMN };

/* The model's input: for channel, row and column, the length (-1: open) and the axis (-1: none). */
struct slot {
    int64_t length[3];
    int axis[3];
    bool vector;
    enum sx_layout layout;
};

/* Finds the axes. If the first axis of rank 3 is open, it is the batch, not the channels. */
static bool find_slot(struct slot *slot, const struct sx_shape *want, enum sx_layout layout,
                      struct sx_error *error)
{
    int rank = want->rank;
    const int64_t *dim = want->dim;
    if (rank < 1 || rank > 4)
        return sx_fail(error, SX_FAILED, "an input of rank %d takes no picture", rank);
    *slot = (struct slot){.length = {1, -1, -1}, .axis = {-1, -1, -1}, .layout = layout};
    slot->vector = rank == 1 || (rank == 2 && dim[0] <= 1);
    if (slot->vector) {
        sx_vector_sides(dim[rank - 1], slot->length);
        if (slot->length[COLUMN] < 1 || (slot->length[ROW] == 1 && slot->length[COLUMN] != 1))
            return sx_fail(error, SX_FAILED,
                           "an input of %lld elements in a row takes no picture",
                           (long long)dim[rank - 1]);
        return true;
    }
    int first = rank == 2 ? -1 : rank - 3;
    bool last = rank > 2 && sx_channels_last(dim[first], dim[first + 2], layout);
    slot->layout = last ? SX_NHWC : SX_NCHW;
    slot->axis[CHANNEL] = last ? first + 2 : first;
    slot->axis[ROW] = last ? first : first + 1;
    slot->axis[COLUMN] = slot->axis[ROW] + 1;
    for (int i = 0; i < 3; i++) {
        int64_t length = slot->axis[i] >= 0 ? dim[slot->axis[i]] : slot->length[i];
        if (length > (int64_t)SX_MAX_PIXELS)
            return sx_fail(error, SX_FAILED, "an axis of %lld elements takes no picture",
                           (long long)length);
        slot->length[i] = length > 0 ? length : -1;
    }
    if (rank == 3 && !last && slot->length[CHANNEL] < 0)
        slot->length[CHANNEL] = 1;
    return true;
}

/* The proportional size that covers width x height, or whose short side is `side`; the long side is
 * rounded down, as in torchvision. */
static void cover(const struct sx_picture *from, int64_t width, int64_t height,
                  int64_t *to_width, int64_t *to_height)
{
    int64_t w = from->width, h = from->height;
    bool by_width = width * h >= height * w;
    *to_width = by_width ? width : height * w / h;
    *to_height = by_width ? width * h / w : height;
}

/* The size to which a picture is resized; with a crop only, its own size. */
static void resized(const struct sx_preprocess *pre, const struct sx_picture *from,
                    const int64_t model[2], int64_t *width, int64_t *height)
{
    *width = from->width;
    *height = from->height;
    if (pre->width > 0) {
        *width = pre->width;
        *height = pre->height;
    } else if (pre->short_side == SX_AS_MODEL) {
        int64_t rows = model[0] > 0 ? model[0] : USUAL_SIDE;
        int64_t columns = model[1] > 0 ? model[1] : USUAL_SIDE;
        cover(from, llround((double)columns * 256 / 224), llround((double)rows * 256 / 224),
              width, height);
    } else if (pre->short_side > 0) {
        cover(from, pre->short_side, pre->short_side, width, height);
    } else if (pre->crop == 0) {
        *width = model[1] > 0 ? model[1] : from->width;
        *height = model[0] > 0 ? model[0] : from->height;
    }
}

/* Half of an excess, rounded half to even: the start of torchvision's centre crop. */
static size_t centre(int64_t excess)
{
    return (size_t)nearbyint((double)excess / 2);
}

static bool crop(const struct sx_preprocess *pre, struct sx_picture *picture,
                 const int64_t model[2], struct sx_error *error)
{
    if (pre->crop == 0)
        return true;
    bool as_model = pre->crop == SX_AS_MODEL;
    int64_t height = !as_model ? pre->crop : model[0] > 0 ? model[0] : USUAL_SIDE;
    int64_t width = !as_model ? pre->crop : model[1] > 0 ? model[1] : USUAL_SIDE;
    int64_t over_x = picture->width - width, over_y = picture->height - height;
    if (over_x < 0 || over_y < 0)
        return sx_fail(error, SX_FAILED,
                       "a crop of %lld x %lld is larger than the picture, %d x %d",
                       (long long)width, (long long)height, picture->width, picture->height);
    struct sx_picture cut;
    if (!sx_picture_crop(&cut, picture, centre(over_x), centre(over_y), (size_t)width,
                         (size_t)height, error))
        return false;
    sx_picture_free(picture);
    *picture = cut;
    return true;
}

/* Makes a picture with the wanted channels, resized and cropped; `model` is rows and columns. */
static bool frame(const struct sx_preprocess *pre, const struct sx_picture *from, int channels,
                  const int64_t model[2], struct sx_picture *to, struct sx_error *error)
{
    int64_t width, height;
    resized(pre, from, model, &width, &height);
    struct sx_picture plain;
    bool done = sx_picture_channels(&plain, from, channels, error) &&
                sx_picture_resize(to, &plain, (size_t)width, (size_t)height, error) &&
                crop(pre, to, model, error);
    sx_picture_free(&plain);
    if (!done)
        return false;
    if ((model[0] > 0 && model[0] != to->height) || (model[1] > 0 && model[1] != to->width))
        return sx_fail(error, SX_FAILED, "the picture is %d x %d, the model takes %lld x %lld",
                       to->width, to->height, (long long)model[1], (long long)model[0]);
    return true;
}

/* The number of channels of the input: the model's, else those asked for, else the picture's. */
static bool count_channels(const struct sx_preprocess *pre, const struct sx_picture *picture,
                           int64_t length, int *channels, struct sx_error *error)
{
    if (length < 0) {
        bool open = pre->colour == SX_COLOUR_AUTO;
        length = open ? picture->channels : pre->colour == SX_GRAY ? 1 : 3;
    }
    if (length != 1 && length != 3)
        return sx_fail(error, SX_FAILED, "an input of %lld channels takes no picture",
                       (long long)length);
    const double *mean = pre->mean, *std = pre->std;
    if (length == 1 &&
        (mean[1] != mean[0] || mean[2] != mean[0] || std[1] != std[0] || std[2] != std[0]))
        return sx_fail(error, SX_USAGE, "mean and std have 3 values, the model 1 channel");
    *channels = (int)length;
    return true;
}

static void fill(const struct sx_preprocess *pre, const struct sx_picture *picture,
                 const struct sx_grid *grid, float *out)
{
    for (int64_t c = 0; c < grid->channels; c++) {
        float value[256];
        for (int i = 0; i < 256; i++)
            value[i] = (float)sx_preprocess_value(pre, (int)c, i);
        int64_t channel = picture->channels == 1 ? 0 : pre->colour == SX_BGR ? 2 - c : c;
        const uint8_t *p = picture->pixels + channel;
        for (int64_t y = 0; y < grid->rows; y++)
            for (int64_t x = 0; x < grid->columns; x++, p += picture->channels)
                out[c * grid->channel_step + y * grid->row_step + x * grid->column_step] =
                    value[*p];
    }
}

/* The concrete shape: a batch of one, and the picture's size if the model leaves it open. */
static struct sx_shape concrete(const struct sx_shape *want, const struct slot *slot,
                                int channels, const struct sx_picture *picture)
{
    struct sx_shape shape = *want;
    const int64_t length[3] = {channels, picture->height, picture->width};
    for (int i = 0; i < shape.rank - (slot->vector ? 1 : slot->axis[CHANNEL] < 0 ? 2 : 3); i++)
        shape.dim[i] = 1;
    for (int i = 0; i < 3; i++)
        if (slot->axis[i] >= 0)
            shape.dim[slot->axis[i]] = length[i];
    return shape;
}

bool sx_preprocess_apply(const struct sx_preprocess *pre, const struct sx_picture *picture,
                         const struct sx_shape *want, struct sx_tensor *out,
                         struct sx_picture *shown, struct sx_error *error)
{
    struct slot slot;
    struct sx_picture framed = {0};
    struct sx_grid grid;
    int channels = 0;
    *out = (struct sx_tensor){0};
    if (!find_slot(&slot, want, pre->layout, error) ||
        !count_channels(pre, picture, slot.length[CHANNEL], &channels, error))
        return false;
    bool gray = channels == 1 || pre->colour == SX_GRAY;
    bool done =
        frame(pre, picture, gray ? 1 : picture->channels, &slot.length[ROW], &framed, error);
    if (done) {
        struct sx_shape shape = concrete(want, &slot, channels, &framed);
        done = sx_tensor_new(out, SX_FLOAT, &shape, error) &&
               sx_grid_of(&shape, slot.layout, &grid, error);
    }
    if (done)
        fill(pre, &framed, &grid, out->data);
    else
        sx_tensor_free(out);
    if (done && shown != NULL)
        *shown = framed;
    else
        sx_picture_free(&framed);
    return done;
}
