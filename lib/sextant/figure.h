/* sextant/figure.h - pictures of records: PNG, SVG, PDF. */
#ifndef SEXTANT_FIGURE_H
#define SEXTANT_FIGURE_H

#include "sextant/flint.h"
#include "sextant/picture.h"
#include "sextant/plot.h"
#include "sextant/result.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sx_figure_kind {
    SX_KIND_AUTO,  /* what suits the records best */
    SX_OVERLAY,    /* a map over its picture */
    SX_STRIP,      /* the maps of several methods side by side */
    SX_BARS,       /* the strongest values, with their signs */
    SX_STACKED,    /* the share of each player in interactions, by order */
    SX_WATERFALL,  /* from the base value to the output, adding one value after the other */
    SX_FORCE,      /* a waterfall on one line */
    SX_BEESWARM,   /* all samples as points, one row per feature */
    SX_SCATTER,    /* values of features against their attributions */
    SX_MATRIX,     /* pairs of players, or classes and attributes, as cells of a matrix */
    SX_NETWORK,    /* pairs as lines: on a circle, over the picture, over a graph */
    SX_UPSET,      /* sets of any order */
    SX_TOKENS,     /* a sentence with coloured words */
    SX_CURVE,      /* scores as a function of the share that is shown or hidden */
    SX_SHEET,      /* every sample on one sheet */
    SX_EFFECTS,    /* the effects of a decomposition */
    SX_PRINCIPLES, /* which principles the methods keep */
    SX_SIGNAL      /* a long row without names, along its axis */
};
#define SX_KIND_NAMES                                                                          \
    "auto|overlay|strip|bars|stacked|waterfall|force|beeswarm|scatter|matrix|network|upset|"   \
    "tokens|curve|sheet|effects|principles|signal"

/* Options of figures. sx_figure_table has a row for most of them; the caller sets the others. */
struct sx_figure_options {
    int kind;
    double zoom, dpi; /* dpi 0: 96 times the zoom */
    double width;     /* width of the figure in pixels; 0: follows from the zoom */
    const char *font;
    bool no_title, no_bar, nearest;

    struct sx_plot map; /* how maps are shown; see sx_plot_table */
    int64_t top;        /* features, sets or pairs that are shown at most; 0: 20 */
    int64_t pad;        /* pixels by which the boxes of players are enlarged */
    /* file of lines "a,b", the edges of a graph that a network is drawn over; NULL: none */
    const char *edges;
    /* every sample in a cell of its own, drawn as `kind`; kinds that show all samples ignore it */
    bool sheet;
};
extern const struct sx_options sx_figure_table;

/* Sets all to the defaults. */
void sx_figure_default(struct sx_figure_options *options);

/* A record that is drawn. */
struct sx_drawn {
    const struct sx_datum *record;
    const struct sx_picture *behind; /* the picture that was explained; NULL: none */
};

enum sx_figure_format { SX_FIGURE_PNG, SX_FIGURE_SVG, SX_FIGURE_PDF };

/* Draws records as one figure. Free *bytes with free(). The figure shows the first *drawn records.
 * Equal records give equal bytes. Status 1: the records have nothing to show in this kind.
 * Status 2: there is no drawing module. Status 6. */
bool sx_figure_make(const struct sx_figure_options *options, const struct sx_drawn *item,
                    int64_t n, enum sx_figure_format format, uint8_t **bytes, size_t *size,
                    int64_t *drawn, struct sx_error *error);

/* Makes *picture the picture that a record explains, prepared as the record says. It is read from
 * the file that the record's id names, in the directory `dir` unless that is NULL. An array is
 * converted to a picture. Status 1. Free with sx_picture_free. */
bool sx_figure_behind(const struct sx_datum *record, const char *dir,
                      struct sx_picture *picture, struct sx_error *error);

/* Whether there is a drawing module; status 2 if there is none. */
bool sx_figure_possible(struct sx_error *error);

/* Makes *text the sentence of a record, wrapped for a terminal `columns` wide. Free it with free().
 * `colours` shows words in the colours of their values or blocks, on a terminal of 256 colours.
 * Blocks of partitions are put in brackets. If the players are a grid or patches of a picture, *text
 * is both partitions as they lie on it, with a letter for each block. *text is NULL if the record is
 * neither of tokens nor of partitions of named players or of such places, and if it has values and
 * `colours` is false. Status 1: a partition
 * has no players. Status 6. */
bool sx_figure_words(const struct sx_datum *record, bool colours, int columns, char **text,
                     struct sx_error *error);

/* ---- Figures that are not of a record ---- */

/* A request for a figure, and its file. */
struct sx_made {
    const struct sx_figure_options *o; /* given */
    enum sx_figure_format format;      /* given */
    uint8_t *bytes;                    /* the file; free it with free() */
    size_t size;
};

/* A chart of bars: m series over n columns. */
struct sx_series_chart {
    const char *title;                         /* NULL: none */
    const char *what;                          /* the axis of values */
    const char *const *column, *const *series; /* names */
    int64_t n;
    int m;
    const double *values; /* [n, m]; NaN: no bar */
};
/* Draws n charts, one under the other. */
bool sx_plot_series(const char *title, const struct sx_series_chart *charts, int n,
                    struct sx_made *figure, struct sx_error *error);

/* Small pictures on one sheet. Each list of names, and each name, may be NULL. */
struct sx_gallery {
    const char *title;
    int64_t rows, columns;
    const char *const *row_name; /* may have several lines */
    const char *const *column_name;
    const char *const *caption;    /* [rows, columns] */
    const struct sx_picture *cell; /* [rows, columns]; a cell without pixels stays empty */
};
bool sx_plot_gallery(const struct sx_gallery *gallery, struct sx_made *figure,
                     struct sx_error *error);

/* A gallery whose rows are added one by one. Set `columns` and `layout`, and zero the rest. */
struct sx_album {
    int64_t rows, columns;
    enum sx_layout layout;
    struct sx_picture *cell;
    char **caption, **name;
};
bool sx_album_row(struct sx_album *album, const char *name, struct sx_error *error);
bool sx_album_draw(const struct sx_album *album, const char *title, const char *const *columns,
                   struct sx_made *figure, struct sx_error *error);
void sx_album_free(struct sx_album *album);

/* Figures of FLINT. Adds a row: a sample, and changed[0 .. relevant), the pictures that result when
 * each relevant attribute of the sample is maximised. Each has x's shape. */
bool sx_album_explained(struct sx_album *album, const struct sx_flint_origin *origin,
                        const struct sx_flint_explained *explained, const float *changed,
                        struct sx_error *error);
/* Draws the `mas` samples of each pair as pictures. */
bool sx_plot_shown(const struct sx_flint_origin *origin, const struct sx_flint_shown *shown,
                   int64_t mas, enum sx_layout layout, struct sx_made *figure,
                   struct sx_error *error);
/* Draws the samples of each pair as rows of a table. */
bool sx_plot_shown_table(const struct sx_flint_origin *origin,
                         const struct sx_flint_shown *shown, struct sx_made *figure,
                         struct sx_error *error);
/* Draws m rows x[] of a table of n columns. Shows the columns that deviate most, in units of their
 * spread. */
bool sx_plot_columns(const struct sx_flint_origin *origin, const char *title,
                     const float *const *x, const char *const *name, int m, int64_t n,
                     struct sx_made *figure, struct sx_error *error);

/* ---- HTML ---- */

/* A page of HTML that needs no other file. Each record is a row with its figure as SVG. The page
 * shows the value under the pointer, and a click on the head of a column sorts the rows. Call
 * sx_html_begin, sx_html_record for each record, and sx_html_end. */
bool sx_html_begin(struct sx_sink *sink, const char *title);
bool sx_html_record(const struct sx_figure_options *options, const struct sx_drawn *item,
                    struct sx_sink *sink, struct sx_error *error);
bool sx_html_end(struct sx_sink *sink);

#ifdef __cplusplus
}
#endif

#endif
