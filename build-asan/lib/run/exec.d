build-asan/lib/run/exec.o: lib/run/exec.c lib/run/program.h \
 lib/graph/op.h lib/graph/graph.h lib/base/base.h lib/sextant.h \
 lib/run/run.h
lib/run/program.h:
lib/graph/op.h:
lib/graph/graph.h:
lib/base/base.h:
lib/sextant.h:
lib/run/run.h:
