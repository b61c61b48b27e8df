/* recorder.h - takes the place of the drawing module: writes a line for each thing that is drawn.
 *
 * Lines are "INK WHAT NUMBERS". INK is the colour, "d55e00" or "d55e00/0.50". WHAT is "line WIDTH:",
 * "dashes WIDTH:", "curve WIDTH:", "fill" or "disc", with the coordinates of its points; the second
 * point of a disc is its radius and 0. A text is "INK text X Y, SIZE WRAP ANGLE: TEXT". */
#ifndef TESTS_RECORDER_H
#define TESTS_RECORDER_H

#include <stdio.h>

#include "figure/figure.h"

/* Receives the lines. */
extern FILE *recorder_to;

extern const struct sx_draw_module recorder;

#endif
