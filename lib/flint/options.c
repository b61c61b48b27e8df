/* options.c - the options of fits and surveys, and their allowed values. */
#include <math.h>
#include <string.h>

#include "flint/flint.h"

const double sx_taus[SX_TAUS] = {1.5, 2, 2.5, 3, 4, 5};

/* ---- Values of their own kinds ---- */

static bool refuse(const struct sx_option *row, const char *text, const char *wanted,
                   struct sx_error *error)
{
    return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: %s", text, row->name,
                   wanted);
}

static struct sx_schedule *schedule_at(const struct sx_option *row, void *options)
{
    return (struct sx_schedule *)(void *)((char *)options + row->field);
}

static bool parse_schedule(const struct sx_option *row, void *options, const char *text,
                           struct sx_error *error)
{
    return sx_schedule_parse(schedule_at(row, options), text) ||
           refuse(row, text, "W, W@EPOCH or a list of those", error);
}

static void put_stages(struct sx_result *r, const char *key, const struct sx_schedule *s)
{
    sx_put_list(r, key);
    for (int i = 0; i < s->n; i++) {
        sx_put_list(r, NULL);
        sx_put_int(r, NULL, s->epoch[i]);
        sx_put_double(r, NULL, s->value[i]);
        sx_put_end(r);
    }
    sx_put_end(r);
}

#define PUT_SCHEDULE(member)                                                                   \
    static void put_##member(struct sx_result *r, const char *key, const void *options)        \
    {                                                                                          \
        put_stages(r, key, &((const struct sx_flint_options *)options)->member);               \
    }
PUT_SCHEDULE(beta)
PUT_SCHEDULE(gamma)
PUT_SCHEDULE(delta)
PUT_SCHEDULE(eta)
PUT_SCHEDULE(lr)

static bool parse_rate(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    struct sx_schedule *s = schedule_at(row, options);
    bool ok = sx_schedule_parse(s, text);
    for (int i = 0; ok && i < s->n; i++)
        ok = s->value[i] > 0;
    return ok || refuse(row, text, "rates are positive", error);
}

/* Reads EPOCH:R, which is added to earlier ones. */
static bool parse_rate_at(const struct sx_option *row, void *options, const char *text,
                          struct sx_error *error)
{
    struct sx_schedule *s = schedule_at(row, options);
    const char *colon = strchr(text, ':');
    double epoch, rate;
    if (colon == NULL || s->n == SX_STAGES - 1 ||
        !sx_number_parse(text, (size_t)(colon - text), &epoch) ||
        !sx_number_parse(colon + 1, strlen(colon + 1), &rate) ||
        !(epoch >= 2 && epoch <= 1e9) || epoch != floor(epoch) || !(rate > 0) ||
        (s->n > 0 && (int64_t)epoch <= s->epoch[s->n - 1]))
        return refuse(row, text, "EPOCH:R, epochs from 2 on and in order", error);
    s->epoch[s->n] = (int64_t)epoch;
    s->value[s->n++] = rate;
    return true;
}

/* Reads M,K. */
static bool parse_maps(const struct sx_option *row, void *options, const char *text,
                       struct sx_error *error)
{
    struct sx_flint_options *o = options;
    const char *comma = strchr(text, ',');
    double a, b;
    if (comma == NULL || !sx_number_parse(text, (size_t)(comma - text), &a) ||
        !sx_number_parse(comma + 1, strlen(comma + 1), &b) || !(a >= 1 && a <= 1e6) ||
        !(b >= 1 && b <= 1e6) || a != floor(a) || b != floor(b))
        return refuse(row, text, "two whole numbers, M,K", error);
    o->decoder_maps[0] = (int64_t)a;
    o->decoder_maps[1] = (int64_t)b;
    return true;
}

static void put_maps(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_flint_options *o = options;
    sx_put_list(r, key);
    sx_put_int(r, NULL, o->decoder_maps[0]);
    sx_put_int(r, NULL, o->decoder_maps[1]);
    sx_put_end(r);
}

static bool parse_cache(const struct sx_option *row, void *options, const char *text,
                        struct sx_error *error)
{
    struct sx_flint_options *o = options;
    double mega = 0;
    if (text != NULL && (!sx_number_parse(text, strlen(text), &mega) ||
                         !(mega >= 1 && mega <= 1e9) || mega != floor(mega)))
        return refuse(row, text, "a whole number of at least 1", error);
    o->cache = (size_t)mega << 20;
    return true;
}

static void put_cache(struct sx_result *r, const char *key, const void *options)
{
    sx_put_int(r, key, (int64_t)((const struct sx_flint_options *)options)->cache);
}

/* Reads "flip", "shift:N" or both. */
static bool parse_augment(const struct sx_option *row, void *options, const char *text,
                          struct sx_error *error)
{
    struct sx_flint_options *o = options;
    const char *at = text;
    o->flip = false;
    o->shift = 0;
    for (;;) {
        size_t n = strcspn(at, ",");
        double pixels = 0;
        bool moves = n > 6 && strncmp(at, "shift:", 6) == 0 &&
                     sx_number_parse(at + 6, n - 6, &pixels) && pixels >= 1 && pixels <= 4096 &&
                     pixels == floor(pixels);
        if (moves)
            o->shift = (int64_t)pixels;
        else if (n == 4 && strncmp(at, "flip", 4) == 0)
            o->flip = true;
        else
            return refuse(row, text, "flip, shift:N or flip,shift:N", error);
        if (at[n] == '\0')
            return true;
        at += n + 1;
    }
}

static void put_augment(struct sx_result *r, const char *key, const void *options)
{
    const struct sx_flint_options *o = options;
    char text[40];
    snprintf(text, sizeof text, "%s%s", o->flip ? "flip" : "",
             o->flip && o->shift > 0 ? "," : "");
    if (o->shift > 0)
        snprintf(text + strlen(text), sizeof text - strlen(text), "shift:%lld",
                 (long long)o->shift);
    sx_put_text(r, key, *text != '\0' ? text : NULL);
}

/* ---- The rows ---- */

#define MEMBER(member) SX_FIELD(struct sx_flint_options, member)
#define SCHEDULE(member)                                                                       \
    MEMBER(member), .name = #member, .argument = "W[@E]", .kind = SX_OPTION_PARSED,            \
                    .parse = parse_schedule, .put = put_##member, .param = #member

static const struct sx_option rows[] = {
    {.name = "recipe",
     .argument = "NAME",
     .help = "recipe for settings that are not given",
     .kind = SX_OPTION_CHOICE,
     MEMBER(recipe),
     .choices = "auto|mnist|quickdraw|cifar10|small",
     .param = "recipe"},
    {.name = "layers",
     .argument = "A,B",
     .help = "layers of the model from which attributes are computed",
     .kind = SX_OPTION_TENSOR,
     MEMBER(layer_names)},
    {.name = "logits",
     .argument = "TENSOR",
     .help = "tensor of class scores before the softmax",
     .kind = SX_OPTION_TENSOR,
     MEMBER(logits)},
    {.name = "probs",
     .argument = "TENSOR",
     .help = "tensor of class probabilities, instead of --logits",
     .kind = SX_OPTION_TENSOR,
     MEMBER(probs)},
    {.name = "attributes",
     .argument = "J",
     .help = "number of attributes (auto: 2.5 per class, at least 8, at most 50)",
     .kind = SX_OPTION_COUNT,
     MEMBER(attributes),
     .low = 1,
     .param = "attributes"},
    {.name = "psi-maps",
     .argument = "M",
     .help = "feature maps of the attribute network (auto: 64)",
     .kind = SX_OPTION_COUNT,
     MEMBER(psi_maps),
     .low = 1,
     .param = "psi_maps"},
    {.name = "pool",
     .argument = "P",
     .help = "pool these maps to P x P places (auto: like the model, 1 or 2)",
     .kind = SX_OPTION_COUNT,
     MEMBER(pool),
     .low = 1,
     .param = "pool"},
    {.name = "dec-maps",
     .argument = "M,K",
     .help = "feature maps of the decoder (auto: 8,16)",
     .kind = SX_OPTION_PARSED,
     .param = "dec_maps",
     .parse = parse_maps,
     .put = put_maps},
    {.name = "phi",
     .argument = "WHICH",
     .help = "last function of attributes (auto: relu)",
     .kind = SX_OPTION_CHOICE,
     MEMBER(phi),
     .choices = "recipe|leaky|relu",
     .param = "phi"},
    {.name = "scaling",
     .argument = "WHICH",
     .help = "whether layers and inputs are standardised (auto: data)",
     .kind = SX_OPTION_CHOICE,
     MEMBER(scaling),
     .choices = "recipe|data|none",
     .param = "scaling"},
    {.name = "mode",
     .argument = "WHICH",
     .help = "posthoc keeps the model as it is, joint trains it too",
     .kind = SX_OPTION_EITHER,
     MEMBER(joint),
     .choices = "posthoc|joint"},
    {.name = "reinit",
     .help = "joint: begin with new random weights of the model",
     .kind = SX_OPTION_FLAG,
     MEMBER(reinit),
     .param = "reinit"},
    {.name = "of",
     .argument = "WHICH",
     .help = "output fidelity: log g weighted by f, or log f weighted by g",
     .kind = SX_OPTION_EITHER,
     MEMBER(of_g),
     .choices = "f|g",
     .param = "of"},
    {.name = "if",
     .argument = "WHICH",
     .help = "loss of reconstructing the input (auto: mse)",
     .kind = SX_OPTION_CHOICE,
     MEMBER(input),
     .choices = "recipe|mse|l1|none",
     .param = "if"},
    {.help = "weight of output fidelity, W from epoch E on (auto: 5)", SCHEDULE(beta)},
    {.help = "weight of input fidelity (auto: 0.8)", SCHEDULE(gamma)},
    {.help = "weight of the entropies (auto: 1 after a fifth of the epochs)", SCHEDULE(delta)},
    {.help = "weight of the l1 norm, multiplied by delta (auto: 0.5)", SCHEDULE(eta)},
    {.name = "lr",
     .argument = "R[@E]",
     .help = "learning rate of Adam (auto: 2e-3; 5e-4 in the last quarter)",
     .kind = SX_OPTION_PARSED,
     MEMBER(lr),
     .param = "lr",
     .parse = parse_rate,
     .put = put_lr},
    {.name = "lr-at",
     .argument = "EPOCH:R",
     .help = "learning rate R from this epoch on (repeatable)",
     .kind = SX_OPTION_PARSED,
     MEMBER(lr_at),
     .parse = parse_rate_at},
    {.name = "epochs",
     .argument = "N",
     .help = "passes over the samples (auto: 1000 steps, at least 12 passes)",
     .kind = SX_OPTION_COUNT,
     MEMBER(epochs),
     .low = 1,
     .param = "epochs"},
    {.name = "h-dropout",
     .argument = "R",
     .help = "share of attributes that each training step drops at random",
     .kind = SX_OPTION_NUMBER,
     MEMBER(h_dropout),
     .param = "h_dropout"},
    {.name = "drop-last",
     .help = "leave out the last batch of an epoch if it is shorter",
     .kind = SX_OPTION_FLAG,
     MEMBER(drop_last),
     .param = "drop_last"},
    {.name = "keep-last",
     .help = "keep the last batch even if it is shorter, for any recipe",
     .kind = SX_OPTION_FLAG,
     MEMBER(keep_last)},
    {.name = "no-decoder",
     .help = "no decoder: the input is not reconstructed",
     .kind = SX_OPTION_FLAG,
     MEMBER(no_decoder),
     .param = "no_decoder"},
    {.name = "freeze-psi",
     .help = "control: attributes keep their random weights",
     .kind = SX_OPTION_FLAG,
     MEMBER(freeze_psi),
     .param = "freeze_psi"},
    {.name = "augment",
     .argument = "flip,shift:N",
     .help = "mirror pictures and shift them by up to N pixels, at random",
     .kind = SX_OPTION_PARSED,
     .param = "augment",
     .parse = parse_augment,
     .put = put_augment},
    {.name = "patience",
     .argument = "N",
     .help = "end after N epochs without a better validation, and keep the best",
     .kind = SX_OPTION_COUNT,
     MEMBER(patience),
     .low = 1,
     .param = "patience"},
    {.name = "val-frac",
     .argument = "R",
     .help = "share of the samples that is held out for validation",
     .kind = SX_OPTION_NUMBER,
     MEMBER(validation),
     .initial = "0.1",
     .param = "val_frac"},
    {.name = "cache-mb",
     .argument = "N",
     .help = "megabytes for the model's results on the samples",
     .kind = SX_OPTION_PARSED,
     .initial = "1024",
     .param = "cache",
     .parse = parse_cache,
     .put = put_cache},
    {.name = "no-cache",
     .help = "compute the model's results again in every epoch",
     .kind = SX_OPTION_PARSED,
     .parse = parse_cache},
};
const struct sx_options sx_flint_table = {"Fit", rows, sizeof rows / sizeof rows[0]};

struct sx_flint_options sx_flint_defaults(void)
{
    struct sx_flint_options o = {0};
    sx_option_defaults(&sx_flint_table, &o);
    return o;
}

bool sx_flint_check(const struct sx_flint_options *o, struct sx_error *error)
{
    const int64_t counts[] = {o->attributes,      o->psi_maps, o->pool, o->decoder_maps[0],
                              o->decoder_maps[1], o->epochs,   o->batch};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if ((counts[i] < 1 && (counts[i] < 0 || o->recipe != SX_FLINT_AUTO)) ||
            counts[i] > 1 << 24)
            return sx_fail(error, SX_USAGE,
                           "attributes, maps, pool, epochs and batch are 1 or "
                           "more, and not millions");
    if (!(o->validation >= 0 && o->validation < 1) || !(o->h_dropout >= 0 && o->h_dropout < 1))
        return sx_fail(error, SX_USAGE, "shares are at least 0 and less than 1");
    if (o->no_decoder && o->input != SX_FLINT_NONE)
        return sx_fail(error, SX_USAGE,
                       "without a decoder there is no input fidelity (--if=none)");
    return true;
}
