build-asan/lib/ops/table.o: lib/ops/table.c lib/graph/op.h \
 lib/graph/graph.h lib/base/base.h lib/sextant.h
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
