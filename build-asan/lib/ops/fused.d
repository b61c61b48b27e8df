build-asan/lib/ops/fused.o: lib/ops/fused.c lib/ops/fused.h \
 lib/graph/op.h lib/graph/graph.h lib/base/base.h lib/sextant.h \
 lib/ops/ops.h lib/graph/derive.h lib/graph/build.h
lib/ops/fused.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/ops/ops.h:
lib/graph/derive.h:
lib/graph/build.h:
