build-asan/lib/run/batcher.o: lib/run/batcher.c lib/graph/derive.h \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h lib/run/run.h
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/run/run.h:
