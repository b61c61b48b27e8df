/* figure.h - shared by the kinds of figures: records, numbers in them, style. */
#ifndef SX_FIGURE_H
#define SX_FIGURE_H

#include "draw/draw.h"
#include "plot/plot.h"
#include "sextant/figure.h"

/* ---- Kinds ---- */

struct sx_figure;

/* Draws the body of a figure with its upper left corner at (x, y), and sets its size. */
typedef bool sx_kind_draw(struct sx_page *p, const struct sx_figure *f, double x, double y,
                          double *width, double *height, struct sx_error *error);

/* The drawing functions of the kinds (make.c). Kinds call each other through struct sx_figure. */
extern sx_kind_draw *const sx_drawings[];

struct sx_figure {
    const struct sx_figure_options *o;
    const struct sx_drawn *item;
    int64_t n;
    int kind;
    sx_kind_draw *const *drawing; /* drawing functions by kind */
};

sx_kind_draw sx_draw_overlay, sx_draw_strip, sx_draw_bars, sx_draw_stacked, sx_draw_waterfall,
    sx_draw_force, sx_draw_beeswarm, sx_draw_scatter, sx_draw_matrix, sx_draw_network,
    sx_draw_upset, sx_draw_tokens, sx_draw_curve, sx_draw_sheet, sx_draw_effects,
    sx_draw_principles, sx_draw_signal,
    sx_draw_places; /* sx_draw_places is called by network */

/* The most rows, and columns, of a matrix. */
enum { SX_MOST_CELLS = 256 };

/* The kind that suits the records. *drawn becomes the number of records that the figure shows.
 * Status 6. */
int sx_kind_of(const struct sx_drawn *item, int64_t n, int kind, int64_t *drawn,
               struct sx_error *error);
bool sx_kind_shows_all(int kind); /* whether it shows all samples in one figure */
/* Whether the maps of a record are long rows without names, of few channels. Status 6. */
bool sx_is_signal(const struct sx_datum *record, struct sx_error *error);

/* ---- Partitions (parts.c) ---- */

/* The blocks of the best and the worst partition of n players. */
struct sx_parts {
    int64_t n;
    const char **name; /* of each player; each may be NULL */
    /* per player: the block of several players that it is in, from 0; or one of the next two */
    int64_t *best, *worst;
};
/* SX_ALONE: the player is a block of its own. SX_NO_BLOCK: the player is not in the set. */
enum { SX_ALONE = -1, SX_NO_BLOCK = -2 };
/* Status 1 if the record has no players. sx_parts_free is called in any case. */
bool sx_parts_get(struct sx_parts *parts, const struct sx_datum *record,
                  struct sx_error *error);
void sx_parts_free(struct sx_parts *parts);
bool sx_parts_named(const struct sx_parts *parts); /* whether any player has a name */
/* The name of a player, or its number. */
void sx_parts_name(const struct sx_parts *parts, int64_t i, char *text, size_t size);

/* Whether player i is the first (sx_parts_end: the last) of a run of players of one block. */
bool sx_parts_begin(const int64_t *block, int64_t i);
bool sx_parts_end(const struct sx_parts *parts, const int64_t *block, int64_t i);

/* blocks.c: draws both partitions over the picture. If there is no picture, or if the places of
 * players are unknown, nothing is drawn and *drawn is false. */
bool sx_draw_blocks(struct sx_page *p, const struct sx_figure *f, const struct sx_parts *parts,
                    bool *drawn, double x, double y, double *width, double *height,
                    struct sx_error *error);

/* ---- Numbers of a record (facts.c) ---- */

/* Named numbers, such as the attribution of a sample. `name`, `x`, `error` and each name[i] may
 * be NULL. */
struct sx_facts {
    int64_t n;
    double *value, *x, *error;
    const char **name;
    int64_t *number;   /* shown instead of a name that is NULL; NULL: the index is shown */
    const char *title; /* the method, or another title; NULL: none */
    bool adds_up;      /* the numbers sum to a difference of f */
};

/* Reads the k-th set of named numbers of a record. Past the last one, n is 0. */
bool sx_facts_get(struct sx_facts *facts, const struct sx_datum *record, int64_t k,
                  struct sx_error *error);
void sx_facts_free(struct sx_facts *facts);

/* The name of number i, or the number that is shown instead. With `with_x`, x is added if it is
 * known: "bmi = -0.56". */
void sx_facts_name(const struct sx_facts *facts, int64_t i, bool with_x, char *text,
                   size_t size);

/* Lists indices of the numbers by magnitude, the strongest first. */
bool sx_facts_order(const struct sx_facts *facts, int64_t **order, struct sx_error *error);

/* Sets and their values. */
struct sx_terms {
    int64_t n, players, order; /* order: the size of the largest set */
    struct sx_term {
        const struct sx_datum *set;
        int64_t size;
        double value;
    } * term;          /* strongest first */
    const char **name; /* of each player; each may be NULL */
};
bool sx_terms_get(struct sx_terms *terms, const struct sx_datum *record, const char *key,
                  struct sx_error *error);
void sx_terms_free(struct sx_terms *terms);
void sx_terms_name(const struct sx_terms *terms, int64_t player, char *text, size_t size);
/* Numbers from 0 the players that are in a set whose value is not 0. If all values are 0, those
 * that are in any set. Other players get -1. Returns how many have a number. */
int64_t sx_terms_live(const struct sx_terms *terms, int64_t *number);
/* Member k of a term. */
int64_t sx_term_member(const struct sx_term *term, int64_t k);

/* The k-th map of a record. False without an error if there are no more; with status 6. */
bool sx_map_get(const struct sx_datum *record, int64_t k, struct sx_record_map *map,
                struct sx_error *error);
/* Maps up to the last, or to one that failed with status 6. */
int64_t sx_map_count(const struct sx_datum *record, struct sx_error *error);

/* sx_title_of writes the title ("cat.png: ig of tabby cat (281)"), sx_subtitle_of the subtitle
 * ("logit 12.3"), sx_unit_of what the values are. */
void sx_title_of(const struct sx_figure *f, char *text, size_t size);
void sx_subtitle_of(const struct sx_figure *f, char *text, size_t size);
void sx_figure_unit(const struct sx_datum *record, char *text, size_t size);
const char *sx_bare_name(const char *path);

/* ---- Style (style.c) ---- */

#define SX_BLACK 0x222222U
#define SX_GREY 0x6b6b6bU
#define SX_FAINT 0xdcdcdcU
/* colours that readers without red or green vision can distinguish */
#define SX_POSITIVE 0xd55e00U
#define SX_NEGATIVE 0x0072b2U

static const struct sx_type_face sx_plain = {12, false, 0}, sx_small = {10.5, false, 0},
                                 sx_bold = {12, true, 0}, sx_heading = {15, true, 0};

unsigned sx_series(int64_t i);                         /* distinct colours */
unsigned sx_signed_colour(double value, double scale); /* centred at zero */
unsigned sx_amount_colour(double share);               /* from 0 to 1 */
unsigned sx_text_on(unsigned colour);                  /* black or white */

/* Writes a number with few digits. */
void sx_short_number(char text[32], double value);
#define SX_NUMBER_WIDE 72.0

/* The same for a number next to others of a scale: with as many decimals as distinguish them.
 * Empty if it rounds to zero, or if the numbers are too large or too small for decimals. */
void sx_scaled_number(char text[32], double value, double scale);

/* Evenly spaced ticks over a range. Returns the step. *first becomes the first tick. */
double sx_ticks(double low, double high, int about, double *first);

/* A scale below or beside a plot: from..to in pixels stand for low..high. */
struct sx_axis {
    double low, high, from, to;
};
double sx_on(const struct sx_axis *axis, double value);
void sx_axis_below(struct sx_page *p, const struct sx_axis *axis, double top, double bottom,
                   const char *what);
/* The same without ticks beyond `last`. */
void sx_axis_below_to(struct sx_page *p, const struct sx_axis *axis, double last, double top,
                      double bottom, const char *what);
void sx_axis_left(struct sx_page *p, const struct sx_axis *axis, double left, double right,
                  const char *what);

/* Draws a colour bar of this height from `low` at the bottom to `high`, with the unit of the
 * values. Returns its width. */
#define SX_RAMP 64
void sx_signed_ramp(unsigned ramp[SX_RAMP]);
void sx_amount_ramp(unsigned ramp[SX_RAMP]);
double sx_colour_bar(struct sx_page *p, double x, double y, double height,
                     const unsigned ramp[SX_RAMP], double low, double high, const char *what);

/* Draws a legend of squares and names, wrapped at `wrap` pixels. Returns its height. */
double sx_legend(struct sx_page *p, double x, double y, double wrap, const unsigned *colour,
                 const char *const *name, int n);

#endif
