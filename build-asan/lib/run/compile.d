build-asan/lib/run/compile.o: lib/run/compile.c lib/graph/derive.h \
 lib/graph/build.h lib/graph/op.h lib/graph/graph.h lib/base/base.h \
 lib/sextant.h lib/run/program.h lib/run/run.h
lib/graph/derive.h:
lib/graph/build.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/run/program.h:
lib/run/run.h:
