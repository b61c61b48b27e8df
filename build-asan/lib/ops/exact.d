build-asan/lib/ops/exact.o: lib/ops/exact.c lib/ops/map.h \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h
lib/ops/map.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
