/* figure.h - what the kinds of figures share: records, numbers out of them, style. */
#ifndef SX_FIGURE_H
#define SX_FIGURE_H

#include "draw/draw.h"
#include "plot/plot.h"
#include "sextant/figure.h"

/* ---- Kinds ---- */

struct sx_figure;

/* Draws the body of a figure with its upper left corner at (x, y), and says how large it is. */
typedef bool sx_kind_draw(struct sx_page *p, const struct sx_figure *f, double x, double y,
                          double *width, double *height, struct sx_error *error);

/* How each kind is drawn: make.c, which is above those that draw; they find it in struct sx_figure. */
extern sx_kind_draw *const sx_drawings[];

struct sx_figure {
    const struct sx_figure_options *o;
    const struct sx_drawn *item;
    int64_t n;
    int kind;
    sx_kind_draw *const *drawing; /* of each kind */
};

sx_kind_draw sx_draw_overlay, sx_draw_strip, sx_draw_bars, sx_draw_stacked, sx_draw_waterfall,
    sx_draw_force, sx_draw_beeswarm, sx_draw_scatter, sx_draw_matrix, sx_draw_network,
    sx_draw_upset, sx_draw_tokens, sx_draw_curve, sx_draw_sheet, sx_draw_effects,
    sx_draw_principles, sx_draw_places; /* the last one is a part of network */

/* The kind that suits the records, and how many of them it shows. */
int sx_kind_of(const struct sx_drawn *item, int64_t n, int kind, int64_t *drawn);
bool sx_kind_shows_all(int kind); /* samples on one figure */

/* ---- Partitions (parts.c) ---- */

/* The blocks of the best and the worst partition of n players. */
struct sx_parts {
    int64_t n;
    const char **name;     /* of each player; each may be NULL */
    int64_t *best, *worst; /* blocks of several players, from 0; or one of the next two */
};
enum { SX_ALONE = -1, SX_NO_BLOCK = -2 }; /* a block of its own; not in the set */
/* Status 1 where the record has no players. Free with sx_parts_free in any case. */
bool sx_parts_get(struct sx_parts *parts, const struct sx_datum *record,
                  struct sx_error *error);
void sx_parts_free(struct sx_parts *parts);
bool sx_parts_named(const struct sx_parts *parts); /* any of them */
/* The name of a player, or its number. */
void sx_parts_name(const struct sx_parts *parts, int64_t i, char *text, size_t size);

/* Whether players of one block in a row begin with player i, and whether they end with it. */
bool sx_parts_begin(const int64_t *block, int64_t i);
bool sx_parts_end(const struct sx_parts *parts, const int64_t *block, int64_t i);

/* blocks.c: draws both over the picture; *drawn is false, and nothing is, without one, or where places of
 * players are not known. */
bool sx_draw_blocks(struct sx_page *p, const struct sx_figure *f, const struct sx_parts *parts,
                    bool *drawn, double x, double y, double *width, double *height,
                    struct sx_error *error);

/* ---- Numbers of a record (facts.c) ---- */

/* Named numbers, such as an attribution of a row; name[i] may be NULL, and so x and error. */
struct sx_facts {
    int64_t n;
    double *value, *x, *error;
    const char **name;
    const char *title; /* the method, or what the numbers are; NULL: nothing */
    bool adds_up;      /* they sum to a difference of f */
};

/* The k-th set of named numbers of a record; n is 0 past the last. */
bool sx_facts_get(struct sx_facts *facts, const struct sx_datum *record, int64_t k,
                  struct sx_error *error);
void sx_facts_free(struct sx_facts *facts);

/* The name of number i, or its place; as "bmi = -0.56" where `with_x`, and there is an x. */
void sx_facts_name(const struct sx_facts *facts, int64_t i, bool with_x, char *text,
                   size_t size);

/* Indices of the numbers by magnitude, the strongest first. */
bool sx_facts_order(const struct sx_facts *facts, int64_t **order, struct sx_error *error);

/* Sets and their values. */
struct sx_terms {
    int64_t n, players, order; /* order: of the largest set */
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
/* Numbers the players that are in a set whose value is not 0, or, where there is none, in any set, from
 * 0; the others are -1. Returns how many there are. */
int64_t sx_terms_live(const struct sx_terms *terms, int64_t *number);
/* Member k of a term. */
int64_t sx_term_member(const struct sx_term *term, int64_t k);

/* The map of a record as a picture: the k-th; false where it has none that is one. */
bool sx_map_get(const struct sx_datum *record, int64_t k, struct sx_record_map *map);
int64_t sx_map_count(const struct sx_datum *record);

/* "cat.png: ig of tabby cat (281)", and "logit 12.3"; what values are in. */
void sx_title_of(const struct sx_figure *f, char *text, size_t size);
void sx_subtitle_of(const struct sx_figure *f, char *text, size_t size);
void sx_figure_unit(const struct sx_datum *record, char *text, size_t size);
const char *sx_bare_name(const char *path);

/* ---- Style (style.c) ---- */

#define SX_BLACK 0x222222U
#define SX_GREY 0x6b6b6bU
#define SX_FAINT 0xdcdcdcU
#define SX_POSITIVE 0xd55e00U /* told apart by people who see no red or no green */
#define SX_NEGATIVE 0x0072b2U

static const struct sx_type_face sx_plain = {12, false, 0}, sx_small = {10.5, false, 0},
                                 sx_bold = {12, true, 0}, sx_heading = {15, true, 0};

unsigned sx_series(int64_t i);                         /* colours that are told apart */
unsigned sx_signed_colour(double value, double scale); /* centred at zero */
unsigned sx_amount_colour(double share);               /* from 0 to 1 */
unsigned sx_text_on(unsigned colour);                  /* black or white */

/* A number as people read it; the width of one, small, and of a gap. */
void sx_short_number(char text[32], double value);
#define SX_NUMBER_WIDE 72.0

/* The same beside others of a scale: as many decimals as tell those apart; nothing where it rounds to
 * zero, or they are too large or too small for that. */
void sx_scaled_number(char text[32], double value, double scale);

/* Even ticks over a range: the first, and the step. */
double sx_ticks(double low, double high, int about, double *first);

/* A scale beneath or beside a plot: from..to in pixels stand for low..high. */
struct sx_axis {
    double low, high, from, to;
};
double sx_on(const struct sx_axis *axis, double value);
void sx_axis_below(struct sx_page *p, const struct sx_axis *axis, double top, double bottom,
                   const char *what);
void sx_axis_left(struct sx_page *p, const struct sx_axis *axis, double left, double right,
                  const char *what);

/* A colour bar, `height` high, from low at its foot to high, with what that is in; its width. */
#define SX_RAMP 64
void sx_signed_ramp(unsigned ramp[SX_RAMP]);
void sx_amount_ramp(unsigned ramp[SX_RAMP]);
double sx_colour_bar(struct sx_page *p, double x, double y, double height,
                     const unsigned ramp[SX_RAMP], double low, double high, const char *what);

/* A legend of squares and names, broken at `wrap` pixels; its height. */
double sx_legend(struct sx_page *p, double x, double y, double wrap, const unsigned *colour,
                 const char *const *name, int n);

#endif
