/* tables.h - the tables of lowering rows, one per file. Each ends with a row of zeros. */
#ifndef SX_LOWER_TABLES_H
#define SX_LOWER_TABLES_H

#include "lower/row.h"

extern const struct sx_lowering_row sx_lower_math[], sx_lower_act[], sx_lower_compare[],
    sx_lower_reduce[], sx_lower_product[], sx_lower_conv_rows[], sx_lower_pool[],
    sx_lower_norm[], sx_lower_shape_rows[], sx_lower_tensor[], sx_lower_index[],
    sx_lower_sequence[], sx_lower_geometry[], sx_lower_resize[], sx_lower_rnn[],
    sx_lower_control[], sx_lower_loss[], sx_lower_quant[], sx_lower_contrib[],
    sx_lower_select[], sx_lower_sample[], sx_lower_roi[], sx_lower_signal[], sx_lower_boxes[],
    sx_lower_count[], sx_lower_gradient[], sx_lower_features[], sx_lower_classical[],
    sx_lower_attention[], sx_lower_group[], sx_lower_nbits[], sx_lower_forest[], sx_lower_svm[],
    sx_lower_ensemble[], sx_lower_text[], sx_lower_dated[], sx_lower_random[],
    sx_lower_deform[], sx_lower_plain[], sx_lower_dequantised[], sx_lower_crop[],
    sx_lower_experts[], sx_lower_hash[], sx_lower_linear[], sx_lower_nchwc[],
    sx_lower_decoder[], sx_lower_spelling[], sx_lower_masked[], sx_lower_flex[],
    sx_lower_token[], sx_lower_einsum[], sx_lower_image[];

/* Casts, in text.c. */
bool sx_give_texts_of_numbers(struct sx_lowering *l);
bool sx_give_numbers_of_texts(struct sx_lowering *l, int kind);

#endif
