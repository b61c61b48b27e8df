/* schedule.c - values that change with the epochs. */
#include <math.h>
#include <string.h>

#include "flint/flint.h"

/* Reads "W" or "W@E" from *text, up to a comma or the end. */
static bool parse_stage(const char **text, double *value, int64_t *epoch)
{
    size_t n = strcspn(*text, ","), number = strcspn(*text, ",@");
    double from = 1;
    if (!sx_number_parse(*text, number, value) || !isfinite(*value))
        return false;
    if (number < n && !sx_number_parse(*text + number + 1, n - number - 1, &from))
        return false;
    if (!(from >= 1 && from <= 1e9) || from != floor(from))
        return false;
    *epoch = (int64_t)from;
    bool more = (*text)[n] == ',';
    *text += n + more;
    return !more || **text != '\0';
}

bool sx_schedule_parse(struct sx_schedule *schedule, const char *text)
{
    struct sx_schedule s = {0};
    do {
        if (s.n == SX_STAGES || !parse_stage(&text, &s.value[s.n], &s.epoch[s.n]) ||
            (s.n > 0 && s.epoch[s.n] <= s.epoch[s.n - 1]))
            return false;
        s.n++;
    } while (*text != '\0');
    *schedule = s;
    return true;
}

double sx_schedule_at(const struct sx_schedule *s, int64_t epoch)
{
    double value = 0;
    for (int i = 0; i < s->n && s->epoch[i] <= epoch; i++)
        value = s->value[i];
    return value;
}

bool sx_schedule_starts(const struct sx_schedule *s, int64_t epoch)
{
    for (int i = 1; i < s->n; i++)
        if (s->epoch[i] == epoch)
            return true;
    return false;
}
