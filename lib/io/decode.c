/* decode.c - chooses the decoder of a picture. */
#include <string.h>

#include "io/picture.h"

bool sx_is_png(const uint8_t *bytes, size_t size)
{
    return size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

bool sx_is_jpeg(const uint8_t *bytes, size_t size)
{
    return size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0;
}

bool sx_picture_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                       struct sx_error *error)
{
    *picture = (struct sx_picture){0};
    if (sx_is_png(bytes, size))
        return sx_png_decode(bytes, size, picture, error);
    if (sx_is_jpeg(bytes, size))
        return sx_jpeg_decode(bytes, size, picture, error);
    return sx_fail(error, SX_FAILED, "neither a PNG nor a JPEG picture");
}
