/* methods.c - the table of the fourteen methods, and lists of their names. */
#include <stdio.h>
#include <string.h>

#include "decompose/decompose.h"

#define RULE(name, rule)                                                                       \
    static bool name(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,            \
                     const uint64_t *sets, double *to)                                         \
    {                                                                                          \
        return sx_run_rule(d, f, rule, n, sets, to);                                           \
    }
RULE(run_deep_shap, SX_DEEP_SHAP)
RULE(run_rescale, SX_RESCALE)
RULE(run_reveal, SX_REVEAL_CANCEL)
RULE(run_epsilon, SX_LRP_EPSILON)
RULE(run_alpha_beta, SX_LRP_ALPHA_BETA)
RULE(run_deep_taylor, SX_DEEP_TAYLOR)

static const struct sx_method_row rows[] = {
    {"gxi",
     "Gradient x Input: (x - b) df/dx",
     sx_run_gxi,
     SX_AGAINST_GIVEN,
     false,
     {false, true, false},
     sx_weight_gxi},
    {"occ1",
     "Occlusion-1: f(x) - f(x without the player)",
     sx_run_occlusion,
     SX_AGAINST_GIVEN,
     false,
     {true, true, false},
     sx_weight_occlusion},
    {"occpatch",
     "Occlusion-patch: the same of patches of players",
     sx_run_patches,
     SX_AGAINST_GIVEN,
     false,
     {false, false, false},
     sx_weight_patches},
    {"preddiff",
     "Prediction Difference: Occlusion-1 over a background",
     sx_run_difference,
     SX_AGAINST_ROWS,
     false,
     {true, true, false},
     NULL},
    {"gradcam",
     "Grad-CAM, raw, on the places of feature maps",
     sx_run_cam,
     SX_AGAINST_FEATURES,
     false,
     {false, true, false},
     NULL},
    {"ig",
     "Integrated Gradients",
     sx_run_ig,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     sx_weight_ig},
    {"expgrad",
     "Expected Gradients: Integrated Gradients over a background",
     sx_run_expected,
     SX_AGAINST_ROWS,
     true,
     {true, true, true},
     NULL},
    {"shapley",
     "Shapley value",
     sx_run_shapley,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     sx_weight_shapley},
    {"deepshap",
     "DeepSHAP over a background",
     run_deep_shap,
     SX_AGAINST_ROWS,
     true,
     {true, true, true},
     NULL},
    {"deeplift-rescale",
     "DeepLIFT, Rescale rule",
     run_rescale,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     NULL},
    {"deeplift-reveal",
     "DeepLIFT, RevealCancel rule",
     run_reveal,
     SX_AGAINST_GIVEN,
     true,
     {true, true, true},
     NULL},
    {"lrp-eps", "LRP-epsilon", run_epsilon, SX_AGAINST_ZERO, false, {true, true, true}, NULL},
    {"lrp-ab",
     "LRP-alpha-beta: alpha 2, beta 1",
     run_alpha_beta,
     SX_AGAINST_ZERO,
     false,
     {false, false, true},
     NULL},
    {"deeptaylor",
     "Deep Taylor: z+",
     run_deep_taylor,
     SX_AGAINST_ZERO,
     false,
     {false, false, true},
     NULL},
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

const struct sx_method_row *sx_method_row(int i)
{
    return i >= 0 && i < N_ROWS ? &rows[i] : NULL;
}

const char *sx_decompose_method(int i, const char **what)
{
    const struct sx_method_row *row = sx_method_row(i);
    if (row == NULL)
        return NULL;
    if (what != NULL)
        *what = row->what;
    return row->name;
}

bool sx_method_wanted(const char *list, const char *name)
{
    size_t n = strlen(name);
    if (strcmp(list, "all") == 0)
        return true;
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += n)
        if ((at == list || at[-1] == ',') && (at[n] == '\0' || at[n] == ','))
            return true;
    return false;
}

/* Integrated and Expected Gradients take gradients at other points than x. */
enum sx_pass sx_decompose_pass(const struct sx_decompose_options *o)
{
    if (sx_method_wanted(o->methods, "gradcam"))
        return SX_PASS_CONVOLUTION;
    bool at_x = sx_method_wanted(o->methods, "gxi") && !o->gradient_at_baseline &&
                !sx_method_wanted(o->methods, "ig") && !sx_method_wanted(o->methods, "expgrad");
    return at_x ? SX_PASS_GRADIENT : SX_PASS_SCORES;
}

bool sx_methods_known(const char *list, struct sx_error *error)
{
    for (const char *at = list; strcmp(list, "all") != 0; at++) {
        size_t n = strcspn(at, ",");
        char name[40];
        snprintf(name, sizeof name, "%.*s", (int)(n < 40 ? n : 40), at);
        struct sx_nearest near = {.word = name};
        bool known = false;
        for (int i = 0; i < N_ROWS; i++) {
            known = known || strcmp(rows[i].name, name) == 0;
            sx_nearest_offer(&near, rows[i].name);
        }
        if (!known)
            return sx_fail(error, SX_USAGE, "no method '%s'%s", name, sx_nearest_text(&near));
        at += n;
        if (*at == '\0')
            break;
    }
    return true;
}
