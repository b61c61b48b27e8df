build-asan/lib/ops/matmul.o: lib/ops/matmul.c lib/graph/derive.h \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h lib/ops/products.h
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/ops/products.h:
