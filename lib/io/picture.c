/* picture.c - pictures: creating, freeing, converting and cropping. */
#include <stdlib.h>
#include <string.h>

#include "io/picture.h"

bool sx_picture_new(struct sx_picture *picture, size_t width, size_t height, int channels,
                    struct sx_error *error)
{
    size_t pixels;
    *picture = (struct sx_picture){0};
    if (width == 0 || height == 0)
        return sx_fail(error, SX_FAILED, "picture is empty");
    if (!sx_size_mul(&pixels, width, height) || pixels > SX_MAX_PIXELS)
        return sx_fail(error, SX_FAILED, "picture of %zu x %zu pixels is over the limit of %zu",
                       width, height, SX_MAX_PIXELS);
    uint8_t *bytes = sx_new(pixels, (size_t)channels, error);
    if (bytes == NULL)
        return false;
    *picture = (struct sx_picture){(int)width, (int)height, channels, bytes};
    return true;
}

void sx_picture_free(struct sx_picture *picture)
{
    free(picture->pixels);
    *picture = (struct sx_picture){0};
}

/* ITU-R 601-2 luma in Pillow's fixed point. */
static uint8_t luma(const uint8_t *p)
{
    return (uint8_t)((19595U * p[0] + 38470U * p[1] + 7471U * p[2] + 0x8000U) >> 16);
}

bool sx_picture_channels(struct sx_picture *to, const struct sx_picture *from, int channels,
                         struct sx_error *error)
{
    if (!sx_picture_new(to, (size_t)from->width, (size_t)from->height, channels, error))
        return false;
    size_t n = (size_t)from->width * (size_t)from->height;
    const uint8_t *p = from->pixels;
    if (channels == from->channels)
        memcpy(to->pixels, p, n * (size_t)channels);
    else if (channels == 1)
        for (size_t i = 0; i < n; i++)
            to->pixels[i] = luma(p + 3 * i);
    else
        for (size_t i = 0; i < n; i++)
            memset(to->pixels + 3 * i, p[i], 3);
    return true;
}

bool sx_picture_crop(struct sx_picture *to, const struct sx_picture *from, size_t left,
                     size_t top, size_t width, size_t height, struct sx_error *error)
{
    if (!sx_picture_new(to, width, height, from->channels, error))
        return false;
    size_t channels = (size_t)from->channels, row = width * channels;
    for (size_t y = 0; y < height; y++) {
        size_t at = (top + y) * (size_t)from->width + left;
        memcpy(to->pixels + y * row, from->pixels + at * channels, row);
    }
    return true;
}
