build-asan/tests/check_run.o: tests/check_run.c lib/graph/derive.h \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h lib/ops/fused.h lib/run/run.h
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/ops/fused.h:
lib/run/run.h:
