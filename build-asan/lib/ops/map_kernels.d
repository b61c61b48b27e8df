build-asan/lib/ops/map_kernels.o: lib/ops/map_kernels.c lib/ops/map.h \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h lib/ops/map_real.h
lib/ops/map.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/ops/map_real.h:
