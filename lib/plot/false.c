/* false.c - pictures in false colours. */
#include <stdlib.h>

#include "plot/plot.h"

bool sx_picture_colour(struct sx_picture *picture, const char *colours, struct sx_error *error)
{
    bool reversed;
    const struct sx_colours *map = sx_colours_find(colours, &reversed);
    int64_t n = (int64_t)picture->width * picture->height, k = picture->channels;
    if (map == NULL)
        return sx_fail(error, SX_USAGE, "no colours '%.40s'", colours);
    uint8_t *to = sx_new((size_t)n, 3, error);
    if (to == NULL)
        return false;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t c = 0; c < k; c++)
            sum += picture->pixels[i * k + c];
        unsigned colour = sx_colours_at(map, reversed, sum / (255 * (double)k));
        for (int c = 0; c < 3; c++)
            to[3 * i + c] = (uint8_t)(colour >> (16 - 8 * c));
    }
    free(picture->pixels);
    picture->pixels = to;
    picture->channels = 3;
    return true;
}
