/* method.c - the methods of a study. */
#include <string.h>

#include "xderiv/study.h"

static const struct sx_study_row methods[] = {
    {.name = "xderiv",
     .what = "cross derivatives, of any order",
     .evaluate = sx_cross_effects,
     .tensor = sx_cross_tensor,
     .curved = true},
    {.name = "ih",
     .what = "Integrated Hessians: from the baseline to x",
     .evaluate = sx_path_effects,
     .tensor = sx_integrated_hessian,
     .steps = 50,
     .pairs = true,
     .curved = true,
     .baseline = true},
    {.name = "expected",
     .what = "expected Hessians: paths from the background",
     .evaluate = sx_path_effects,
     .tensor = sx_expected_hessian,
     .steps = 200,
     .pairs = true,
     .curved = true},
    {.name = "smoothhess",
     .what = "Hessian of f blurred by noise, from gradients",
     .evaluate = sx_path_effects,
     .tensor = sx_smooth_hessian,
     .steps = 1000,
     .pairs = true},
    {.name = "archdetect",
     .what = "ArchDetect: squared mixed differences at x and baseline",
     .evaluate = sx_arch_detect,
     .pairs = true,
     .baseline = true},
    {.name = "archattribute",
     .what = "ArchAttribute: f of the set alone minus f of the baseline",
     .evaluate = sx_arch_attribute,
     .baseline = true},
    {.name = "fd",
     .what = "mixed differences from the baseline, of any order",
     .evaluate = sx_mixed_differences,
     .baseline = true},
    {.name = "friedman",
     .what = "Friedman's H squared from partial dependences",
     .evaluate = sx_friedman,
     .steps = 50,
     .pairs = true,
     .constant = true},
    {.name = "nid",
     .what = "neural interaction detection: from weights alone",
     .evaluate = sx_nid,
     .constant = true},
    {.name = "nid-greedy",
     .what = "the same by each unit's strongest features only",
     .evaluate = sx_nid_greedy,
     .constant = true},
};

enum { N_METHODS = sizeof methods / sizeof methods[0] };

const char *sx_study_method(int i, const char **what)
{
    if (i < 0 || i >= N_METHODS)
        return NULL;
    if (what != NULL)
        *what = methods[i].what;
    return methods[i].name;
}

const struct sx_study_row *sx_study_find(const char *name, struct sx_error *error)
{
    struct sx_nearest near = {.word = name};
    for (int i = 0; i < N_METHODS; i++) {
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
        sx_nearest_offer(&near, methods[i].name);
    }
    sx_fail(error, SX_USAGE, "no method '%.40s'%s (see --list-methods)", name,
            sx_nearest_text(&near));
    return NULL;
}
