/* preparation.c - the preparation of pictures, in records and in fitted files. */
#include <math.h>

#include "record/result.h"

static const char colours[] = "auto|rgb|bgr|gray", layouts[] = "auto|nchw|nhwc";

/* ---- Writing ---- */

static void put_three(struct sx_result *r, const char *key, const double v[3])
{
    sx_put_list(r, key);
    for (int i = 0; i < 3; i++)
        sx_put_double(r, NULL, v[i]);
    sx_put_end(r);
}

static void put_choice(struct sx_result *r, const char *key, const char *choices, int i)
{
    char name[16];
    bool named = sx_choice_name(choices, i, name, sizeof name);
    sx_put_text(r, key, named ? name : NULL);
}

void sx_put_preparation(struct sx_result *r, const char *key, const struct sx_preprocess *p)
{
    sx_put_object(r, key);
    sx_put_int(r, "width", p->width);
    sx_put_int(r, "height", p->height);
    sx_put_int(r, "short", p->short_side);
    sx_put_int(r, "crop", p->crop);
    sx_put_double(r, "scale", p->scale);
    put_three(r, "mean", p->mean);
    put_three(r, "std", p->std);
    put_choice(r, "channels", colours, (int)p->colour);
    put_choice(r, "layout", layouts, (int)p->layout);
    sx_put_end(r);
}

/* ---- Reading ---- */

static int whole(const struct sx_datum *object, const char *key, bool *ok)
{
    double v = sx_datum_number(sx_datum_at(object, key), NAN);
    bool good = v >= -1 && v <= 1 << 20 && v == floor(v);
    *ok = *ok && good;
    return good ? (int)v : 0;
}

static void three(const struct sx_datum *object, const char *key, double to[3], bool *ok)
{
    const struct sx_datum *v = sx_datum_at(object, key);
    for (int i = 0; i < 3; i++) {
        double x = sx_datum_count(v) == 3 ? sx_datum_element(v, i) : NAN;
        *ok = *ok && isfinite(x);
        to[i] = isfinite(x) ? x : to[i];
    }
}

static int choice(const struct sx_datum *object, const char *key, const char *choices, bool *ok)
{
    int i = sx_choice_find(choices, sx_datum_text(sx_datum_at(object, key), ""));
    *ok = *ok && i >= 0;
    return i >= 0 ? i : 0;
}

bool sx_preparation_read(const struct sx_datum *from, struct sx_preprocess *p)
{
    bool ok = true;
    /* Fitted files of the first versions use "short_side". */
    const char *side = sx_datum_at(from, "short") != NULL ? "short" : "short_side";
    *p =
        (struct sx_preprocess){.width = whole(from, "width", &ok),
                               .height = whole(from, "height", &ok),
                               .short_side = whole(from, side, &ok),
                               .crop = whole(from, "crop", &ok),
                               .scale = sx_datum_number(sx_datum_at(from, "scale"), NAN),
                               .std = {1, 1, 1},
                               .colour = (enum sx_colour)choice(from, "channels", colours, &ok),
                               .layout = (enum sx_layout)choice(from, "layout", layouts, &ok)};
    three(from, "mean", p->mean, &ok);
    three(from, "std", p->std, &ok);
    return ok && isfinite(p->scale) && p->scale != 0 && p->std[0] > 0 && p->std[1] > 0 &&
           p->std[2] > 0;
}
