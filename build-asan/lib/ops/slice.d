build-asan/lib/ops/slice.o: lib/ops/slice.c lib/ops/ops.h \
 lib/graph/derive.h lib/graph/build.h lib/graph/op.h lib/graph/graph.h \
 lib/base/base.h lib/sextant.h
lib/ops/ops.h:
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
