build-asan/lib/ops/softmax.o: lib/ops/softmax.c lib/ops/map.h \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h lib/ops/ops.h lib/graph/derive.h
lib/ops/map.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/ops/ops.h:
lib/graph/derive.h:
