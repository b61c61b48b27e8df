/* sets.c - sets and groups of players as options give them. */
#include <stdlib.h>
#include <string.h>

#include "shapley/shapley.h"

/* By default a game of up to WHOLE players (WHOLE_PLANE in a plane) is one set. More players
 * are explained by windows of WINDOW players in a row. */
enum { WHOLE = 12, WHOLE_PLANE = 25, WINDOW = 3 };

/* Reads a player's number at *text and moves *text behind it. */
static bool read_player(const char **text, int64_t n, int64_t *player)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    *player = strtoll(*text, &end, 10);
    *text = end;
    return *player >= 0 && *player < n;
}

/* Sets mark[] of the players in "0,2-4" up to the end or a slash. *text moves there. */
static bool mark_players(const char **text, int64_t n, int64_t mark, int64_t *to)
{
    for (;;) {
        int64_t first, last;
        if (!read_player(text, n, &first))
            return false;
        last = first;
        if (**text == '-' && (++*text, !read_player(text, n, &last)))
            return false;
        for (int64_t i = first; i <= last; to[i++] = mark)
            if (to[i] > 0 && to[i] != mark)
                return false;
        if (**text == '\0' || **text == '/')
            return last >= first;
        if (*(*text)++ != ',')
            return false;
    }
}

/* Appends an empty set to the result. */
static int64_t *add_set(struct sx_shapley *r, int64_t n, struct sx_error *error)
{
    r->set[r->n_sets] = sx_new((size_t)n + 1, sizeof **r->set, error);
    return r->set[r->n_sets] != NULL ? r->set[r->n_sets++] : NULL;
}

/* Appends every window of m consecutive players. */
static bool add_windows(struct sx_shapley *r, int64_t m, int64_t n, struct sx_error *error)
{
    if (m > n)
        return sx_fail(error, SX_USAGE, "the window is wider than the players");
    for (int64_t at = 0; at + m <= n; at++) {
        int64_t *set = add_set(r, n, error);
        if (set == NULL)
            return false;
        for (int64_t i = at; i < at + m; i++)
            set[++set[0]] = i;
    }
    return true;
}

/* Appends the set that the text names. NULL: all players. */
static bool add_named(struct sx_shapley *r, const char *text, int64_t n, struct sx_error *error)
{
    const char *at = text;
    int64_t *mark = sx_new((size_t)n + 1, sizeof *mark, error), *set = NULL;
    bool ok = mark != NULL;
    if (ok && text != NULL && (!mark_players(&at, n, 1, mark) || *at != '\0'))
        ok = sx_fail(error, SX_USAGE, "'%.80s' is no set of players", text);
    if (ok)
        set = add_set(r, n, error);
    for (int64_t i = 0; set != NULL && i < n; i++)
        if (text == NULL || mark[i] != 0)
            set[++set[0]] = i;
    free(mark);
    return set != NULL;
}

bool sx_shapley_sets(const struct sx_shapley_options *o, int64_t n, struct sx_shapley *r,
                     struct sx_error *error)
{
    int64_t rows, columns;
    bool plane = o->players != NULL && sx_players_on_grid(o->players, &rows, &columns);
    int64_t most = plane ? WHOLE_PLANE : WHOLE;
    bool whole = o->set != NULL ? strcmp(o->set, "all") == 0 : o->window == 0 && n <= most;
    r->set = sx_new((size_t)n + 1, sizeof *r->set, error);
    if (r->set == NULL)
        return false;
    if (whole || o->set != NULL)
        return add_named(r, whole ? NULL : o->set, n, error);
    return add_windows(r, o->window > 0 ? o->window : WINDOW, n, error);
}

/* Reads "0,1/2-4". A player in no group becomes a group of its own. */
bool sx_shapley_groups(const char *text, int64_t n, int64_t **group, struct sx_error *error)
{
    const char *at = text;
    *group = sx_new((size_t)n + 1, sizeof **group, error);
    if (*group == NULL)
        return false;
    for (int64_t i = 0; i < n; i++)
        (*group)[i] = -1 - i;
    for (int64_t k = 1;; k++) {
        if (!mark_players(&at, n, k, *group))
            return sx_fail(error, SX_USAGE, "'%.80s' are no groups of players", text);
        if (*at++ == '\0')
            return true;
    }
}
