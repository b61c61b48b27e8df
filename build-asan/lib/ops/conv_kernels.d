build-asan/lib/ops/conv_kernels.o: lib/ops/conv_kernels.c \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h lib/ops/products.h
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/ops/products.h:
