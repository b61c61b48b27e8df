build-asan/lib/ops/gemm_kernels.o: lib/ops/gemm_kernels.c \
 lib/ops/products.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/base/base.h lib/sextant.h lib/ops/gemm_kernels.h
lib/ops/products.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/ops/gemm_kernels.h:
