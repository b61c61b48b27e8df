/* check_drawn.c - the lines, shapes and texts of each kind of figure, with their positions.
 *
 * The records are small. A recorder takes the place of the drawing module, so no font and no
 * library influences the result. tests/golden/figures.txt is the expected record; `make golden`
 * writes it. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder.h"
#include "suite.h"

/* ---- Records ---- */

#define HEAD                                                                                   \
    "\"tool\":\"ggig\",\"id\":\"a/r.csv\",\"target\":{\"index\":1,\"label\":\"yes\",\"score\":\"logit\",\"value\":2.5}"
#define ROW(x, v)                                                                                              \
    "{" HEAD                                                                                                   \
    ",\"method\":\"ig\",\"params\":{\"times_input\":true},\"names\":[\"age\",\"bmi\",\"bp\",\"sex\"],\"x\":" x \
    ",\"attribution\":{\"shape\":[4],\"values\":" v "}}"
#define FIRST ROW("[1,-2,0.5,3]", "[1.5,-0.75,0.25,0]")
#define MAPS                                                                                   \
    "{" HEAD                                                                                   \
    ",\"input\":{\"shape\":[1,1,3,4]},\"method\":\"ig\",\"params\":{},\"attribution\":{\"shape\":[3,4],\"values\":[0,1,2,3,-1,0.5,-4,0,0,0,1,2]}}"
#define OTHER                                                                                  \
    "{" HEAD                                                                                   \
    ",\"input\":{\"shape\":[1,1,3,4]},\"method\":\"grad\",\"params\":{},\"attribution\":{\"shape\":[3,4],\"values\":[1,0,0,0,-1,-2,-3,0,0,9,1,2]}}"
#define OTHER_MAPS                                                                             \
    "{\"tool\":\"ggig\",\"id\":\"b.csv\",\"input\":{\"shape\":[1,1,2,2]},\"method\":\"ig\",\"params\":{},\"attribution\":{\"shape\":[2,2],\"values\":[0,1,2,-3]}}"
#define GAME                                                                                   \
    "\"tool\":\"shapley-int\",\"id\":\"r.csv\",\"target\":{\"index\":0,\"value\":1.5},\"params\":{\"index\":\"ksii\"},\"players\":4,\"names\":[\"a\",\"b\",\"c\",\"d\"]"
#define PAIRS                                                                                  \
    "{" GAME                                                                                   \
    ",\"interactions\":[{\"set\":[0],\"value\":0.5,\"stderr\":0.1},{\"set\":[1],\"value\":-1},{\"set\":[0,1],\"value\":2},{\"set\":[2,3],\"value\":-0.25},{\"set\":[1,3],\"value\":0.125}]}"
#define SINGLES                                                                                \
    "{" GAME                                                                                   \
    ",\"interactions\":[{\"set\":[0],\"value\":0.5,\"stderr\":0.1},{\"set\":[1],\"value\":-1,\"stderr\":0.25},{\"set\":[2],\"value\":0.125,\"stderr\":null},{\"set\":[3],\"value\":-0.0625}]}"
#define SETS                                                                                   \
    "{" GAME                                                                                   \
    ",\"interactions\":[{\"set\":[0],\"value\":0.5},{\"set\":[0,1],\"value\":-2},{\"set\":[0,1,3],\"value\":3},{\"set\":[2],\"value\":0.25}]}"
#define CURVES                                                                                 \
    "{" HEAD                                                                                   \
    ",\"method\":\"ig\",\"scores\":{\"insertion\":0.75,\"deletion\":0.25},\"curves\":{\"insertion\":{\"x\":[0,0.5,1],\"y\":[0.1,0.9,1]},\"deletion\":{\"x\":[0,0.5,1],\"y\":[1,0.2,0]}}}"
#define SOUND                                                                                  \
    "{" HEAD ",\"method\":\"ig\",\"attribution\":{\"shape\":[5],\"values\":[0,1,-2,null,4]}}"
#define STEREO                                                                                 \
    "{" HEAD                                                                                   \
    ",\"method\":\"grad\",\"attribution\":{\"shape\":[2,3],\"values\":[1,2,3,-1,0,0.5]}}"
#define METHODS                                                                                \
    "{" HEAD                                                                                   \
    ",\"methods\":[{\"name\":\"gxi\",\"attribution\":[1,-2],\"principles\":{\"p1\":{\"holds\":true,\"violation\":0},\"p2\":{\"holds\":false,\"violation\":0.25},\"p3\":{\"holds\":null}}},{\"name\":\"lrp\",\"attribution\":[0.5,3],\"principles\":{\"p1\":{\"holds\":false,\"violation\":3},\"p2\":{\"holds\":true,\"violation\":0},\"p3\":{\"holds\":true,\"violation\":0}}}]}"
#define EFFECTS                                                                                \
    "{" HEAD                                                                                   \
    ",\"players\":3,\"effects\":[{\"set\":[0],\"value\":1},{\"set\":[1],\"value\":-0.5},{\"set\":[0,2],\"value\":2}]}"
#define PLACES                                                                                 \
    "{\"tool\":\"taylorcam\",\"id\":\"r.png\",\"input\":{\"shape\":[1,1,8,8]},\"params\":{},\"grid\":[2,3],\"pairs\":[{\"a\":[0,0],\"b\":[1,2],\"box_a\":[0,0,4,3],\"box_b\":[4,5,8,8],\"strength\":2},{\"a\":[0,1],\"b\":[1,0],\"box_a\":[0,3,4,5],\"box_b\":[4,0,8,3],\"strength\":-1}]}"
#define CELLS                                                                                  \
    "{\"tool\":\"taylorcam\",\"id\":\"r.npy\",\"input\":{\"shape\":[1,30]},\"params\":{},\"grid\":[2,3],\"pairs\":[{\"a\":[0,0],\"b\":[1,2],\"box_a\":null,\"box_b\":null,\"strength\":2}]}"
#define SENTENCE                                                                               \
    "{" HEAD                                                                                   \
    ",\"method\":\"ig\",\"params\":{\"players\":\"tokens\"},\"names\":[\"Der\",\"Film\",\"ist\",\"gro\xc3\x9f\"],\"attribution\":{\"shape\":[4],\"values\":[0,0.25,-0.5,1]}}"
#define PARTS                                                                                  \
    "{" GAME                                                                                   \
    ",\"partition_max\":[[0,1],[2]],\"partition_min\":[[0],[1,2],[3]],\"B_max\":0.5,\"B_min\":-0.25}"
#define GRID                                                                                   \
    "{\"tool\":\"shapley-int\",\"id\":\"r.png\",\"input\":{\"shape\":[1,1,12,160]},\"params\":{\"players\":\"patches:6x80\"},\"players\":4,\"partition_max\":[[0,3],[1,2]],\"partition_min\":[[0],[1,2,3]],\"B_max\":0.5,\"B_min\":-0.25}"
#define RELEVANCE                                                                              \
    "{\"tool\":\"flint-global\",\"classes\":[{\"index\":0,\"label\":\"cat\"},{\"index\":1,\"label\":null}],\"relevance\":[[1,0.25,0],[0.5,-0.5,1]]}"

#define GAP ROW("[1,-2,0.5,3]", "[1.5,null,0.25,-3]")
#define GAP_MAP                                                                                \
    "{" HEAD                                                                                   \
    ",\"input\":{\"shape\":[1,1,2,3]},\"method\":\"ig\",\"params\":{},\"attribution\":{\"shape\":[2,3],\"values\":[0,1,null,3,-1,0.5]}}"
#define GAP_SENTENCE                                                                           \
    "{" HEAD                                                                                   \
    ",\"method\":\"ig\",\"params\":{\"players\":\"tokens\"},\"names\":[\"so\",\"it\",\"is\"],\"attribution\":{\"shape\":[3],\"values\":[null,0.25,-0.5]}}"
#define GAP_CURVE                                                                              \
    "{" HEAD                                                                                   \
    ",\"method\":\"ig\",\"scores\":{\"sic\":null},\"curves\":{\"sic\":{\"x\":[0,0.25,0.5,1],\"y\":[0.5,null,0.25,1]}}}"
#define AGREEMENT                                                                              \
    "{" HEAD                                                                                   \
    ",\"agreement\":{\"methods\":[\"gxi\",\"ig\",\"occ1\"],\"spearman\":[[1,0.5,null],[0.5,1,-1],[null,-1,1]]}}"
#define RELATIONS                                                                              \
    "{\"tool\":\"taylorcam\",\"id\":\"r.png\",\"params\":{},\"grid\":[1,2],\"relations\":{\"shape\":[2,2],\"values\":[0,3,3,-1]}}"
#define CROWD                                                                                  \
    "{\"tool\":\"shapley-int\",\"id\":\"r.csv\",\"players\":130,\"partition_max\":[[60,61],[63]],\"partition_min\":[[60],[61,63]],\"B_max\":0.5,\"B_min\":-0.25}"

enum { MANY = 20 }; /* the records of a sheet */

static const struct drawn {
    const char *what;
    int kind;
    const char *record[3];
    int64_t top;
} cases[] = {
    {"overlay", SX_OVERLAY, {MAPS}, 0},
    {"map over a picture", SX_OVERLAY, {MAPS}, 0},
    {"strip", SX_STRIP, {MAPS, OTHER}, 0},
    {"bars", SX_BARS, {FIRST}, 0},
    {"bars of a game, with errors", SX_BARS, {SINGLES}, 3},
    {"bars of two methods", SX_BARS, {FIRST, ROW("[1,-2,0.5,3]", "[1,1,-2,0]")}, 2},
    {"stacked", SX_STACKED, {SETS}, 0},
    {"waterfall", SX_WATERFALL, {FIRST}, 0},
    {"waterfall of two", SX_WATERFALL, {FIRST}, 2},
    {"force", SX_FORCE, {FIRST}, 0},
    {"swarm",
     SX_BEESWARM,
     {FIRST, ROW("[2,1,0.5,0]", "[1.45,1,-0.25,0]"), ROW("[0,0,0,1]", "[-1,0.9,0.25,0]")},
     3},
    {"scatter",
     SX_SCATTER,
     {FIRST, ROW("[2,1,0.5,0]", "[1.45,1,-0.25,0]"), ROW("[0,0,0,1]", "[-1,0.9,0.25,0]")},
     2},
    {"matrix", SX_MATRIX, {PAIRS}, 0},
    {"matrix of classes", SX_MATRIX, {RELEVANCE}, 0},
    {"network", SX_NETWORK, {PAIRS}, 0},
    {"places", SX_NETWORK, {PLACES}, 0},
    {"places over a picture", SX_NETWORK, {PLACES}, 1},
    {"places of a layer", SX_NETWORK, {CELLS}, 0},
    {"sets", SX_UPSET, {SETS}, 0},
    {"tokens", SX_TOKENS, {SENTENCE}, 0},
    {"partition", SX_TOKENS, {PARTS}, 0},
    {"partition of patches over a picture", SX_TOKENS, {GRID}, 0},
    {"curves", SX_CURVE, {CURVES}, 0},
    {"signal", SX_SIGNAL, {SOUND}, 0},
    {"signals of two channels", SX_SIGNAL, {STEREO, SOUND}, 0},
    {"sheet", SX_SHEET, {MAPS, OTHER_MAPS}, 0},
    {"effects", SX_EFFECTS, {EFFECTS}, 0},
    {"principles", SX_PRINCIPLES, {METHODS}, 0},
    {"bars of zeros", SX_BARS, {ROW("[1,-2,0.5,3]", "[0,0,0,0]")}, 0},
    {"bars with a gap", SX_BARS, {GAP}, 0},
    {"bars with a gap in the rest", SX_BARS, {GAP}, 2},
    {"waterfall with a gap in the rest", SX_WATERFALL, {GAP}, 2},
    {"bars of two, one with a gap", SX_BARS, {FIRST, GAP}, 0},
    {"waterfall with a gap", SX_WATERFALL, {GAP}, 0},
    {"force with a gap", SX_FORCE, {GAP}, 0},
    {"swarm with a gap", SX_BEESWARM, {FIRST, GAP}, 0},
    {"scatter with a gap", SX_SCATTER, {FIRST, GAP}, 0},
    {"overlay with a gap", SX_OVERLAY, {GAP_MAP}, 0},
    {"matrix with a gap", SX_MATRIX, {GAP_MAP}, 0},
    {"tokens with a gap", SX_TOKENS, {GAP_SENTENCE}, 0},
    {"curve with a gap", SX_CURVE, {GAP_CURVE}, 0},
    {"agreement", SX_MATRIX, {AGREEMENT}, 0},
    {"relations of places", SX_MATRIX, {RELATIONS}, 0},
    {"partition in a crowd", SX_TOKENS, {CROWD}, 0},
};

/* ---- Comparing ---- */

/* Whether two texts are equal, except for the last decimal of numbers. */
static bool alike(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        char *end_a, *end_b;
        if (*a == ' ' && *b == ' ' && (isdigit(a[1]) || a[1] == '-') &&
            (isdigit(b[1]) || b[1] == '-') &&
            fabs(strtod(a + 1, &end_a) - strtod(b + 1, &end_b)) < 0.11 && *end_a == *end_b) {
            a = end_a;
            b = end_b;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return *a == *b;
}

static void draw(const struct drawn *c)
{
    static uint8_t grey[12 * 16] = {255, 0, 128};
    static const struct sx_picture picture = {
        .width = 16, .height = 12, .channels = 1, .pixels = grey};
    struct sx_error error = {0};
    struct sx_figure_options o;
    struct sx_result *result[3] = {NULL};
    struct sx_drawn item[MANY];
    struct sx_figure f = {.o = &o, .item = item, .kind = c->kind, .drawing = sx_drawings};
    struct sx_page page = {.module = &recorder, .page = &page, .error = &error};
    double width = 0, height = 0;
    sx_figure_default(&o);
    o.kind = c->kind;
    o.top = c->top > 0 ? c->top : o.top;
    for (; f.n < 3 && c->record[f.n] != NULL; f.n++) {
        const char *json = c->record[f.n];
        result[f.n] = sx_result_read(json, strlen(json), &error);
        ck_assert_msg(result[f.n] != NULL, "%s: %s", c->what, error.message);
        item[f.n] = (struct sx_drawn){
            .record = sx_result_top(result[f.n]),
            .behind = strstr(c->what, "over a picture") != NULL ? &picture : NULL};
    }
    for (int64_t n = f.n; c->kind == SX_SHEET && f.n < MANY; f.n++)
        item[f.n] = item[f.n % n];
    bool ok = sx_drawings[c->kind](&page, &f, 100, 50, &width, &height, &error);
    ck_assert_msg(ok, "%s: %s", c->what, error.message);
    fprintf(recorder_to, "size %.1f %.1f\n\n", width, height);
    for (int i = 0; i < 3; i++)
        sx_result_free(result[i]);
}

START_TEST(figures)
{
    char *got = NULL, *want = NULL, *rest_got, *rest_want;
    size_t n_got = 0, n_want = 0;
    const char *golden = getenv("GOLDEN");
    recorder_to = open_memstream(&got, &n_got);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fprintf(recorder_to, "# %s\n", cases[i].what);
        draw(&cases[i]);
    }
    fclose(recorder_to);
    if (golden != NULL && strcmp(golden, "write") == 0) {
        FILE *f = fopen("tests/golden/figures.txt", "w");
        ck_assert(f != NULL && fwrite(got, 1, n_got, f) == n_got && fclose(f) == 0);
    }
    FILE *f = fopen("tests/golden/figures.txt", "r");
    ck_assert_ptr_nonnull(f);
    recorder_to = open_memstream(&want, &n_want);
    for (int c; (c = getc(f)) != EOF;)
        putc(c, recorder_to);
    fclose(recorder_to);
    fclose(f);
    const char *what = "";
    rest_got = got;
    rest_want = want;
    for (int k = 1; rest_got != NULL && rest_want != NULL; k++) {
        const char *a = strsep(&rest_got, "\n"), *b = strsep(&rest_want, "\n");
        what = a[0] == '#' ? a : what;
        ck_assert_msg(alike(a, b), "line %d, %s:\n%s, not\n%s", k, what, a, b);
    }
    ck_assert(rest_got == NULL && rest_want == NULL);
    free(got);
    free(want);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("drawn");
    SUITE_ADD(c, figures);
    return suite_run();
}
