/* notes.c - warnings about a model, each kept once. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

/* The most kinds of warnings; further ones are dropped. */
#define MOST_NOTES 32

struct sx_notes {
    char *text[MOST_NOTES];
    int n;
};

struct sx_notes *sx_notes_new(struct sx_error *error)
{
    return sx_new(1, sizeof(struct sx_notes), error);
}

void sx_notes_free(struct sx_notes *notes)
{
    for (int i = 0; notes != NULL && i < notes->n; i++)
        free(notes->text[i]);
    free(notes);
}

void sx_model_warn(const struct sx_model *m, const char *format, ...)
{
    struct sx_notes *notes = m->notes;
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (int i = 0; i < notes->n; i++)
        if (strcmp(notes->text[i], text) == 0)
            return;
    if (notes->n < MOST_NOTES && (notes->text[notes->n] = sx_strdup(text, NULL)) != NULL)
        notes->n++;
}

const char *sx_model_warning(const struct sx_model *m, int i)
{
    return i >= 0 && i < m->notes->n ? m->notes->text[i] : NULL;
}
